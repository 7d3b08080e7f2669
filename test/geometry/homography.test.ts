import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  homographyFromFourPoints,
  identityHomography,
  invertHomography,
  multiplyHomographies,
  normaliseHomography,
  scaleHomography,
  translationHomography,
  warpPoints,
} from '../../src/geometry/homography.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';

/** A homography that distorts pictures of some hundred pixels without folding them. */
function someHomography(random: Random): Float64Array {
  const near = (value: number, range: number) => value + random.between(-range, range);
  const shift = () => random.between(-200, 200);
  const tilt = () => random.between(-5e-4, 5e-4);
  return Float64Array.of(
    near(1, 0.4),
    near(0, 0.4),
    shift(),
    near(0, 0.4),
    near(1, 0.4),
    shift(),
    tilt(),
    tilt(),
    1,
  );
}

test('a homography times its inverse is the identity, at that very scale', () => {
  const random = new Random(1);
  for (let n = 0; n < 200; n++) {
    const H_0to1 = someHomography(random).map((element) => element * (n % 2 ? -3 : 0.01));
    assertClose(multiplyHomographies(H_0to1, invertHomography(H_0to1)), identityHomography(), 1e-9);
    assertClose(multiplyHomographies(invertHomography(H_0to1), H_0to1), identityHomography(), 1e-9);
  }
});

test('warping there and back returns the points', () => {
  const random = new Random(2);
  for (let n = 0; n < 100; n++) {
    const H_0to1 = someHomography(random);
    const points = Array.from({ length: 20 }, () => random.between(0, 400));
    assertClose(warpPoints(invertHomography(H_0to1), warpPoints(H_0to1, points)), points, 1e-6);
  }
});

test('a product applies its right factor first', () => {
  const shiftThenDouble = multiplyHomographies(
    Float64Array.of(2, 0, 0, 0, 2, 0, 0, 0, 1),
    translationHomography(1, 10),
  );
  assertClose(warpPoints(shiftThenDouble, [3, 4]), [8, 28]);
});

test('points are divided by their third coordinate', () => {
  // (2, 4) → (2 + 1, 4, 0.5 * 2 + 1) = (3, 4, 2)
  assertClose(warpPoints(Float64Array.of(1, 0, 1, 0, 1, 0, 0.5, 0, 1), [2, 4]), [1.5, 2]);
});

test('scaling keeps the corner of the picture, not the centre of its first pixel', () => {
  assertClose(
    warpPoints(scaleHomography(2, 0.5), [-0.5, -0.5, 0, 0, 3, 3]),
    [-0.5, -0.5, 0.5, -0.25, 6.5, 1.25],
  );
});

test('four points determine the homography that made them', () => {
  const random = new Random(3);
  for (let n = 0; n < 200; n++) {
    const H_0to1 = someHomography(random);
    const source = [0, 0, 300, 10, 320, 240, 5, 220].map((value) => value + random.between(-20, 20));
    const found = homographyFromFourPoints(source, warpPoints(H_0to1, source));
    assertClose(warpPoints(found, source), warpPoints(H_0to1, source), 1e-7);
    assertClose(warpPoints(found, [150, 90, 20, 200]), warpPoints(H_0to1, [150, 90, 20, 200]), 1e-6);
  }
});

test('the order of the four points does not matter, even where it crosses itself', () => {
  const source = [0, 0, 10, 0, 10, 10, 0, 10];
  const target = [1, 2, 12, 1, 14, 13, -1, 11];
  const swap = (points: number[]) => [...points.slice(2, 4), ...points.slice(0, 2), ...points.slice(4)];
  const inOrder = homographyFromFourPoints(source, target);
  const crossed = homographyFromFourPoints(swap(source), swap(target));
  assertClose(crossed, inOrder, 1e-9);
});

test('three points on a line, equal points and wrong counts are refused', () => {
  const square = [0, 0, 1, 0, 1, 1, 0, 1];
  assert.throws(() => homographyFromFourPoints([0, 0, 1, 1, 2, 2, 0, 1], square), /four source points/);
  assert.throws(() => homographyFromFourPoints(square, [0, 0, 0, 0, 1, 1, 0, 1]), /four target points/);
  assert.throws(() => homographyFromFourPoints(square, [0, 0, 1, 0, 1, 1]), /four target points/);
  assert.throws(() => homographyFromFourPoints(square, [0, 0, 1, 0, 1, Number.NaN, 0, 1]), RangeError);
});

test('a singular matrix and one that is not finite have no inverse', () => {
  const rankTwo = Float64Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9);
  for (const h of [new Float64Array(9), rankTwo, Float64Array.of(1, 0, 0, 0, Number.NaN, 0, 0, 0, 1)]) {
    assert.throws(() => invertHomography(h), /expected an invertible homography/);
  }
  // tiny but regular: the size of the entries says nothing about singularity
  assertClose(
    invertHomography(Float64Array.of(1e-6, 0, 0, 0, 1e-6, 0, 0, 0, 1)),
    [1e6, 0, 0, 0, 1e6, 0, 0, 0, 1],
  );
});

test('normalising makes the last element 1, or the norm 1 where it is 0', () => {
  assertClose(normaliseHomography(Float64Array.of(2, 4, 6, 0, 2, 0, 0, 0, 2)), [1, 2, 3, 0, 1, 0, 0, 0, 1]);
  const noLast = normaliseHomography(Float64Array.of(3, 0, 0, 0, 0, 4, 0, 0, 0));
  assertClose(noLast, [0.6, 0, 0, 0, 0, 0.8, 0, 0, 0]);
});
