import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  identityHomography,
  invertHomography,
  multiplyHomographies,
  scaleHomography,
  translationHomography,
  warpPoints,
} from '../../src/geometry/homography.js';
import { ADAPTATION_HOMOGRAPHIES, sampleHomography } from '../../src/geometry/sample-homography.js';
import { grayImage } from '../../src/image/image.js';
import { warpImage, warpMask } from '../../src/image/warp-image.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';
import { blobImage, brightCentre } from '../image/blob.js';

/** Noise: any wrong pixel shows. */
function noiseImage(width: number, height: number) {
  const random = new Random(0);
  return grayImage(
    width,
    height,
    Float32Array.from({ length: width * height }, () => 0.1 + 0.9 * random.uniform()),
  );
}

test('the identity returns the picture itself', () => {
  const image = noiseImage(7, 5);
  assertClose(warpImage(image, identityHomography(), 7, 5).data, image.data, 0);
  assert.ok(warpMask(7, 5, identityHomography(), 7, 5).every((seen) => seen === 1));
});

test('a shift by whole pixels moves pixels, half a pixel averages two', () => {
  const image = grayImage(4, 1, Float32Array.of(0.1, 0.2, 0.4, 0.8));
  assertClose(warpImage(image, translationHomography(1, 0), 4, 1).data, [0, 0.1, 0.2, 0.4], 1e-7);
  assertClose(warpImage(image, translationHomography(-0.5, 0), 4, 1).data, [0.15, 0.3, 0.6, 0.8], 1e-7);
});

test('replicating fills the outside with the nearest pixel', () => {
  const image = grayImage(2, 1, Float32Array.of(0.25, 0.75));
  const warped = warpImage(image, translationHomography(2, 0), 5, 1, { border: 'replicate' });
  assertClose(warped.data, [0.25, 0.25, 0.25, 0.75, 0.75], 1e-7);
});

test('a blob lands where warpPoints says, in any sampled view', () => {
  const random = new Random(21);
  let seen = 0;
  for (let n = 0; n < 60; n++) {
    const H_inputToOutput = sampleHomography(random, 160, 120, ADAPTATION_HOMOGRAPHIES);
    const point = [random.between(30, 130), random.between(30, 90)];
    const [x, y] = warpPoints(H_inputToOutput, point);
    if (!(x > 15 && y > 15 && x < 145 && y < 105)) continue;
    seen++;
    const view = warpImage(blobImage(160, 120, point[0], point[1], 1.2), H_inputToOutput, 160, 120);
    const [foundX, foundY] = brightCentre(view);
    // the blob's far side is magnified differently, so its centre of gravity moves a little
    assert.ok(Math.hypot(foundX - x, foundY - y) < 0.15, `at (${foundX}, ${foundY}), said (${x}, ${y})`);
  }
  assert.ok(seen > 30);
});

test('a strong reduction keeps positions and averages instead of skipping pixels', () => {
  const H_inputToOutput = scaleHomography(0.2, 0.2);
  const [x, y] = warpPoints(H_inputToOutput, [231, 123]);
  const [foundX, foundY] = brightCentre(
    warpImage(blobImage(400, 300, 231, 123, 12), H_inputToOutput, 80, 60),
  );
  assert.ok(Math.hypot(foundX - x, foundY - y) < 0.02, `at (${foundX}, ${foundY}), said (${x}, ${y})`);
  // single-pixel stripes, which a plain bilinear sample would turn into waves
  const stripes = grayImage(
    400,
    300,
    Float32Array.from({ length: 120000 }, (_, i) => i % 2),
  );
  const small = warpImage(stripes, scaleHomography(0.23, 0.23), 92, 69);
  const inner = Array.from(small.data).filter((_, i) => i % 92 > 1 && i % 92 < 90);
  assert.ok(Math.min(...inner) > 0.35 && Math.max(...inner) < 0.65);
});

test('exactly the pixels of the mask are filled', () => {
  const random = new Random(22);
  const image = noiseImage(80, 60);
  for (let n = 0; n < 50; n++) {
    const H_inputToOutput = sampleHomography(random, 80, 60, ADAPTATION_HOMOGRAPHIES, 96, 64);
    const view = warpImage(image, H_inputToOutput, 96, 64);
    const mask = warpMask(80, 60, H_inputToOutput, 96, 64);
    assert.deepEqual(
      Array.from(mask),
      Array.from(view.data, (value) => (value > 0 ? 1 : 0)),
    );
  }
});

