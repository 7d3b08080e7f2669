import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refineHomography, squaredTransferError, unitNorm } from '../../src/geometry/fit-homography.js';
import { warpPoints } from '../../src/geometry/homography.js';
import { Random } from '../../src/random.js';

const TRUTH = unitNorm(Float64Array.of(1.1, 0.15, 0.2, -0.1, 0.9, -0.3, 0.12, -0.08, 1));
const COUNT = 40;

/** Correspondences of the truth with an error of at most `noise`, every fifth far off. */
function correspondences(random: Random, noise: number): Float64Array {
  const pairs = new Float64Array(4 * COUNT);
  for (let m = 0; m < COUNT; m++) {
    const [x, y] = [random.between(-1, 1), random.between(-1, 1)];
    const [u, v] = warpPoints(TRUTH, [x, y]);
    const far = noise > 0 && m % 5 === 0 ? 2 : 0;
    const error = () => far + noise * random.between(-1, 1);
    pairs.set([x, y, u + error(), v + error()], 4 * m);
  }
  return pairs;
}

const nearTruth = (random: Random, distance: number) =>
  TRUTH.map((element) => element + distance * random.between(-1, 1));

test('three steps lead from 2 % off to exact correspondences, since each squares the error', () => {
  for (let n = 0; n < 5; n++) {
    const random = new Random(`exact ${n}`);
    const pairs = correspondences(random, 0);
    const start = nearTruth(random, 0.02);
    const fit = refineHomography(start, pairs, 100, 3);
    assert.ok(Math.max(...fit.map((element, i) => Math.abs(element - TRUTH[i]))) < 1e-6);
  }
});

test('at the end no element can be changed to lower the robust cost', () => {
  const random = new Random('robust');
  const pairs = correspondences(random, 0.02);
  const cutoff = 0.1;
  const cost = (h: Float64Array) => {
    let sum = 0;
    for (let at = 0; at < pairs.length; at += 4) {
      const ratio = squaredTransferError(h, pairs, at) / cutoff ** 2;
      sum += ratio < 1 ? 1 - (1 - ratio) ** 3 : 1;
    }
    return sum;
  };
  const start = nearTruth(random, 0.005);
  const fit = refineHomography(start, pairs, cutoff, 50);
  assert.ok(cost(fit) < cost(start) && cost(fit) < cost(TRUTH));
  for (let i = 0; i < 9; i++) {
    for (const change of [1e-5, -1e-5]) {
      const other = fit.slice();
      other[i] += change;
      assert.ok(cost(other) >= cost(fit), `element ${i} by ${change}`);
    }
  }
});
