import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { asGrayImage } from '../../src/image/any-image.js';
import { readColorImage, readImage } from '../../src/image/codec.js';
import { grayImage, nameOfImage } from '../../src/image/image.js';
import { imageContrast, LOW_CONTRAST, stretchImage } from '../../src/image/stretch.js';
import { assertClose } from '../assert-close.js';

/** A ramp over a narrow band, as a thermal camera writes it, with a dead and a hot pixel. */
const BAND = Uint16Array.from({ length: 100 * 50 }, (_, i) => 51000 + Math.floor((1200 * i) / 5000));
BAND[7] = 0;
BAND[8] = 65535;

test('a narrow band of 16 bits is spread over all, broken pixels left out of account', async () => {
  const png = await sharp(BAND, { raw: { width: 100, height: 50, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer();
  const image = await readImage(png);
  assert.ok(imageContrast(image) < 0.02 && imageContrast(image) < LOW_CONTRAST);
  const stretched = await readImage(png, { stretch: true });
  assert.ok(imageContrast(stretched) > 0.99);
  // position i of the ramp; a thousandth at either end, five pixels, is cut off
  for (const i of [0, 1000, 2500, 4990]) {
    const expected = (Math.floor((1200 * i) / 5000) - 1) / 1197;
    assert.ok(Math.abs(stretched.data[i] - Math.min(1, Math.max(0, expected))) < 0.003, `pixel ${i}`);
  }
  assert.deepEqual([stretched.data[7], stretched.data[8]], [0, 1]);
  assertClose((await asGrayImage(image, { stretch: true })).data, stretched.data, 1e-4);
  assert.deepEqual(
    (await readColorImage(png, { stretch: true })).data.subarray(32, 36),
    Uint8ClampedArray.of(255, 255, 255, 255),
  );
});

test('an even image stays as it is, and has no contrast', async () => {
  const even = grayImage(9, 9, new Float32Array(81).fill(0.3));
  assertClose(stretchImage(even).data, even.data, 0);
  assert.equal(imageContrast(even), 0);
});

test('a stretched image keeps its name', async () => {
  const file = new File([Buffer.from('P5 2 1 255\n\x10\x20', 'latin1')], 'a.pgm');
  assert.equal(nameOfImage(stretchImage(await readImage(file))), 'a.pgm');
});

test('of a large image, a sample that meets every column tells the range', () => {
  // one bright column of 4096: a step that divides the width would see it always or never
  const image = grayImage(4096, 700);
  for (let y = 0; y < 700; y++) for (let x = 0; x < 64; x++) image.data[y * 4096 + 64 * x] = 1;
  assert.equal(imageContrast(image), 1);
});
