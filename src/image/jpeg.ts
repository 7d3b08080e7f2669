/**
 * What JPEG compression does to a grey picture, without a file: each block of 8x8 pixels loses what the
 * quantisation of its cosine transform rounds away (ITU-T T.81, luminance table of Annex K).
 */
import { type GrayImage, grayImage } from './image.js';

/** Side of a block in pixels. */
const SIDE = 8;

/** Steps of quantisation at quality 50, in rows of rising vertical frequency. */
const LUMINANCE = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22,
  29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103,
  121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];

/** [8, 8] orthonormal cosine transform: row k holds frequency k. */
const COSINES = Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
  const [k, x] = [Math.floor(i / SIDE), i % SIDE];
  return Math.sqrt((k === 0 ? 1 : 2) / SIDE) * Math.cos(((2 * x + 1) * k * Math.PI) / (2 * SIDE));
});

/** Steps for pixels in [0, 1], as libjpeg scales the table by a quality of 1 to 100. */
function quantisationSteps(quality: number): Float32Array {
  const scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  return Float32Array.from(
    LUMINANCE,
    (step) => Math.min(255, Math.max(1, Math.floor((step * scale + 50) / 100))) / 255,
  );
}

/** out = a · in · aᵀ for 8x8 matrices, `transposed`: aᵀ · in · a. */
function transform(block: Float32Array, scratch: Float32Array, transposed: boolean): void {
  const [rowStep, columnStep] = transposed ? [1, SIDE] : [SIDE, 1];
  for (let pass = 0; pass < 2; pass++) {
    const [from, to] = pass === 0 ? [block, scratch] : [scratch, block];
    for (let k = 0; k < SIDE; k++) {
      for (let line = 0; line < SIDE; line++) {
        let sum = 0;
        for (let x = 0; x < SIDE; x++) sum += COSINES[k * rowStep + x * columnStep] * from[line * SIDE + x];
        // Written transposed: after both passes rows are rows again.
        to[k * SIDE + line] = sum;
      }
    }
  }
}

/**
 * The picture after compression.
 *
 * @param quality 1 (worst) to 100, as libjpeg and most programs count it.
 * @param offset pixels by which the grid of blocks begins left of and above the picture, 0 to 7 each.
 */
export function compressJpeg(
  { width, height, data }: GrayImage,
  quality: number,
  offset: readonly [number, number] = [0, 0],
): GrayImage {
  if (!(quality >= 1 && quality <= 100)) {
    throw new RangeError(`expected a quality from 1 to 100, got ${quality}`);
  }
  const steps = quantisationSteps(quality);
  const compressed = new Float32Array(data.length);
  const block = new Float32Array(SIDE * SIDE);
  const scratch = new Float32Array(SIDE * SIDE);
  for (let top = -offset[1]; top < height; top += SIDE) {
    for (let left = -offset[0]; left < width; left += SIDE) {
      for (let i = 0; i < block.length; i++) {
        const y = Math.min(Math.max(top + (i >> 3), 0), height - 1);
        const x = Math.min(Math.max(left + (i & 7), 0), width - 1);
        block[i] = data[y * width + x] - 128 / 255;
      }
      transform(block, scratch, false);
      for (let i = 0; i < block.length; i++) block[i] = Math.round(block[i] / steps[i]) * steps[i];
      transform(block, scratch, true);
      for (let i = 0; i < block.length; i++) {
        const y = top + (i >> 3);
        const x = left + (i & 7);
        if (y >= 0 && y < height && x >= 0 && x < width) compressed[y * width + x] = block[i] + 128 / 255;
      }
    }
  }
  return grayImage(width, height, compressed);
}
