/**
 * Reading and writing of picture files in the browser and its workers (createImageBitmap; PGM and PPM
 * by our own reader), and its canvas. Node's counterpart is codec-node.ts; both stand behind `#codec`.
 */
import type { Canvas } from './canvas.js';
import { rgbaFromGray, type Samples } from './convert.js';
import type { GrayImage, RgbaImage } from './image.js';
import { checkImageSize, ImageError, undecodable } from './image-error.js';
import { bytesOf, type ImageSource, isBlob, nameOfSource } from './image-source.js';
import { decodePnm, isPnm } from './pnm.js';
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

async function decodeBitmap(blob: Blob, name: string, maxPixels?: number): Promise<Samples> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(blob, { imageOrientation: 'from-image' });
  } catch (cause) {
    const start = new Uint8Array(await blob.slice(0, 16).arrayBuffer());
    throw undecodable(name, start, { cause });
  }
  try {
    const { width, height } = bitmap;
    checkImageSize(name, width, height, maxPixels);
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!context) throw new ImageError(name, `no canvas of ${width}x${height} is to be had here`);
    context.fillStyle = 'white';
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0);
    const samples = context.getImageData(0, 0, width, height).data;
    return { width, height, channels: 4, maximum: 255, samples };
  } finally {
    bitmap.close();
  }
}

/**
 * The decoded samples of an image, upright, without transparency.
 * @throws ImageError in one line if it is missing, empty, broken or too large.
 */
export async function decodeSamples(source: ImageSource, { maxPixels }: ReadOptions): Promise<Samples> {
  const name = nameOfSource(source);
  const blob = await readBlob(source, name);
  const start = new Uint8Array(await blob.slice(0, 3).arrayBuffer());
  if (start.length === 0) throw undecodable(name, start);
  if (!isPnm(start)) return decodeBitmap(blob, name, maxPixels);
  return decodePnm(new Uint8Array(await blob.arrayBuffer()), name, maxPixels);
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
