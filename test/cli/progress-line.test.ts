import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import {
  closeProgressLine,
  formatProgress,
  formatSeconds,
  openProgressLine,
} from '../../src/cli/progress-line.js';
import { Terminal } from './terminal.js';

/** A stream that is no terminal. */
class Log extends Writable {
  text = '';

  override _write(chunk: Buffer, _: unknown, done: () => void): void {
    this.text += chunk;
    done();
  }
}

const validation = (step: number) =>
  `magicpoint: validation at step ${step}: validationLoss 0.901 · precision 0.990 · recall 0.871 · matched 0.804`;

/** What `reproduce` tells of two stages with labels between, one state a millisecond. */
function runStages(stream: Terminal | Log, millisecondsEach: number): void {
  let now = 0;
  const line = openProgressLine({ stream, now: () => now });
  for (const what of ['magicpoint', 'labels', 'labels', 'superpoint']) {
    for (let done = 1; done <= 40; done++) {
      now += millisecondsEach;
      const figures: Record<string, number> = what === 'labels' ? {} : { loss: 4 / done };
      line.show({ what, done, of: 40, figures, secondsLeft: 40 - done });
      if (what !== 'labels' && done % 20 === 0) {
        line.show({ what, done, of: 40, figures, secondsLeft: 40 - done, note: validation(done) });
      }
      if (what === 'labels' && done === 7) line.show({ what, done, of: 40, note: 'a.jpg: no picture' });
    }
  }
  line.close();
  line.close();
  stream.write('SuperPoint is in run/superpoint.safetensors\n');
}

test('a state as a line holds how much, figures and time left', () => {
  assert.equal(
    formatProgress({
      what: 'magicpoint',
      done: 120,
      of: 2500,
      figures: { loss: 0.41234, 'images/s': 19.23 },
      secondsLeft: 725,
    }),
    '120/2500 · loss 0.4123 · 19.2 images/s · 12 min 5 s left',
  );
  assert.equal(formatProgress({ what: 'track', done: 7 }), '7');
  assert.deepEqual([0.4, 59.6, 3599, 7500].map(formatSeconds), [
    '0 s',
    '1 min 0 s',
    '59 min 59 s',
    '2 h 5 min',
  ]);
});

for (const columns of [80, 200]) {
  test(`on a terminal of ${columns} columns nothing is written over`, () => {
    const terminal = new Terminal(columns);
    runStages(terminal, 10);
    const full = '█'.repeat(20);
    const wrapped = (text: string) => text.match(new RegExp(`.{1,${columns}}`, 'gu')) as string[];
    assert.deepEqual(terminal.lines, [
      ...wrapped(validation(20)),
      ...wrapped(validation(40)),
      `magicpoint ${full} 40/40 · loss 0.1000 · 0 s left`,
      'a.jpg: no picture',
      `labels ${full} 40/40 · 0 s left`,
      'a.jpg: no picture',
      `labels ${full} 40/40 · 0 s left`,
      ...wrapped(validation(20)),
      ...wrapped(validation(40)),
      `superpoint ${full} 40/40 · loss 0.1000 · 0 s left`,
      'SuperPoint is in run/superpoint.safetensors',
      '',
    ]);
  });
}

test('what does not fit is cut from the bar first', () => {
  for (const [columns, line] of [
    [60, `magicpoint ${'█'.repeat(10)}${'░'.repeat(10)} 5/10 · 1 min 0 s left`],
    [44, 'magicpoint ████░░░░ 5/10 · 1 min 0 s left'],
    [38, 'magicpoint 5/10 · 1 min 0 s left'],
  ] as const) {
    const terminal = new Terminal(columns);
    const open = openProgressLine({ stream: terminal });
    open.show({ what: 'magicpoint', done: 5, of: 10, secondsLeft: 60 });
    open.close();
    assert.deepEqual(terminal.lines, [line, '']);
  }
});

test('what stays is whole, wrapped where it must be', () => {
  const terminal = new Terminal(20);
  const open = openProgressLine({ stream: terminal });
  open.show({ what: 'magicpoint', done: 5, of: 10, secondsLeft: 60 });
  assert.deepEqual(terminal.lines, ['magicpoint 5/10 ·']);
  open.close();
  assert.deepEqual(terminal.lines, ['magicpoint 5/10 · 1 ', 'min 0 s left', '']);
});

