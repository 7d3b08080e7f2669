import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { type AnyImage, asGrayImage } from '../../src/image/any-image.js';
import { createCanvas, encodePng } from '../../src/image/codec.js';
import { grayImage, nameOfImage } from '../../src/image/image.js';
import { assertClose } from '../assert-close.js';
import { skipWithoutChromium, withPage } from '../chromium.js';

const GRAY = grayImage(2, 1, Float32Array.of(0.2, 1));
/** Red, and green of which half is seen: on white. */
const COLORS = Uint8ClampedArray.of(255, 0, 0, 255, 0, 255, 0, 128);
const COLORS_AS_GRAY = [0.299, 0.587 + (1 - 0.587) * (1 - 128 / 255)];

const refusal = (value: unknown) =>
  asGrayImage(value as AnyImage).then(
    () => assert.fail('expected it to be refused'),
    (error: Error) => {
      assert.ok(!error.message.includes('\n'), 'one line');
      return `${error.name}: ${error.message}`;
    },
  );

test('a grey image is handed back as it is', async () => {
  assert.equal(await asGrayImage(GRAY), GRAY);
});

test('a file as bytes, Buffer, ArrayBuffer, Blob or data URL is decoded, and is known by its name', async () => {
  const png = new Uint8Array(await encodePng(GRAY));
  const buffer = Buffer.from(png);
  const sources = [
    png,
    buffer,
    png.buffer,
    new Blob([png]),
    `data:image/png;base64,${buffer.toString('base64')}`,
  ];
  for (const source of sources) assertClose((await asGrayImage(source)).data, GRAY.data, 1e-7);
  assert.equal(nameOfImage(await asGrayImage(new File([png], 'a.png'))), 'a.png');
  assert.match(await refusal('/no/such/image.png'), /^ImageError: \/no\/such\/image\.png: no such file$/);
});

test('pixels are taken by the length of their data', async () => {
  const size = { width: 2, height: 1 };
  assertClose((await asGrayImage({ ...size, data: COLORS })).data, COLORS_AS_GRAY, 1e-6);
  const records: [Uint8Array | Uint16Array, number[]][] = [
    [Uint8Array.of(51, 255), [0.2, 1]],
    [Buffer.from([51, 255]), [0.2, 1]],
    [Uint8Array.of(0, 0, 255, 0, 255, 0), [0.114, 0.587]],
    [Uint16Array.of(13107, 65535), [0.2, 1]],
  ];
  for (const [data, expected] of records) {
    assertClose((await asGrayImage({ ...size, data })).data, expected, 1e-6);
  }
});

test('a canvas is taken as it shows, transparency on white', async () => {
  const canvas = createCanvas(2, 1);
  const context = canvas.getContext('2d');
  context.fillStyle = 'rgb(51, 51, 51)';
  context.fillRect(0, 0, 1, 1);
  assertClose((await asGrayImage(canvas)).data, [0.2, 1], 1e-6);
  assertClose((await asGrayImage(context.getImageData(0, 0, 2, 1))).data, [0.2, 1], 1e-6);
});

test('objects of another realm, such as of a test runner, are taken like ours', async () => {
  const foreign = (code: string) => runInNewContext(code, { Blob });
  const gray = await asGrayImage(foreign('({ width: 2, height: 1, data: new Float32Array([.2, 1]) })'));
  assert.ok(gray.data instanceof Float32Array, 'of this realm');
  assertClose(gray.data, [0.2, 1], 1e-7);
  const colors = foreign(`({ width: 2, height: 1, data: new Uint8ClampedArray([${COLORS}]) })`);
  assertClose((await asGrayImage(colors)).data, COLORS_AS_GRAY, 1e-6);
  const png = await encodePng(GRAY);
  for (const code of [`new Uint8Array([${png}])`, `new Uint8Array([${png}]).buffer`]) {
    assertClose((await asGrayImage(foreign(code))).data, GRAY.data, 1e-7);
  }
});

