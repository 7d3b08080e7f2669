/**
 * Reading and writing of picture files in the browser and its workers (createImageBitmap; PGM and PPM
 * by our own reader), and its canvas. Node's counterpart is codec-node.ts; both stand behind `#codec`.
 */
import type { Canvas } from './canvas.js';
import { rgbaFromGray, type Samples } from './convert.js';
import { readFileHeader } from './file-header.js';
import { fileKind } from './file-kind.js';
import type { GrayImage, ImageSize, RgbaImage } from './image.js';
import { CONVERT, checkImageSize, ImageError, undecodable } from './image-error.js';
import { bytesOf, type ImageSource, isBlob, nameOfSource } from './image-source.js';
import { decodePnm, isPnm, pnmSize } from './pnm.js';
import type { ReadOptions } from './read-options.js';

async function readBlob(source: ImageSource, name: string): Promise<Blob> {
  if (isBlob(source)) return source;
  const bytes = bytesOf(source);
  if (bytes) return new Blob([new Uint8Array(bytes)]);
  let response: Response;
  try {
    response = await fetch(String(source));
  } catch (cause) {
    throw new ImageError(name, `cannot be fetched (${cause instanceof Error ? cause.message : cause})`, {
      cause,
    });
  }
  if (!response.ok) {
    throw new ImageError(name, `the server answered ${response.status} ${response.statusText}`);
  }
  return response.blob();
}

/**
 * All bytes of a URL or Blob.
 * @throws ImageError in one line if it cannot be fetched.
 */
export async function readBytes(source: ImageSource, name = nameOfSource(source)): Promise<Uint8Array> {
  return new Uint8Array(await (await readBlob(source, name)).arrayBuffer());
}

/** Where each pixel of a stored image of w x h goes, by its EXIF orientation: for `setTransform`. */
const TURNS: Readonly<
  Record<number, (w: number, h: number) => [number, number, number, number, number, number]>
> = {
  2: (w) => [-1, 0, 0, 1, w, 0],
  3: (w, h) => [-1, 0, 0, -1, w, h],
  4: (_, h) => [1, 0, 0, -1, 0, h],
  5: () => [0, 1, 1, 0, 0, 0],
  6: (_, h) => [0, 1, -1, 0, h, 0],
  7: (w, h) => [0, -1, -1, 0, h, w],
  8: (w) => [0, -1, 1, 0, 0, w],
};

function contextOf(width: number, height: number, name: string): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new ImageError(name, `no canvas of ${width}x${height} is to be had here`);
  return context;
}

/** The bitmap turned upright; it is closed. */
function turned(bitmap: ImageBitmap, orientation: number, name: string): ImageBitmap {
  const { width, height } = bitmap;
  const context = orientation > 4 ? contextOf(height, width, name) : contextOf(width, height, name);
  context.setTransform(...TURNS[orientation](width, height));
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.canvas.transferToImageBitmap();
}

/**
 * Decodes an image that the browser knows. EXIF is read here, since browsers differ in which formats they turn.
 * @throws ImageError in one line if it is broken, too large or of a kind that this browser does not read.
 */
export async function openBitmap(blob: Blob, name: string, options: ReadOptions = {}): Promise<ImageBitmap> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const header = readFileHeader(bytes);
  if (header) checkImageSize(name, header.width || 1, header.height || 1, options.maxPixels);
  // no browser can be told to leave EXIF alone: what it must not see is taken out
  const { orientation = 1, orientationAt } = header ?? {};
  if (orientationAt !== undefined) bytes.fill(0, orientationAt, orientationAt + 2);
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(orientation === 1 ? blob : new Blob([bytes]));
  } catch (cause) {
    if (fileKind(bytes)?.name === 'TIFF') {
      throw new ImageError(name, `TIFF images cannot be read in this browser; ${CONVERT}`, { cause });
    }
    throw undecodable(name, bytes, 'in this browser', { cause });
  }
  checkImageSize(name, bitmap.width, bitmap.height, options.maxPixels);
  return orientation === 1 || options.exif === 'ignore' ? bitmap : turned(bitmap, orientation, name);
}

async function decodeBitmap(blob: Blob, name: string, options: ReadOptions): Promise<Samples> {
  const bitmap = await openBitmap(blob, name, options);
  try {
    const { width, height } = bitmap;
    const context = contextOf(width, height, name);
    context.fillStyle = 'white';
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0);
    const samples = context.getImageData(0, 0, width, height).data;
    return { width, height, channels: 4, maximum: 255, samples };
  } finally {
    bitmap.close();
  }
}

/** All bytes of what starts like a PGM or PPM file; undefined for anything else that is not empty. */
async function pnmBytes(blob: Blob, name: string): Promise<Uint8Array | undefined> {
  const start = new Uint8Array(await blob.slice(0, 3).arrayBuffer());
  if (start.length === 0) throw undecodable(name, start);
  return isPnm(start) ? new Uint8Array(await blob.arrayBuffer()) : undefined;
}

/**
 * The decoded samples of an image, without transparency.
 * @throws ImageError in one line if it is missing, empty, broken, too large or of a kind that is not read.
 */
export async function decodeSamples(source: ImageSource, options: ReadOptions): Promise<Samples> {
  const name = nameOfSource(source);
  const blob = await readBlob(source, name);
  const pnm = await pnmBytes(blob, name);
  return pnm ? decodePnm(pnm, name, options.maxPixels) : decodeBitmap(blob, name, options);
}

/** Width and height of an image as `readImage` would give it. */
export async function decodeSize(source: ImageSource, options: ReadOptions): Promise<ImageSize> {
  const name = nameOfSource(source);
  const blob = await readBlob(source, name);
  const pnm = await pnmBytes(blob, name);
  if (pnm) return pnmSize(pnm, name);
  const bitmap = await openBitmap(blob, name, options);
  const { width, height } = bitmap;
  bitmap.close();
  return { width, height };
}

/** The bytes of a PNG file of an 8-bit colour picture, or of a grey one. */
export async function encodePng(image: GrayImage | RgbaImage): Promise<Uint8Array> {
  const { width, height } = image;
  const data = image.data instanceof Float32Array ? rgbaFromGray(image as GrayImage).data : image.data;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (!context) throw new RangeError(`expected a size that a canvas can have, got ${width}x${height}`);
  context.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
  const blob = await canvas.convertToBlob({ type: 'image/png' });
  return new Uint8Array(await blob.arrayBuffer());
}

/** A transparent canvas. */
export function createCanvas(width: number, height: number): Canvas {
  // getContext('2d') is null only for sizes beyond the browser's limit; the shared type leaves that out
  return new OffscreenCanvas(width, height) as unknown as Canvas;
}
