import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scaleHomography, warpPoints } from '../../src/geometry/homography.js';
import { grayImage } from '../../src/image/image.js';
import { cropImage, fitWithin, resizeImage } from '../../src/image/resize.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';
import { blobImage, brightCentre } from './blob.js';

test('halving averages blocks of four pixels', () => {
  const image = grayImage(4, 2, Float32Array.of(0, 0.2, 1, 0, 0.4, 0.6, 1, 0));
  assertClose(resizeImage(image, 2, 1).data, [0.3, 0.5], 1e-7);
});

test('a reduction by a broken factor weighs pixels by their share', () => {
  // 3 → 2: each output covers one and a half pixels
  const image = grayImage(3, 1, Float32Array.of(0, 0.6, 0.9));
  assertClose(resizeImage(image, 2, 1).data, [0.2, 0.8], 1e-6);
});

test('doubling interpolates between pixel centres', () => {
  const image = grayImage(2, 1, Float32Array.of(0, 1));
  assertClose(resizeImage(image, 4, 1).data, [0, 0.25, 0.75, 1], 1e-7);
});

test('the same size copies, and a reduction keeps the mean', () => {
  const random = new Random(1);
  const image = grayImage(
    37,
    23,
    Float32Array.from({ length: 37 * 23 }, () => random.uniform()),
  );
  const copy = resizeImage(image, 37, 23);
  assertClose(copy.data, image.data, 0);
  assert.notEqual(copy.data, image.data);
  const mean = (data: Float32Array) => data.reduce((sum, value) => sum + value, 0) / data.length;
  assert.ok(Math.abs(mean(resizeImage(image, 11, 7).data) - mean(image.data)) < 1e-5);
});

test('one pixel, one column and one row can be resized both ways', () => {
  assertClose(resizeImage(grayImage(1, 1, Float32Array.of(0.5)), 3, 2).data, new Array(6).fill(0.5), 1e-7);
  assertClose(resizeImage(grayImage(1, 2, Float32Array.of(0, 1)), 1, 1).data, [0.5], 1e-7);
});

test('a blob lands where scaleHomography says', () => {
  for (const [width, height] of [
    [83, 61],
    [250, 170],
    [400, 60],
  ]) {
    const resized = resizeImage(blobImage(200, 150, 71.3, 88.6, 6), width, height);
    const [x, y] = warpPoints(scaleHomography(width / 200, height / 150), [71.3, 88.6]);
    const [foundX, foundY] = brightCentre(resized);
    assert.ok(Math.hypot(foundX - x, foundY - y) < 0.01, `at (${foundX}, ${foundY}), said (${x}, ${y})`);
  }
});

test('fitting within a side shrinks, and never grows', () => {
  const image = grayImage(400, 100);
  assert.deepEqual([fitWithin(image, 200).width, fitWithin(image, 200).height], [200, 50]);
  assert.equal(fitWithin(image, 400), image);
  assert.equal(fitWithin(grayImage(1000, 1), 10).height, 1);
});

test('a crop copies its part and must lie inside', () => {
  const image = grayImage(3, 2, Float32Array.of(1, 2, 3, 4, 5, 6));
  assertClose(cropImage(image, 1, 0, 2, 2).data, [2, 3, 5, 6]);
  assert.throws(() => cropImage(image, 2, 0, 2, 2), /expected a crop inside 3x2, got 2x2 at \(2, 0\)/);
  assert.throws(() => cropImage(image, 0.5, 0, 1, 1), RangeError);
  assert.throws(() => resizeImage(image, 0, 5), RangeError);
});