test('what is no image is refused in one line that names what helps', async () => {
  const size = { width: 2, height: 1 };
  const cases: [unknown, RegExp][] = [
    [undefined, /^TypeError: expected a path, a URL, .* got undefined$/],
    [null, /got null$/],
    [7, /got Number$/],
    [Promise.resolve(GRAY), /got a Promise: await it \(readImage returns one\)$/],
    [new Float32Array(4), /got Float32Array without a size: grayImage\(width, height, data\) wraps it$/],
    [new Uint8ClampedArray(4), /got Uint8ClampedArray without a size: hand in \{ width, height, data \}$/],
    [[GRAY], /got an array: hand in one image at a time$/],
    [{}, /got an object with nothing in it: grayImage or grayFromRgba/],
    [{ cols: 2, rows: 1, data: [1] }, /got an object with cols, rows, data: grayImage or grayFromRgba/],
    [{ ...size, data: new Float32Array(8) }, /^TypeError: .* got a Float32Array of 4 channels/],
    [{ ...size, data: new Float32Array(3) }, /^RangeError: expected 2 values for 2x1, got 3/],
    [{ ...size, data: new Float64Array(2) }, /^TypeError: .* got Float64Array$/],
    [
      { ...size, data: new Uint8Array(5) },
      /^RangeError: expected 2 \(grey\), 6 \(RGB\) or 8 \(RGBA\) values for 2x1, got 5/,
    ],
    [{ width: 0, height: 1, data: new Uint8Array(0) }, /^RangeError: /],
    [
      { width: 0, height: 5, getContext: () => null },
      /^RangeError: expected a loaded, open image, got canvas of 0x5$/,
    ],
  ];
  for (const [value, message] of cases) assert.match(await refusal(value), message);
});

test('a browser hands in canvases, bitmaps, frames and picture elements', {
  skip: skipWithoutChromium,
}, async () => {
  await withPage(async (page) => {
    const seen = await page.evaluate(async (path) => {
      const { asGrayImage }: { asGrayImage: typeof import('../../src/image/any-image.js').asGrayImage } =
        await import(path);
      const canvas = document.createElement('canvas');
      canvas.width = 2;
      canvas.height = 1;
      const context = canvas.getContext('2d')!;
      context.fillStyle = 'rgb(51, 51, 51)';
      context.fillRect(0, 0, 1, 1);
      const element = new Image();
      element.src = canvas.toDataURL();
      await element.decode();
      const offscreen = new OffscreenCanvas(2, 1);
      offscreen.getContext('2d')!.drawImage(canvas, 0, 0);
      const webgl = document.createElement('canvas');
      webgl.width = 2;
      webgl.height = 1;
      webgl.getContext('bitmaprenderer')!.transferFromImageBitmap(await createImageBitmap(canvas));
      const closed = await createImageBitmap(canvas);
      closed.close();
      const inputs = {
        canvas,
        offscreen,
        webgl,
        element,
        bitmap: await createImageBitmap(canvas),
        frame: new VideoFrame(canvas, { timestamp: 0 }),
        data: context.getImageData(0, 0, 2, 1),
        closed,
        unloaded: new Image(),
        paragraph: document.createElement('p'),
      };
      const results: Record<string, number[] | string> = {};
      for (const [name, input] of Object.entries(inputs)) {
        results[name] = await asGrayImage(input as never).then(({ data }) => Array.from(data), String);
      }
      return results;
    }, '/image/any-image.js');
    for (const name of ['canvas', 'offscreen', 'webgl', 'element', 'bitmap', 'frame', 'data']) {
      // video frames may hold their pixels as YUV
      assertClose(seen[name] as number[], [0.2, 1], name === 'frame' ? 0.02 : 1e-6);
    }
    assert.match(String(seen.closed), /RangeError: expected a loaded, open image, got ImageBitmap of 0x0/);
    assert.match(String(seen.unloaded), /got HTMLImageElement of 0x0/);
    assert.match(String(seen.paragraph), /got HTMLParagraphElement: grayImage or grayFromRgba/);
  });
});
