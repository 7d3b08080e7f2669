/** Pictures as small files. For Node. */

import type { GrayImage, RgbaImage } from './image.js';
import { openSharp } from './sharp-node.js';

const QUALITY = 80;

/** A picture as WebP, a tenth of the size of PNG: a report holds dozens. */
export async function encodeWebp({ width, height, data }: RgbaImage): Promise<Uint8Array> {
  const raw = { width, height, channels: 4 as const };
  return openSharp()(data, { raw }).webp({ quality: QUALITY }).toBuffer();
}

/** A grey picture as JPEG. @param quality 1 to 100. */
export async function encodeJpeg({ width, height, data }: GrayImage, quality: number): Promise<Uint8Array> {
  const bytes = Uint8ClampedArray.from(data, (value) => 255 * value);
  const raw = { width, height, channels: 1 as const };
  return openSharp()(bytes, { raw }).toColourspace('b-w').jpeg({ quality }).toBuffer();
}