test('a line never reaches the last column, and is drawn four times a second', () => {
  const terminal = new Terminal(30);
  let now = 0;
  const line = openProgressLine({ stream: terminal, now: () => now });
  for (let done = 1; done <= 1000; done++) {
    now += 10;
    line.show({ what: 'a name that is too long for the terminal', done, of: 2000 });
  }
  assert.ok(terminal.writes >= 38 && terminal.writes <= 41, `${terminal.writes} drawings in ten seconds`);
  assert.deepEqual(terminal.lines, ['a name that is too long for']);
  line.close();
});

test('characters that take two columns are counted as such', () => {
  const terminal = new Terminal(13);
  const line = openProgressLine({ stream: terminal });
  line.show({ what: '重复性一二', done: 1 });
  assert.deepEqual(terminal.lines, ['重复性一二']);
  line.close();
});

test('a part that ends early leaves its last state', () => {
  const terminal = new Terminal(80);
  const line = openProgressLine({ stream: terminal, now: () => 0 });
  for (let done = 1; done <= 5; done++) line.show({ what: 'track', done });
  line.close();
  assert.deepEqual(terminal.lines, ['track 5', '']);
});

for (const columns of [80, 200]) {
  test(`whatever is written on a terminal of ${columns} columns stands above the open line`, () => {
    const terminal = new Terminal(columns);
    const before = terminal.write;
    const line = openProgressLine({ stream: terminal, beside: terminal });
    line.show({ what: 'track', done: 1, of: 2 });
    terminal.write('superpoint: finishing the step\n');
    terminal.write(Buffer.from('(node:1) Warning: deprecated\n'));
    terminal.write('a line in ');
    line.show({ what: 'track', done: 2, of: 2 });
    terminal.write('two parts\n');
    closeProgressLine();
    assert.deepEqual(terminal.lines, [
      'superpoint: finishing the step',
      '(node:1) Warning: deprecated',
      'a line in two parts',
      `track ${'█'.repeat(20)} 2/2`,
      '',
    ]);
    assert.equal(terminal.write, before);
  });
}

test('a line that was begun by others is ended before the line stays', () => {
  const terminal = new Terminal(80);
  const line = openProgressLine({ stream: terminal });
  line.show({ what: 'track', done: 1, of: 2 });
  terminal.write('no end of line');
  line.close();
  assert.deepEqual(terminal.lines, ['no end of line', `track ${'█'.repeat(10)}${'░'.repeat(10)} 1/2`, '']);
});

test('lines are told by their ends, as text or as bytes, and nothing ends none', () => {
  const terminal = new Terminal(80);
  const line = openProgressLine({ stream: terminal });
  line.show({ what: 'track', done: 1 });
  terminal.write(new TextEncoder().encode('a line in '));
  terminal.write(new TextEncoder().encode('two parts\n'));
  terminal.write('');
  assert.deepEqual(terminal.lines, ['a line in two parts', 'track 1']);
  line.close();
  assert.deepEqual(terminal.lines, ['a line in two parts', 'track 1', '']);
});

test('the echo of Ctrl-C before the first state is cleared away', () => {
  const terminal = new Terminal(80);
  const echo = terminal.write.bind(terminal);
  const line = openProgressLine({ stream: terminal });
  echo('^C');
  terminal.write('superpoint: finishing the step\n');
  line.close();
  assert.deepEqual(terminal.lines, ['superpoint: finishing the step', '']);
});

test('without a terminal there is a line every ten seconds and one at the end of a part', () => {
  const log = new Log();
  runStages(log, 600);
  const lines = log.text.trimEnd().split('\n');
  assert.ok(lines.every((line) => !line.includes('\r') && !line.includes('\x1b')));
  const states = lines.filter((line) => line.startsWith('superpoint '));
  assert.deepEqual(
    states.map((line) => line.split(' · ')[0]),
    ['superpoint 1/40', 'superpoint 18/40', 'superpoint 35/40', 'superpoint 40/40'],
  );
  assert.equal(lines.filter((line) => line.startsWith('labels 40/40')).length, 2);
  assert.equal(lines.filter((line) => line === 'a.jpg: no picture').length, 2);
  assert.deepEqual(lines.slice(-2), [validation(40), 'SuperPoint is in run/superpoint.safetensors']);
});
