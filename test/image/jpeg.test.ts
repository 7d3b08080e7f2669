import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { type GrayImage, grayImage } from '../../src/image/image.js';
import { compressJpeg } from '../../src/image/jpeg.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';
import { blobImage } from './blob.js';

function textured(width: number, height: number): GrayImage {
  const image = blobImage(width, height, width / 2, height / 3, 12);
  const random = new Random(5);
  for (let i = 0; i < image.data.length; i++) {
    image.data[i] = Math.round(255 * Math.min(1, 0.7 * image.data[i] + 0.3 * random.uniform())) / 255;
  }
  return image;
}

async function realJpeg({ width, height, data }: GrayImage, quality: number): Promise<Float32Array> {
  const bytes = Uint8Array.from(data, (value) => Math.round(255 * value));
  const file = await sharp(bytes, { raw: { width, height, channels: 1 } })
    .jpeg({ quality })
    .toBuffer();
  const decoded = await sharp(file).toColourspace('b-w').raw().toBuffer();
  return Float32Array.from(decoded, (value) => value / 255);
}

test('what is lost is what a real JPEG file of that quality loses', async () => {
  const image = textured(67, 45);
  const rms = (a: Float32Array, b: Float32Array) =>
    Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length);
  for (const quality of [10, 50, 90]) {
    const real = await realJpeg(image, quality);
    const ours = compressJpeg(image, quality).data.map((value) => Math.min(1, Math.max(0, value)));
    // The file's cosine transform is in whole numbers, and its pixels are rounded to 255ths.
    const [error, loss] = [rms(real, ours), rms(real, image.data)];
    assert.ok(
      error < 0.2 * loss + 0.5 / 255,
      `quality ${quality}: ${255 * error}, lost ${255 * loss} of 255`,
    );
  }
});

test('a flat picture stays flat, and the grid of blocks may begin anywhere', () => {
  const flat = grayImage(20, 12, new Float32Array(240).fill(128 / 255));
  assertClose(compressJpeg(flat, 10, [3, 5]).data, flat.data, 1e-6);
  const image = textured(40, 40);
  assert.notDeepEqual(compressJpeg(image, 10, [4, 4]).data, compressJpeg(image, 10).data);
  assert.throws(() => compressJpeg(image, 0), /quality from 1 to 100, got 0/);
});
