import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gaussianBlur, lowerResolution, motionBlur } from '../../src/image/blur.js';
import { type GrayImage, grayImage } from '../../src/image/image.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';

function dot(width: number, height: number, x: number, y: number): GrayImage {
  const image = grayImage(width, height);
  image.data[y * width + x] = 1;
  return image;
}

/** Sum, mean place and variance along x and y of a picture taken as a distribution. */
function momentsOf({ width, data }: GrayImage) {
  let [sum, meanX, meanY, varianceX, varianceY] = [0, 0, 0, 0, 0];
  data.forEach((value, i) => {
    sum += value;
    meanX += value * (i % width);
    meanY += value * Math.floor(i / width);
  });
  [meanX, meanY] = [meanX / sum, meanY / sum];
  data.forEach((value, i) => {
    varianceX += (value * ((i % width) - meanX) ** 2) / sum;
    varianceY += (value * (Math.floor(i / width) - meanY) ** 2) / sum;
  });
  return { sum, meanX, meanY, varianceX, varianceY };
}

test('a Gaussian blur spreads a dot by its deviation, both ways, and moves nothing', () => {
  for (const deviation of [0.8, 1.5, 3.5]) {
    const { sum, meanX, meanY, varianceX, varianceY } = momentsOf(
      gaussianBlur(dot(61, 51, 30, 25), deviation),
    );
    assertClose([sum, meanX, meanY], [1, 30, 25], 1e-4);
    // Pixels and the cut at three deviations change the variance a little.
    assertClose([varianceX, varianceY], [deviation ** 2, deviation ** 2], 0.05 * deviation ** 2 + 0.02);
  }
});

test('a blur of deviation 0 is a copy; a negative one is refused', () => {
  const image = dot(9, 7, 4, 3);
  const copy = gaussianBlur(image, 0);
  assert.deepEqual(copy.data, image.data);
  assert.notEqual(copy.data, image.data);
  assert.throws(() => gaussianBlur(image, -1), /deviation of at least 0 pixels, got -1/);
});

test('a motion blur spreads a dot along its direction alone, as an even line of its length does', () => {
  const variance = 12 ** 2 / 12;
  const along = momentsOf(motionBlur(dot(61, 61, 30, 30), 12, 0));
  assertClose([along.sum, along.meanX, along.meanY], [1, 30, 30], 1e-4);
  assertClose([along.varianceX, along.varianceY], [variance, 0], 0.3);
  const slanted = momentsOf(motionBlur(dot(61, 61, 30, 30), 12, Math.PI / 4));
  assertClose([slanted.varianceX, slanted.varianceY], [variance / 2, variance / 2], 0.4);
  assertClose(motionBlur(dot(9, 9, 4, 4), 1, 1).data, dot(9, 9, 4, 4).data, 1e-6);
});

test('blurs keep a flat picture flat, up to its edges', () => {
  const flat = grayImage(31, 17, new Float32Array(31 * 17).fill(0.4));
  for (const blurred of [gaussianBlur(flat, 2.5), motionBlur(flat, 9, 0.7), lowerResolution(flat, 3)]) {
    assertClose(blurred.data, flat.data, 1e-6);
  }
});

test('fewer pixels lose what is finer than they are, and keep the size and the mean', () => {
  const random = new Random(1);
  const noise = grayImage(
    64,
    48,
    Float32Array.from({ length: 64 * 48 }, () => random.uniform()),
  );
  const coarse = lowerResolution(noise, 4);
  const spread = ({ data }: GrayImage) =>
    data.reduce((sum, value) => sum + (value - 0.5) ** 2, 0) / data.length;
  assert.deepEqual([coarse.width, coarse.height], [64, 48]);
  assert.ok(spread(coarse) < spread(noise) / 8, `${spread(coarse)} against ${spread(noise)}`);
});