test('the mask agrees with warping each pixel back', () => {
  const random = new Random(23);
  for (let n = 0; n < 50; n++) {
    const H_inputToOutput = sampleHomography(random, 50, 70, ADAPTATION_HOMOGRAPHIES, 64, 48);
    const H_outputToInput = invertHomography(H_inputToOutput);
    warpMask(50, 70, H_inputToOutput, 64, 48).forEach((seen, i) => {
      const [x, y] = warpPoints(H_outputToInput, [i % 64, Math.floor(i / 64)]);
      const inside = x >= -0.5 && y >= -0.5 && x <= 49.5 && y <= 69.5;
      assert.equal(seen === 1, inside);
    });
  }
});

test('erosion takes away what lies within that distance of an edge of the picture', () => {
  const random = new Random(24);
  const H_inputToOutput = sampleHomography(random, 60, 60, ADAPTATION_HOMOGRAPHIES);
  const corners = warpPoints(H_inputToOutput, [-0.5, -0.5, 59.5, -0.5, 59.5, 59.5, -0.5, 59.5]);
  const plain = warpMask(60, 60, H_inputToOutput, 60, 60);
  const eroded = warpMask(60, 60, H_inputToOutput, 60, 60, 4);
  assert.ok(plain.some((seen, i) => seen > eroded[i]));
  eroded.forEach((kept, i) => {
    const nearest = distanceToOutline(corners, i % 60, Math.floor(i / 60));
    assert.equal(kept === 1, plain[i] === 1 && nearest >= 4, `pixel ${i} is ${nearest} from the edge`);
  });
});

/** Distance of (x, y) to the nearest of the four sides. */
function distanceToOutline(corners: Float64Array, x: number, y: number): number {
  let nearest = Infinity;
  for (let n = 0; n < 8; n += 2) {
    const [px, py, qx, qy] = [corners[n], corners[n + 1], corners[(n + 2) % 8], corners[(n + 3) % 8]];
    const length = (qx - px) ** 2 + (qy - py) ** 2;
    const along = Math.min(1, Math.max(0, ((x - px) * (qx - px) + (y - py) * (qy - py)) / length));
    nearest = Math.min(nearest, Math.hypot(px + along * (qx - px) - x, py + along * (qy - py) - y));
  }
  return nearest;
}

test('the scale and sign of the matrix do not matter', () => {
  const image = noiseImage(40, 30);
  const H_inputToOutput = sampleHomography(new Random(25), 40, 30, ADAPTATION_HOMOGRAPHIES);
  const expected = warpImage(image, H_inputToOutput, 40, 30).data;
  for (const factor of [-1, 1e-4, -500]) {
    const scaled = H_inputToOutput.map((element) => element * factor);
    assertClose(warpImage(image, scaled, 40, 30).data, expected, 1e-5);
  }
});

test('what lies behind the horizon is not seen', () => {
  // depth 1 - x / 20: input left of x = 20 comes to the right of x' = 80, the rest is behind the camera,
  // and blind division would draw it upside down to the left of 80 - 64
  const H_0to1 = Float64Array.of(1, 0, 0, 0, 1, 0, -1 / 20, 0, 1);
  const H_inputToOutput = multiplyHomographies(translationHomography(80, 0), H_0to1);
  assert.ok(warpPoints(H_inputToOutput, [29, 0])[0] < 20);
  const view = warpImage(noiseImage(30, 400), H_inputToOutput, 120, 1);
  const mask = warpMask(30, 400, H_inputToOutput, 120, 1);
  for (let x = 0; x < 120; x++) assert.equal(view.data[x] > 0, x >= 80, `pixel ${x}`);
  assert.deepEqual(Array.from(mask), Array.from(view.data, Math.ceil));
});

test('a singular homography is refused', () => {
  assert.throws(() => warpImage(noiseImage(4, 4), new Float64Array(9), 4, 4), /invertible/);
});
