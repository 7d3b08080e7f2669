import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { formatProgress, formatSeconds, openProgress } from '../../src/cli/progress-bar.js';

test('a progress line holds step, loss, speed and time left', () => {
  assert.equal(
    formatProgress({ step: 120, steps: 2500, loss: 0.41234, images: 1920, seconds: 100, secondsLeft: 725 }),
    'step 120/2500 · loss 0.4123 · 19.2 images/s · 12 min 5 s left',
  );
  assert.equal(formatProgress({ step: 0, steps: 5, images: 0, seconds: 0 }), 'step 0/5');
  assert.deepEqual([0.4, 59.6, 3599, 7500].map(formatSeconds), [
    '0 s',
    '1 min 0 s',
    '59 min 59 s',
    '2 h 5 min',
  ]);
});

test('without a terminal there is a line every few seconds, the last state among them', () => {
  const stream = new PassThrough();
  const progress = openProgress('magicpoint', stream as unknown as NodeJS.WriteStream, 10);
  for (let step = 0; step <= 47; step++) progress.update({ step, steps: 100, images: step, seconds: step });
  progress.note('stopped');
  progress.stop();
  progress.stop();
  const lines = stream.read().toString().trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line: string) => line.split(' · ')[0]),
    [0, 10, 20, 30, 40]
      .map((step) => `magicpoint: step ${step}/100`)
      .concat('stopped', 'magicpoint: step 47/100'),
  );
});

test('on a terminal the bar shows the line and ends', () => {
  const stream = Object.assign(new PassThrough(), {
    isTTY: true,
    columns: 120,
    cursorTo() {},
    clearLine() {},
  });
  const progress = openProgress('joint', stream as unknown as NodeJS.WriteStream);
  progress.update({ step: 1, steps: 2, loss: 3, images: 1, seconds: 1 });
  progress.note('a note');
  progress.update({ step: 2, steps: 2, loss: 2.5, images: 2, seconds: 2 });
  progress.stop();
  const shown = stream.read().toString();
  assert.match(shown, /joint .*step 2\/2 · loss 2\.500/);
  assert.match(shown, /a note/);
});
