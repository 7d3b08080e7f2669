import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import type * as Draw from '../../src/drawing/draw.js';
import { drawKeypoints } from '../../src/drawing/draw.js';
import type * as Codec from '../../src/image/codec.js';
import { encodePng, type ReadOptions, readImage } from '../../src/image/codec.js';
import { grayImage } from '../../src/image/image.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';
import { skipWithoutChromium, withPage } from '../chromium.js';
import { tiffFile } from './tiff-file.js';

/** Where the page finds the module; a variable, so that the compiler does not look for it. */
const CODEC = '/image/codec.js';
const DRAW = '/drawing/draw.js';

test('the browser reads, refuses, writes and draws as Node does', { skip: skipWithoutChromium }, async () => {
  const random = new Random(1);
  const values = Float32Array.from({ length: 31 * 17 }, () => random.integer(0, 255) / 255);
  const image = grayImage(31, 17, values);
  const png = await encodePng(image);
  const sideways = await sharp(Buffer.alloc(64 * 32, 90), { raw: { width: 64, height: 32, channels: 1 } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  const transparent = await sharp(Buffer.from([0, 0, 0, 0, 9, 9, 9, 255]), {
    raw: { width: 2, height: 1, channels: 4 },
  })
    .png()
    .toBuffer();

  await withPage(async (page) => {
    const decode = (bytes: Uint8Array, options: ReadOptions = {}) =>
      page.evaluate(
        async ([path, list, options]) => {
          const codec: typeof Codec = await import(path);
          try {
            const { width, height, data } = await codec.readImage(Uint8Array.from(list), options);
            return { width, height, data: Array.from(data), error: '' };
          } catch (error) {
            return { width: 0, height: 0, data: [], error: String(error) };
          }
        },
        [CODEC, Array.from(bytes), options] as const,
      );

    const read = await decode(png);
    assert.deepEqual([read.width, read.height], [31, 17]);
    assertClose(read.data, values, 1e-6);
    const pgm = await decode(Buffer.from('P2 2 1 1000 250 1000'));
    assertClose(pgm.data, [0.25, 1], 1e-6);
    const upright = await decode(sideways);
    assert.deepEqual([upright.width, upright.height], [32, 64]);
    assertClose((await decode(transparent)).data, (await readImage(transparent)).data, 1e-6);

    assert.match((await decode(new Uint8Array(0))).error, /ImageError: image: the file is empty, expected/);
    assert.match(
      (await decode(Buffer.from('Dear Sir,'))).error,
      /not a picture \(it starts with "Dear Sir"\)/,
    );
    assert.match((await decode(png.subarray(0, 30))).error, /broken or truncated PNG file/);
    const heic = Buffer.from('\0\0\0\x1cftypheic\0\0\0\0mif1heicmiaf', 'latin1');
    assert.equal(
      (await decode(heic)).error,
      'ImageError: image: HEIC (HEVC) cannot be read in this browser; convert it to JPEG or PNG',
    );
    const tiff = tiffFile({ width: 2, height: 1, values: [0, 255] });
    assert.equal(
      (await decode(tiff)).error,
      'ImageError: image: TIFF images cannot be read in this browser; convert it to JPEG or PNG',
    );
    assert.match(
      (await decode(png, { maxPixels: 500 })).error,
      /31x17 is 0.000527 megapixels, expected at most 0.0005/,
    );
    // a header that claims too much is refused before anything is decoded
    const huge = Buffer.from(png);
    huge.writeUInt32BE(30000, 16);
    huge.writeUInt32BE(30000, 20);
    assert.match((await decode(huge)).error, /30000x30000 is 900 megapixels, expected at most 200/);

    const band = grayImage(
      31,
      17,
      values.map((value) => 0.5 + value / 8),
    );
    const bandPng = await encodePng(band);
    const stretched = await decode(bandPng, { stretch: true });
    assertClose(stretched.data, (await readImage(bandPng, { stretch: true })).data, 1e-6);

    for (const format of ['jpeg', 'png', 'webp', 'avif'] as const) {
      for (let orientation = 1; orientation <= 8; orientation++) {
        const bytes = await sharp(Buffer.from(values.map((value) => 255 * value)), {
          raw: { width: 31, height: 17, channels: 1 },
        })
          .blur(3)
          .withMetadata({ orientation })
          .toFormat(format, { quality: 95 })
          .toBuffer();
        for (const exif of ['apply', 'ignore'] as const) {
          const [here, there] = [await readImage(bytes, { exif }), await decode(bytes, { exif })];
          const label = `${format} ${orientation} ${exif}`;
          assert.deepEqual([there.width, there.height], [here.width, here.height], label);
          const distance = here.data.reduce((sum, value, i) => sum + Math.abs(value - there.data[i]), 0);
          assert.ok(distance / here.data.length < 0.01, `${label}: ${distance / here.data.length}`);
        }
      }
    }

    const missing = await page.evaluate(async (path) => {
      const codec: typeof Codec = await import(path);
      return codec.readImage('/missing.png').catch(String);
    }, CODEC);
    assert.match(String(missing), /ImageError: \/missing\.png: the server answered 404/);

    const drawn = await page.evaluate(
      async ([codecPath, drawPath, list]) => {
        const codec: typeof Codec = await import(codecPath);
        const draw: typeof Draw = await import(drawPath);
        const picture = { width: 31, height: 17, data: Float32Array.from(list) };
        const keypoints = { count: 1, keypoints: Float32Array.of(15, 8) };
        return Array.from(await codec.encodePng(draw.drawKeypoints(picture, keypoints, { scale: 2 })));
      },
      [CODEC, DRAW, Array.from(values)] as const,
    );
    const inBrowser = await readImage(Uint8Array.from(drawn));
    const inNode = await readImage(
      await encodePng(drawKeypoints(image, { count: 1, keypoints: Float32Array.of(15, 8) }, { scale: 2 })),
    );
    assert.deepEqual([inBrowser.width, inBrowser.height], [62, 34]);
    // smoothing and anti-aliasing differ a little between the two canvases
    const difference = inBrowser.data.map((value, i) => Math.abs(value - inNode.data[i]));
    assert.ok(difference.reduce((sum, value) => sum + value, 0) / difference.length < 0.02);
  });
});
