import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { readFileHeader } from '../../src/image/file-header.js';
import { tiffFile } from './tiff-file.js';

const picture = (width: number, height: number) =>
  sharp(Buffer.alloc(3 * width * height, 90), { raw: { width, height, channels: 3 } });

test('size and orientation are what the decoder finds', async () => {
  const files: [string, Uint8Array, number][] = [
    ['tiff', tiffFile({ width: 30, height: 20, values: new Array(600).fill(9), orientation: 5 }), 5],
    [
      'tiff, high byte first',
      tiffFile({ width: 30, height: 20, values: new Array(600).fill(9), orientation: 5, bigEndian: true }),
      5,
    ],
    ['webp without loss', await picture(30, 20).webp({ lossless: true }).toBuffer(), 1],
    ['webp with loss', await picture(30, 20).webp().toBuffer(), 1],
    ['gif', await picture(30, 20).gif().toBuffer(), 1],
    ['png without EXIF', await picture(30, 20).png().toBuffer(), 1],
    ['avif', await picture(30, 20).avif().toBuffer(), 1],
    ['progressive jpeg', await picture(30, 20).jpeg({ progressive: true }).toBuffer(), 1],
    ['jpeg with a profile', await picture(30, 20).withIccProfile('p3').jpeg().toBuffer(), 1],
  ];
  for (const format of ['jpeg', 'png', 'webp', 'tiff'] as const) {
    for (let orientation = 1; orientation <= 8; orientation++) {
      const bytes = await picture(30, 20).withMetadata({ orientation }).toFormat(format).toBuffer();
      files.push([`${format} ${orientation}`, bytes, orientation]);
    }
  }
  for (const [name, bytes, orientation] of files) {
    const { orientationAt, ...header } = readFileHeader(bytes)!;
    assert.deepEqual(header, { width: 30, height: 20, orientation }, name);
    if (orientation > 1) assert.equal(bytes[orientationAt!] + bytes[orientationAt! + 1], orientation);
    const found = await sharp(bytes).metadata();
    assert.deepEqual([found.width, found.height, found.orientation ?? 1], [30, 20, orientation], name);
  }
});

test('headers that end anywhere are read as far as they go', async () => {
  for (const format of ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const) {
    const bytes = await picture(30, 20).withMetadata({ orientation: 6 }).toFormat(format).toBuffer();
    for (let length = 0; length < Math.min(bytes.length, 1000); length++) {
      const header = readFileHeader(bytes.subarray(0, length));
      if (header === undefined) continue;
      for (const side of [header.width, header.height]) assert.ok(Number.isNaN(side) || side >= 0);
      assert.ok(header.orientation >= 1 && header.orientation <= 8);
    }
  }
  assert.equal(readFileHeader(Buffer.from('Dear Sir, where is the picture?')), undefined);
});
