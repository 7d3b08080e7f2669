import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { OneEuroFilter } from '../../src/geometry/one-euro-filter.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';

const FRAME = 1 / 30;

suite('the filter of outlines', () => {
  test('rests where the values tremble about a place', () => {
    const [filter, random] = [new OneEuroFilter({ beta: 0 }), new Random(1)];
    const errors: number[] = [];
    for (let n = 0; n < 200; n++) {
      const [value] = filter.next([100 + random.normal()], n * FRAME);
      if (n > 60) errors.push((value - 100) ** 2);
    }
    const deviation = Math.sqrt(errors.reduce((sum, error) => sum + error, 0) / errors.length);
    assert.ok(deviation < 0.45, `${deviation}`);
  });

  test('follows what moves with little lag, and keeps its shape', () => {
    const filter = new OneEuroFilter();
    let last: Float64Array = new Float64Array(2);
    // 300 units a second: the lag is that of a filter of 1 + 0.1 * 300 Hz.
    for (let n = 0; n < 60; n++) last = filter.next([300 * n * FRAME, 50 + 300 * n * FRAME], n * FRAME);
    assert.ok(300 * 59 * FRAME - last[0] < 3, `${300 * 59 * FRAME - last[0]} behind`);
    assertClose([last[1] - last[0]], [50], 1e-9);
  });

  test('begins anew after a reset and with other values, and takes each moment once', () => {
    const filter = new OneEuroFilter();
    filter.next([0], 0);
    const after = filter.next([10], 0.1);
    assert.ok(after[0] > 0 && after[0] < 10);
    assertClose(filter.next([99], 0.1), after, 0);
    assertClose(filter.next([1, 2], 0.2), [1, 2], 0);
    filter.reset();
    assertClose(filter.next([7, 7], 0.3), [7, 7], 0);
  });

  test('refuses what it cannot do', () => {
    assert.throws(() => new OneEuroFilter({ minCutoff: 0 }), /minCutoff/);
    assert.throws(() => new OneEuroFilter({ beta: -1 }), /beta/);
  });
});
