import assert from 'node:assert/strict';
import { test } from 'node:test';
import { symmetricEigen } from '../../src/geometry/eigen.js';
import { estimateFundamentalFromPoints } from '../../src/geometry/estimate-fundamental.js';
import { Random } from '../../src/random.js';

/** Points of a box in front of two cameras of f = 500 at 640x480, the second turned and moved; some wrong. */
function twoViews(count: number, wrong: number, noise: number, seed: string) {
  const random = new Random(seed);
  const points0: number[] = [];
  const points1: number[] = [];
  const [c, s] = [Math.cos(0.2), Math.sin(0.2)];
  for (let m = 0; m < count; m++) {
    const [X, Y, Z] = [random.between(-2, 2), random.between(-1.5, 1.5), random.between(4, 8)];
    const [x, z] = [c * X - s * Z + 1.5, s * X + c * Z + 0.3];
    const project = (a: number, b: number, d: number) => [320 + (500 * a) / d, 240 + (500 * b) / d];
    points0.push(...project(X, Y, Z).map((value) => value + noise * random.normal()));
    if (m < wrong) points1.push(random.between(0, 640), random.between(0, 480));
    else points1.push(...project(x, Y + 0.1, z).map((value) => value + noise * random.normal()));
  }
  return { points0, points1 };
}

test('eigenvectors of a symmetric matrix are told with their values, ascending', () => {
  const { values, vectors } = symmetricEigen([2, 1, 0, 1, 2, 0, 0, 0, 5], 3);
  assert.deepEqual(
    [...values].map((value) => Math.round(value * 1e9) / 1e9),
    [1, 3, 5],
  );
  assert.ok(Math.abs(vectors[0][0] + vectors[0][1]) < 1e-12 && Math.abs(vectors[2][2]) > 1 - 1e-12);
});

test('finds the geometry of two views in exact matches, of rank 2', () => {
  const { points0, points1 } = twoViews(60, 0, 0, 'exact');
  const { F_0to1, inlierCount } = estimateFundamentalFromPoints(points0, points1, { threshold: 0.01 });
  assert.equal(inlierCount, 60);
  assert.ok(F_0to1);
  const [a, b, c, d, e, f, g, h, i] = F_0to1;
  assert.ok(Math.abs(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)) < 1e-12);
});

test('tells right from wrong matches under noise, the same each time', () => {
  const { points0, points1 } = twoViews(200, 80, 0.7, 'noisy');
  const found = estimateFundamentalFromPoints(points0, points1, { threshold: 3 });
  assert.ok(found.F_0to1 && found.logFalseAlarms < -20);
  const right = found.inliers.slice(80).reduce((sum, each) => sum + each, 0);
  const wrong = found.inlierCount - right;
  assert.ok(right >= 118 && wrong <= 12, `${right} right, ${wrong} wrong`);
  assert.deepEqual(estimateFundamentalFromPoints(points0, points1, { threshold: 3 }), found);
});

test('returns nothing for what chance explains, and for too few', () => {
  for (let seed = 0; seed < 5; seed++) {
    const { points0, points1 } = twoViews(100, 100, 0, `chance ${seed}`);
    const { F_0to1, logFalseAlarms } = estimateFundamentalFromPoints(points0, points1);
    assert.equal(F_0to1, null);
    assert.ok(logFalseAlarms > 0);
  }
  const { points0, points1 } = twoViews(8, 0, 0, 'few');
  assert.equal(estimateFundamentalFromPoints(points0, points1).F_0to1, null);
  assert.equal(estimateFundamentalFromPoints([], []).F_0to1, null);
  assert.throws(() => estimateFundamentalFromPoints([1, 2], []), RangeError);
});
