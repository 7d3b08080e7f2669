/** What benchmarks look at and with: a made-up picture with many corners, the same everywhere, and the networks. */

import type { GrayImage } from '../src/image/image.js';
import { SHIPPED_MODELS } from '../src/network/shipped-models.js';
import { synthesize } from '../src/synthetic/synthesize.js';

export function scene(width: number, height: number): GrayImage {
  return synthesize('bench', 0, { width, height, kind: 'checkerboard' }).image;
}

/** The shipped networks that describe what they find. */
export const DESCRIBING = Object.keys(SHIPPED_MODELS).filter((name) => name !== 'magicpoint');
