import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { formatProgress, formatSeconds, openProgress } from '../../src/adaptation/progress.js';
import { appendMetrics, readMetrics, rewindMetrics } from '../../src/training/metrics-log.js';

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

test('metrics are read back, without a torn last line, and rewound to a step', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'metrics-'));
  const path = join(folder, 'metrics.jsonl');
  try {
    assert.deepEqual(await readMetrics(path), []);
    for (let step = 1; step <= 4; step++)
      await appendMetrics(path, { step, loss: step === 3 ? Number.NaN : 1 / step });
    await appendFile(path, '{"step": 5, "lo');
    assert.deepEqual(
      (await readMetrics(path)).map(({ step, loss }) => [step, loss]),
      [
        [1, 1],
        [2, 0.5],
        [3, null],
        [4, 0.25],
      ],
    );
    await rewindMetrics(path, 2);
    assert.equal(await readFile(path, 'utf8'), '{"step":1,"loss":1}\n{"step":2,"loss":0.5}\n');
    await rewindMetrics(join(folder, 'none.jsonl'), 2);
  } finally {
    await rm(folder, { recursive: true });
  }
});
