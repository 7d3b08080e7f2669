/** Whatever shows an image, turned into the grey image that the network takes. */
import { createCanvas } from '#codec';
import { readImage } from './codec.js';
import { grayFromRgba, grayFromSamples } from './convert.js';
import { type GrayImage, grayImage, type RgbaImage } from './image.js';
import { bytesOf, type ImageSource, isBlob, kindOf } from './image-source.js';
import type { ReadOptions } from './read-options.js';
import { stretchImage } from './stretch.js';

/**
 * Decoded pixels, row-major. By the length of `data`: grey, RGB or RGBA in 8 bits (`ImageData` is one of these),
 * grey in 16 bits (`Uint16Array`), or grey in [0, 1] (`Float32Array`, a `GrayImage`).
 */
export interface PixelRecord {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray | Uint8Array | Uint16Array | Float32Array;
}

/** A canvas, of the page or off it, or one of a canvas package for Node: what its 2D context shows. */
export interface CanvasLike {
  readonly width: number;
  readonly height: number;
  // biome-ignore lint/suspicious/noExplicitAny: each platform types its contexts in its own way
  getContext(kind: '2d'): any;
}

/** What a browser can draw on a canvas; nothing in projects that do not know the browser's types. */
export type Drawable = {
  [Name in DrawableName]: typeof globalThis extends Record<Name, { prototype: infer Class }> ? Class : never;
}[DrawableName];

/** Names of the classes that are `Drawable`. */
export type DrawableName = 'ImageBitmap' | 'VideoFrame' | 'HTMLImageElement' | 'HTMLVideoElement';

/** Anything that `asGrayImage` takes. */
export type AnyImage = GrayImage | RgbaImage | PixelRecord | CanvasLike | Drawable | ImageSource;

/** Kinds of objects that a browser draws, and where each keeps its size. */
const DRAWABLES: Readonly<Record<string, readonly [width: string, height: string]>> = {
  ImageBitmap: ['width', 'height'],
  VideoFrame: ['displayWidth', 'displayHeight'],
  HTMLImageElement: ['naturalWidth', 'naturalHeight'],
  HTMLVideoElement: ['videoWidth', 'videoHeight'],
};

const EXPECTED =
  'expected a path, a URL, the bytes of a file, a Blob, ImageData, { width, height, data }, a canvas or a bitmap';

/**
 * Turns a path (Node), URL, file's bytes, Blob, `ImageData`, record of pixels, canvas, `ImageBitmap`, `VideoFrame`
 * or picture element into a grey image; a `GrayImage` is handed back as it is. What is transparent lies on white.
 * @throws TypeError for anything else, naming the function that helps; RangeError for pixels that do not fill
 * their size; ImageError, as `readImage`, for a file that cannot be read. All in one line.
 */
export async function asGrayImage(image: AnyImage, options: ReadOptions = {}): Promise<GrayImage> {
  const kind = kindOf(image);
  if (kind === 'String' || kind === 'URL' || isBlob(image) || bytesOf(image)) {
    return readImage(image as ImageSource, options);
  }
  const pixels = pixelsOf(image, kind);
  if (!pixels) throw new TypeError(`${EXPECTED}, got ${whatCame(image, kind)}`);
  return options.stretch ? stretchImage(pixels) : pixels;
}

/** The grey pixels of what is no file; undefined for what is no image at all. */
function pixelsOf(image: AnyImage, kind: string): GrayImage | undefined {
  if (typeof image !== 'object' || image === null) return undefined;
  if (kind in DRAWABLES) return drawn(image as Drawable, kind);
  if ('getContext' in image) return shownOn(image);
  return 'data' in image && ArrayBuffer.isView(image.data) ? fromPixels(image as PixelRecord) : undefined;
}

/** What was handed in instead of an image, and what turns it into one. */
function whatCame(value: unknown, kind: string): string {
  if (value === undefined || value === null) return String(value);
  if (typeof (value as PromiseLike<unknown>).then === 'function') {
    return 'a Promise: await it (readImage returns one)';
  }
  if (kind === 'Float32Array') return `${kind} without a size: grayImage(width, height, data) wraps it`;
  if (ArrayBuffer.isView(value)) return `${kind} without a size: hand in { width, height, data }`;
  if (Array.isArray(value)) return 'an array: hand in one image at a time';
  const name =
    kind === 'Object'
      ? `an object with ${Object.keys(value).slice(0, 4).join(', ') || 'nothing in it'}`
      : kind;
  return kind === 'Object' || kind.startsWith('HTML')
    ? `${name}: grayImage or grayFromRgba makes an image of pixels`
    : name;
}

function fromPixels(image: PixelRecord): GrayImage {
  const { width, height, data } = image;
  const kind = kindOf(data);
  const pixels = width * height;
  const channels = data.length / pixels;
  if (kind === 'Float32Array') {
    if (channels === 3 || channels === 4) {
      throw new TypeError(
        `expected grey values in [0, 1] or colour in 8 bits, got a Float32Array of ${channels} channels: ` +
          'grayImage(width, height, data) takes its luminance',
      );
    }
    const checked = grayImage(width, height, floatsOf(data));
    return checked.data === data ? (image as GrayImage) : checked;
  }
  const deep = kind === 'Uint16Array';
  if (!deep && kind !== 'Uint8Array' && kind !== 'Uint8ClampedArray') {
    throw new TypeError(
      `expected pixels in a Uint8ClampedArray, Uint8Array, Uint16Array or Float32Array, got ${kind}`,
    );
  }
  if (![1, 3, 4].includes(channels)) {
    throw new RangeError(
      `expected ${pixels} (grey), ${3 * pixels} (RGB) or ${4 * pixels} (RGBA) values for ${width}x${height}, got ${data.length}`,
    );
  }
  if (channels === 4 && !deep) return grayFromRgba({ width, height, data: data as Uint8ClampedArray });
  return grayFromSamples({
    width,
    height,
    channels,
    maximum: deep ? 65535 : 255,
    samples: data as Uint8Array,
  });
}

/** The same floats as an array of this realm. */
function floatsOf(data: PixelRecord['data']): Float32Array {
  return data instanceof Float32Array ? data : new Float32Array(data.buffer, data.byteOffset, data.length);
}

function shownOn(canvas: CanvasLike): GrayImage {
  const { width, height } = canvas;
  checkSize(width, height, 'canvas');
  // a canvas that shows WebGL has no 2D context: draw it like a bitmap
  const context = canvas.getContext('2d') ?? paint(canvas as unknown as Drawable, width, height);
  return grayFromRgba(context.getImageData(0, 0, width, height));
}

function drawn(source: Drawable, kind: string): GrayImage {
  const [width, height] = DRAWABLES[kind].map((key) => (source as unknown as Record<string, number>)[key]);
  checkSize(width, height, kind);
  return grayFromRgba(paint(source, width, height).getImageData(0, 0, width, height));
}

function paint(source: Drawable, width: number, height: number) {
  const context = createCanvas(width, height).getContext('2d');
  context.drawImage(source, 0, 0, width, height);
  return context;
}

/** A closed bitmap or frame, an element that has not loaded yet: all are 0x0. */
function checkSize(width: number, height: number, kind: string): void {
  if (width > 0 && height > 0) return;
  throw new RangeError(`expected a loaded, open image, got ${kind} of ${width}x${height}`);
}
