/** Readers of images for the fuzzer, one for each format. */
import assert from 'node:assert/strict';
import sharp, { type Sharp } from 'sharp';
import { readImage, readImageSize } from '../../src/image/codec.js';
import { readFileHeader } from '../../src/image/file-header.js';
import { Random } from '../../src/random.js';
import { tiffFile } from '../image/tiff-file.js';
import type { Reader } from './reader.js';

/** No more is decoded, so that a header that lies costs little. */
const MAX_PIXELS = 1e6;

async function read(bytes: Uint8Array): Promise<void> {
  // never throws: what it cannot read, it says
  readFileHeader(bytes);
  const options = { maxPixels: MAX_PIXELS };
  const { width, height, data } = await readImage(bytes, options);
  assert.ok(width > 0 && height > 0 && width * height <= MAX_PIXELS, `${width}x${height}`);
  assert.equal(data.length, width * height);
  for (const value of data) assert.ok(value >= -0.011 && value <= 1.011, `a grey value of ${value}`);
  assert.deepEqual(await readImageSize(bytes, options), { width, height });
}

const noise = (length: number) => {
  const random = new Random('fuzz');
  return Uint8Array.from({ length }, () => random.integer(0, 255));
};
const GRAY = () => sharp(noise(24 * 18), { raw: { width: 24, height: 18, channels: 1 } });
const COLOR = () => sharp(noise(3 * 24 * 18), { raw: { width: 24, height: 18, channels: 3 } });
const ALPHA = () => sharp(noise(4 * 24 * 18), { raw: { width: 24, height: 18, channels: 4 } });

async function encoded(...images: Sharp[]): Promise<Uint8Array[]> {
  return Promise.all(images.map(async (image) => new Uint8Array(await image.toBuffer())));
}

/** Checksums of all chunks of a PNG. */
function repairPng(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    if (at + 12 + length > bytes.length) return;
    view.setUint32(at + 8 + length, crc32(bytes.subarray(at + 4, at + 8 + length)));
    at += 12 + length;
  }
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function tiffs(): Uint8Array[] {
  const size = { width: 6, height: 5 };
  const ramp = (count: number, step: number) => Array.from({ length: count }, (_, i) => (i * step) % 256);
  return [
    tiffFile({ ...size, values: ramp(30, 8) }),
    tiffFile({ ...size, values: ramp(30, 8), bits: 16, bigEndian: true }),
    tiffFile({ ...size, values: ramp(30, 1).map((value) => value / 30), bits: 32, format: 3 }),
    tiffFile({
      ...size,
      values: ramp(30, 8).map((value) => 100 * value),
      bits: 16,
      format: 2,
      orientation: 6,
    }),
    tiffFile({ ...size, values: ramp(30, 1).map((value) => value % 2), bits: 1, photometric: 0 }),
    tiffFile({ ...size, values: ramp(90, 3), channels: 3, photometric: 2 }),
    tiffFile({ ...size, values: ramp(30, 1), photometric: 3, palette: ramp(768, 256) }),
  ];
}

const PNM = [
  Buffer.concat([Buffer.from('P5\n# made here\n6 5\n255\n'), noise(30)]),
  Buffer.concat([Buffer.from('P6 6 5 65535\n'), noise(180)]),
  Buffer.from(`P2\n6 5\n99\n${Array.from({ length: 30 }, (_, i) => i).join(' ')}\n`),
  Buffer.from(`P3 2 2 255 ${'9 '.repeat(12)}`),
];

const errors = ['ImageError'];

export const IMAGE_READERS: readonly Reader[] = [
  {
    name: 'png',
    files: () =>
      encoded(
        GRAY().png(),
        COLOR().withMetadata({ orientation: 6 }).png(),
        ALPHA().png({ palette: true }),
        GRAY().toColourspace('grey16').png(),
        COLOR().png({ progressive: true }),
      ),
    read,
    errors,
    repair: repairPng,
  },
  {
    name: 'jpeg',
    files: () =>
      encoded(
        GRAY().jpeg(),
        COLOR().withMetadata({ orientation: 3 }).jpeg(),
        COLOR().jpeg({ progressive: true, quality: 40 }),
        COLOR().toColourspace('cmyk').jpeg(),
      ),
    read,
    errors,
  },
  {
    name: 'webp',
    files: () =>
      encoded(
        COLOR().webp(),
        ALPHA().withMetadata({ orientation: 8 }).webp({ lossless: true }),
        GRAY().webp(),
      ),
    read,
    errors,
  },
  {
    name: 'tiff',
    files: async () => [
      ...tiffs(),
      ...(await encoded(
        COLOR().tiff({ compression: 'lzw', predictor: 'horizontal' }),
        COLOR().tiff({ compression: 'jpeg' }),
        GRAY().tiff({ compression: 'deflate', tile: true, tileWidth: 16, tileHeight: 16 }),
      )),
    ],
    read,
    errors,
  },
  { name: 'gif', files: () => encoded(COLOR().gif(), GRAY().gif()), read, errors },
  {
    name: 'avif',
    files: () => encoded(COLOR().avif({ effort: 0 }), ALPHA().avif({ effort: 0 })),
    read,
    errors,
  },
  { name: 'pnm', files: () => PNM.map((bytes) => new Uint8Array(bytes)), read, errors },
];
