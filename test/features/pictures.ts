/** Pictures of any size for the tests of what is computed at each pixel. */
import { type GrayImage, grayImage } from '../../src/image/image.js';
import { Random } from '../../src/random.js';
import { synthesize } from '../../src/synthetic/synthesize.js';

export function noise(width: number, height: number, seed: number): GrayImage {
  const random = new Random(seed);
  return grayImage(
    width,
    height,
    Float32Array.from({ length: width * height }, () => random.uniform()),
  );
}

/** A scene with corners. */
export function scene(width: number, height: number, index: number): GrayImage {
  return synthesize('dense', index, { width, height, kind: 'multiplePolygons' }).image;
}
