import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countProgress, Pace, type Progress, progressOf } from '../src/progress.js';

/** The pace after each of `times`, at which one more is done each: seconds that ten more take. */
function tenMore(times: readonly number[], doneBefore = 0): (number | undefined)[] {
  let now = 0;
  const pace = new Pace(doneBefore, () => now);
  return times.map((time, i) => {
    now = time;
    pace.update(doneBefore + i + 1);
    return pace.secondsFor(10);
  });
}

const close = (actual: number | undefined, expected: number) =>
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-9, `${actual} instead of ${expected}`);

test('the time that the first one pays for a start is no part of the pace', () => {
  // Eight seconds to load, then two a second.
  const left = tenMore(Array.from({ length: 20 }, (_, i) => 8.5 + i / 2));
  assert.deepEqual(
    left.slice(0, 8),
    new Array(8).fill(undefined),
    'nothing is told in the first four seconds',
  );
  for (const seconds of left.slice(9)) close(seconds, 5);
});

test('results that come in one burst from several threads are not taken for speed', () => {
  // Four threads with three seconds each: four at 3.0 …, four at 6.0 …
  const times = [0, 1, 2].flatMap((round) => [0, 0.01, 0.02, 0.03].map((late) => 3 * (round + 1) + late));
  const left = tenMore(times);
  assert.deepEqual(left.slice(0, 4), new Array(4).fill(undefined));
  close(left[4], 7.5);
});

test('a second is measured at least, and after a long start ten seconds are enough', () => {
  const quick = tenMore(Array.from({ length: 200 }, (_, i) => 0.01 * (i + 1)));
  assert.deepEqual(quick.map((seconds) => seconds !== undefined).indexOf(true), 100);
  const slow = tenMore([100, 106, 111]);
  assert.deepEqual(slow.slice(0, 2), [undefined, undefined]);
  close(slow[2], 55);
});

test('what a resumed run did before has no part in its pace', () => {
  const left = tenMore([1, 2, 3, 4], 5000);
  close(left[3], 10);
});

test('things are counted from what was done before, with their number, speed and a note', () => {
  const told: Progress[] = [];
  const next = countProgress((progress) => told.push(progress), 'labels', {
    of: 12,
    done: 10,
    unit: 'images',
  });
  next();
  next('b.jpg: no picture');
  assert.deepEqual(
    told.map(({ what, done, of, note }) => [what, done, of, note]),
    [
      ['labels', 11, 12, undefined],
      ['labels', 12, 12, 'b.jpg: no picture'],
    ],
  );
  assert.deepEqual([told[0].secondsLeft, told[0].figures], [undefined, undefined]);
  countProgress(undefined, 'nobody asks', {})();
});

test('a part of something larger names it first', () => {
  const told: string[] = [];
  progressOf(({ what }) => told.push(what), 'SIFT, detector')?.({ what: 'score', done: 1 });
  assert.deepEqual(told, ['SIFT, detector, score']);
  assert.equal(progressOf(undefined, 'SIFT'), undefined);
});
