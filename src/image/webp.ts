/** Pictures of reports as small files. For Node. */
import sharp from 'sharp';
import type { RgbaImage } from './image.js';

const QUALITY = 80;

/** A picture as WebP, a tenth of the size of PNG: a report holds dozens. */
export async function encodeWebp({ width, height, data }: RgbaImage): Promise<Uint8Array> {
  const raw = { width, height, channels: 4 as const };
  return sharp(data, { raw }).webp({ quality: QUALITY }).toBuffer();
}
