import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import sharp from 'sharp';
import {
  createCanvas,
  encodePng,
  ImageError,
  readColorImage,
  readImage,
  readImageSize,
} from '../../src/image/codec.js';
import { grayImage } from '../../src/image/image.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'superpoint-codec-'));
});
after(() => rm(folder, { recursive: true }));

/** Grey noise on whole 8-bit values, so that PNG keeps it exactly. */
function noise(width: number, height: number) {
  const random = new Random(1);
  return grayImage(
    width,
    height,
    Float32Array.from({ length: width * height }, () => random.integer(0, 255) / 255),
  );
}

/** Red, green, blue, white. */
const FOUR_COLORS = Buffer.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]);
const fourColors = () => sharp(FOUR_COLORS, { raw: { width: 2, height: 2, channels: 3 } });

async function refusal(source: Parameters<typeof readImage>[0]): Promise<string> {
  try {
    await readImage(source);
  } catch (error) {
    assert.ok(error instanceof ImageError, `expected an ImageError, got ${error}`);
    assert.ok(!error.message.includes('\n'), 'one line');
    return error.message;
  }
  throw new assert.AssertionError({ message: 'expected the picture to be refused' });
}

test('a PNG keeps every 8-bit grey value', async () => {
  const image = noise(37, 21);
  const read = await readImage(await encodePng(image));
  assert.deepEqual([read.width, read.height], [37, 21]);
  assertClose(read.data, image.data, 1e-7);
});

test('values outside [0, 1] are clipped in a PNG', async () => {
  const read = await readImage(await encodePng(grayImage(3, 1, Float32Array.of(-1, 0.5, 7))));
  assertClose(read.data, [0, 128 / 255, 1], 1e-6);
});

test('a colour PNG keeps colours and transparency', async () => {
  const data = Uint8ClampedArray.from([10, 20, 30, 255, 200, 100, 0, 255]);
  const bytes = await encodePng({ width: 2, height: 1, data });
  assert.deepEqual((await readColorImage(bytes)).data, data);
  assert.equal((await sharp(bytes).metadata()).hasAlpha, true);
});

test('colour turns grey by .299, .587, .114 of the encoded values', async () => {
  const { data } = await readImage(await fourColors().png().toBuffer());
  assertClose(data, [0.299, 0.587, 0.114, 1], 1e-6);
});

test('a path, a file URL, bytes, a Blob and a data URL read the same', async () => {
  const bytes = await fourColors().png().toBuffer();
  const path = join(folder, 'four colours #1.png');
  await writeFile(path, bytes);
  const expected = await readImage(path);
  const sources = [
    pathToFileURL(path),
    pathToFileURL(path).href,
    new Uint8Array(bytes),
    new Blob([new Uint8Array(bytes)]),
    `data:image/png;base64,${bytes.toString('base64')}`,
  ];
  for (const source of sources) assert.deepEqual(await readImage(source), expected);
});

test('the usual formats are read, each by its content and not by its name', async () => {
  const smooth = sharp(Buffer.alloc(48 * 32 * 3, 90), { raw: { width: 48, height: 32, channels: 3 } });
  for (const format of ['jpeg', 'png', 'webp', 'avif', 'tiff', 'gif'] as const) {
    const path = join(folder, `${format}.jpg`);
    await writeFile(path, await smooth.clone().toFormat(format).toBuffer());
    const { width, height, data } = await readImage(path);
    assert.deepEqual([width, height], [48, 32], format);
    assertClose(data, new Float32Array(48 * 32).fill(90 / 255), 0.02);
  }
});

