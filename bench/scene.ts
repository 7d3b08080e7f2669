/** What benchmarks look at: a made-up picture with many corners, the same everywhere. */
import type { GrayImage } from '../src/image/image.js';
import { synthesize } from '../src/synthetic/synthesize.js';

export function scene(width: number, height: number): GrayImage {
  return synthesize('bench', 0, { width, height, kind: 'checkerboard' }).image;
}