test('16 bits are kept, grey and colour', async () => {
  const gray = Uint16Array.of(1, 1000, 40000, 65535);
  const grayFile = await sharp(gray, { raw: { width: 2, height: 2, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer();
  assertClose(
    (await readImage(grayFile)).data,
    Array.from(gray, (value) => value / 65535),
    1e-7,
  );
  const color = Uint16Array.of(1, 4001, 8001);
  const colorFile = await sharp(color, { raw: { width: 1, height: 1, channels: 3 } })
    .toColourspace('rgb16')
    .png()
    .toBuffer();
  assertClose((await readImage(colorFile)).data, [3261 / 65535], 1e-6);
  assert.deepEqual((await readColorImage(colorFile)).data, Uint8ClampedArray.of(0, 16, 31, 255));
});

test('PGM and PPM are read', async () => {
  const pgm = Buffer.concat([Buffer.from('P5\n2 1\n65535\n'), Buffer.from([0x80, 0, 0xff, 0xff])]);
  assertClose((await readImage(pgm)).data, [32768 / 65535, 1], 1e-7);
  const ppm = Buffer.concat([Buffer.from('P6\n2 2\n255\n'), FOUR_COLORS]);
  assertClose((await readImage(ppm)).data, [0.299, 0.587, 0.114, 1], 1e-6);
  assert.deepEqual(
    (await readColorImage(pgm)).data,
    Uint8ClampedArray.of(128, 128, 128, 255, 255, 255, 255, 255),
  );
});

test('a picture is turned upright by its EXIF orientation', async () => {
  const pixels = Buffer.alloc(64 * 32);
  for (let y = 0; y < 32; y++) pixels.fill(255, y * 64, y * 64 + 16); // bright left quarter
  const sideways = await sharp(pixels, { raw: { width: 64, height: 32, channels: 1 } })
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 95 })
    .toBuffer();
  const { width, height, data } = await readImage(sideways);
  assert.deepEqual([width, height], [32, 64]);
  // orientation 6: to be turned clockwise, so left becomes top
  assert.ok(data[0] > 0.9 && data[31] > 0.9 && data[63 * 32] < 0.1);
});

test('EXIF is applied or ignored as asked, in every format that has it, and the size is known beforehand', async () => {
  const pixels = Uint8Array.from({ length: 6 }, (_, i) => 40 * i);
  // by orientation: the pixel that each of the upright image shows
  const expected: Record<number, [width: number, order: number[]]> = {
    1: [3, [0, 1, 2, 3, 4, 5]],
    2: [3, [2, 1, 0, 5, 4, 3]],
    3: [3, [5, 4, 3, 2, 1, 0]],
    4: [3, [3, 4, 5, 0, 1, 2]],
    5: [2, [0, 3, 1, 4, 2, 5]],
    6: [2, [3, 0, 4, 1, 5, 2]],
    7: [2, [5, 2, 4, 1, 3, 0]],
    8: [2, [2, 5, 1, 4, 0, 3]],
  };
  for (const format of ['png', 'webp', 'tiff'] as const) {
    for (const [orientation, [width, order]] of Object.entries(expected)) {
      const bytes = await sharp(pixels, { raw: { width: 3, height: 2, channels: 1 } })
        .withMetadata({ orientation: Number(orientation) })
        .toFormat(format, { lossless: true })
        .toBuffer();
      const label = `${format} ${orientation}`;
      const image = await readImage(bytes);
      assert.equal(image.width, width, label);
      assert.deepEqual(
        Array.from(image.data, (value) => Math.round((255 * value) / 40)),
        order,
        label,
      );
      assert.deepEqual(await readImageSize(bytes), { width, height: 6 / width }, label);
      const stored = await readImage(bytes, { exif: 'ignore' });
      assert.deepEqual(
        Array.from(stored.data, (value) => Math.round((255 * value) / 40)),
        [0, 1, 2, 3, 4, 5],
      );
      assert.deepEqual(await readImageSize(bytes, { exif: 'ignore' }), { width: 3, height: 2 }, label);
    }
  }
});

test('the size of a PGM and of any format is read from its header', async () => {
  assert.deepEqual(await readImageSize(Buffer.from('P5 70 20 255\n')), { width: 70, height: 20 });
  await assert.rejects(readImageSize(Buffer.from('P5 70')), /ImageError: image: broken PGM/);
  await assert.rejects(readImageSize(join(folder, 'missing.png')), /no such file/);
  const png = await encodePng(noise(31, 17));
  // the header alone: its pixels are not looked at
  assert.deepEqual(await readImageSize(png.subarray(0, 100)), { width: 31, height: 17 });
});

test('what is transparent is white', async () => {
  const pixels = Buffer.from([0, 0, 0, 0, 0, 0, 0, 255]);
  const file = await sharp(pixels, { raw: { width: 2, height: 1, channels: 4 } })
    .png()
    .toBuffer();
  assertClose((await readImage(file)).data, [1, 0], 1e-6);
});

test('a very wide and a one-pixel picture are read', async () => {
  const wide = await encodePng(grayImage(50000, 2));
  assert.equal((await readImage(wide)).width, 50000);
  assertClose((await readImage(await encodePng(grayImage(1, 1, Float32Array.of(0.2))))).data, [0.2], 1e-6);
});

test('missing, a folder, empty, or not a picture: one line says so', async () => {
  const missing = join(folder, 'missing.png');
  assert.equal(await refusal(missing), `${missing}: no such file`);
  assert.equal(await refusal(folder), `${folder}: is a folder, expected a file`);
  const empty = join(folder, 'empty.jpg');
  await writeFile(empty, '');
  assert.match(await refusal(empty), /empty\.jpg: the file is empty, expected a JPEG, PNG/);
  const text = join(folder, 'text.png');
  await writeFile(text, 'Dear Sir,\nwhere is the picture?');
  assert.match(await refusal(text), /text\.png: not a picture \(it starts with "Dear Sir"\), expected/);
  assert.match(
    await refusal(new File(['\x00\x01\n?'], 'noise.gif')),
    /^noise\.gif: not a picture .*"\.\.\.\?"/,
  );
});

test('kinds of files that are not read are named by their content', async () => {
  const ftyp = (brands: string) => `\0\0\0\x1cftyp${brands}`;
  const cases: [start: string, kind: string][] = [
    [ftyp('heic\0\0\0\0mif1heicmiaf'), 'HEIC (HEVC)'],
    [ftyp('mif1\0\0\0\0mif1heicmiaf'), 'HEIC (HEVC)'],
    [ftyp('isom\0\0\0\0isomiso2mp41'), 'MP4 or QuickTime video'],
    [ftyp('crx \0\0\0\x01crx isom    '), 'Canon raw'],
    ['BM\x36\0\0\0\0\0\0\0', 'BMP'],
    ['\xff\x0a\xfa\x7f\x01', 'JPEG XL'],
    ['\0\0\0\x0cJXL \r\n\x87\n', 'JPEG XL'],
    ['\0\0\0\x0cjP  \r\n\x87\n', 'JPEG 2000'],
    ['<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', 'SVG'],
    ['%PDF-1.7', 'PDF'],
    ['8BPS\0\x01', 'Photoshop'],
    ['v/1\x01\x02', 'OpenEXR'],
    [`${'\0'.repeat(128)}DICM`, 'DICOM'],
    ['P7\nWIDTH 4', 'PAM'],
    ['II*\0\x10\0\0\0CR\x02\0', 'Canon raw'],
  ];
  for (const [start, kind] of cases) {
    const file = new File([Buffer.from(start, 'latin1')], 'image.jpg');
    assert.equal(await refusal(file), `image.jpg: ${kind} cannot be read here; convert it to JPEG or PNG`);
  }
  assert.match(
    await refusal(Buffer.from(ftyp('avif\0\0\0\0avifmif1miaf'), 'latin1')),
    /broken or truncated AVIF file/,
  );
});

test('files cut off anywhere are refused', async () => {
  const picture = sharp(Buffer.from(noise(64, 64).data.map((value) => 255 * value)), {
    raw: { width: 64, height: 64, channels: 1 },
  });
  for (const format of ['jpeg', 'png', 'webp', 'tiff', 'gif'] as const) {
    const bytes = await picture.clone().toFormat(format).toBuffer();
    for (const share of [0.02, 0.3, 0.9]) {
      const cut = bytes.subarray(0, Math.max(5, Math.floor(share * bytes.length)));
      assert.match(await refusal(cut), /broken or truncated|not a picture/, `${format} at ${share}`);
    }
  }
});

test('a file of one kind inside out: a PNG signature with JPEG content is refused', async () => {
  const png = await encodePng(noise(8, 8));
  const jpeg = await fourColors().jpeg().toBuffer();
  assert.match(await refusal(Buffer.concat([png.subarray(0, 8), jpeg])), /broken or truncated PNG file/);
});

test('a header that claims a gigantic or empty picture is refused before decoding', async () => {
  const png = Buffer.from(await encodePng(noise(8, 8)));
  const claim = (width: number, height: number) => {
    const lying = Buffer.from(png);
    lying.writeUInt32BE(width, 16);
    lying.writeUInt32BE(height, 20);
    lying.writeUInt32BE(crc32(lying.subarray(12, 29)), 29);
    return lying;
  };
  assert.match(await refusal(claim(60000, 60000)), /60000x60000 is 3600 megapixels, expected at most 200/);
  assert.match(
    await refusal(claim(30000, 30000)),
    /30000x30000 is 900 megapixels, expected at most 200 \(maxPixels/,
  );
  // allowed, it is decoded: and then lacks its pixels
  await assert.rejects(readImage(claim(30000, 30000), { maxPixels: 1e9 }), /broken or truncated PNG/);
  await assert.rejects(
    readImage(png, { maxPixels: 63 }),
    /8x8 is 0.000064 megapixels, expected at most 0.000063/,
  );
  assert.equal((await readImage(png, { maxPixels: 64 })).width, 8);
  await assert.rejects(
    readImage(Buffer.from('P5 9 9 255\n'), { maxPixels: 64 }),
    /expected at most 0.000064/,
  );
  assert.match(await refusal(claim(0, 8)), /broken or truncated PNG file|no pixels/);
  assert.match(await refusal(claim(16, 16)), /broken or truncated PNG file/);
});

/** The checksum of PNG chunks. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

test('a canvas draws, and keeps its pixels', () => {
  const canvas = createCanvas(4, 3);
  const context = canvas.getContext('2d');
  context.fillStyle = 'rgb(10, 20, 30)';
  context.fillRect(1, 1, 2, 1);
  const { data } = context.getImageData(0, 0, 4, 3);
  assert.deepEqual(Array.from(data.subarray(20, 24)), [10, 20, 30, 255]);
  assert.equal(data[3], 0);
});

test('the browser codec reaches no Node module and no package', async () => {
  const seen = new Set<string>();
  const visit = async (path: string): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    const source = await readFile(path, 'utf8');
    for (const [, specifier] of source.matchAll(/(?:from|import)\s*\(?['"]([^'"]+)['"]/g)) {
      assert.match(specifier, /^\.\.?\//, `${path} imports ${specifier}`);
      await visit(join(dirname(path), specifier));
    }
  };
  await visit(fileURLToPath(new URL('../../src/image/codec-browser.js', import.meta.url)));
  assert.ok(seen.size >= 4);
});
