/**
 * Reading and writing of picture files in Node (libvips through sharp; PGM and PPM by our own reader),
 * and its canvas. The browser's counterpart is codec-browser.ts; both stand behind `#codec`.
 */
import { readFile } from 'node:fs/promises';
import { createCanvas as createNapiCanvas } from '@napi-rs/canvas';
import sharp, { type Metadata } from 'sharp';
import type { Canvas } from './canvas.js';
import type { Samples } from './convert.js';
import type { GrayImage, RgbaImage } from './image.js';
import { checkImageSize, ImageError, undecodable } from './image-error.js';
import { bytesOf, type ImageSource, isBlob, nameOfSource } from './image-source.js';
import { decodePnm, isPnm } from './pnm.js';
import type { ReadOptions } from './read-options.js';

/** Why the file system or the network did not hand over the bytes, in words. */
function unreadable(name: string, cause: unknown): ImageError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const reasons: Record<string, string> = {
    ENOENT: 'no such file',
    ENOTDIR: 'no such file',
    EISDIR: 'is a folder, expected a file',
    EACCES: 'no permission to read it',
    ERR_FS_FILE_TOO_LARGE: 'the file is larger than 2 GB',
  };
  const reason = reasons[String(code)] ?? (cause instanceof Error ? cause.message : String(cause));
  return new ImageError(name, reason, { cause });
}

/**
 * All bytes of a file, URL or Blob.
 * @throws ImageError in one line if there is none or it cannot be read.
 */
export async function readBytes(source: ImageSource, name = nameOfSource(source)): Promise<Uint8Array> {
  const given = bytesOf(source);
  if (given) return given;
  try {
    if (isBlob(source)) return new Uint8Array(await source.arrayBuffer());
    if (/^(https?|data|blob):/.test(String(source))) {
      const response = await fetch(String(source));
      if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`);
      return new Uint8Array(await response.arrayBuffer());
    }
    const path = String(source);
    return await readFile(path.startsWith('file:') ? new URL(path) : path);
  } catch (cause) {
    throw unreadable(name, cause);
  }
}

/** First line of what libvips says, without its own prefixes. */
function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.split('\n')[0].replace(/^Input (buffer|file) (has|contains) /i, '');
}

async function decodeWithSharp(bytes: Uint8Array, name: string, maxPixels?: number): Promise<Samples> {
  // limits are checked here, with a message of ours, before any pixel is decoded
  const input = sharp(bytes, { limitInputPixels: false, failOn: 'error', autoOrient: true });
  let metadata: Metadata;
  try {
    metadata = await input.metadata();
  } catch (cause) {
    throw undecodable(name, bytes, { cause });
  }
  checkImageSize(name, metadata.width, metadata.height, maxPixels);
  const deep = metadata.depth === 'ushort';
  if (metadata.hasAlpha) input.flatten({ background: 'white' });
  const isGray = metadata.space === 'b-w' || metadata.space === 'grey16';
  if (isGray) input.toColourspace(deep ? 'grey16' : 'b-w');
  else input.toColourspace(deep ? 'rgb16' : 'srgb');
  try {
    const { data, info } = await input
      .raw({ depth: deep ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const samples = deep ? new Uint16Array(data.buffer, data.byteOffset, data.length >> 1) : data;
    const { width, height, channels } = info;
    return { width, height, channels, maximum: deep ? 65535 : 255, samples };
  } catch (cause) {
    const format = (metadata.format ?? 'picture').toUpperCase();
    throw new ImageError(name, `broken or truncated ${format} file (${reasonOf(cause)})`, { cause });
  }
}

/**
 * The decoded samples of an image, upright, without transparency.
 * @throws ImageError in one line if it is missing, empty, broken, truncated or too large.
 */
export async function decodeSamples(source: ImageSource, { maxPixels }: ReadOptions): Promise<Samples> {
  const name = nameOfSource(source);
  const bytes = await readBytes(source, name);
  if (bytes.length === 0) throw undecodable(name, bytes);
  return isPnm(bytes) ? decodePnm(bytes, name, maxPixels) : decodeWithSharp(bytes, name, maxPixels);
}

/** The bytes of an 8-bit PNG file: grey for a `GrayImage`, colour with alpha for an `RgbaImage`. */
export async function encodePng(image: GrayImage | RgbaImage): Promise<Uint8Array> {
  const { width, height, data } = image;
  const isGray = data instanceof Float32Array;
  const bytes = isGray ? Uint8ClampedArray.from(data, (value) => 255 * value) : data;
  const pipeline = sharp(bytes, { raw: { width, height, channels: isGray ? 1 : 4 } });
  return new Uint8Array(
    await pipeline
      .toColourspace(isGray ? 'b-w' : 'srgb')
      .png()
      .toBuffer(),
  );
}

/** A transparent canvas. */
export function createCanvas(width: number, height: number): Canvas {
  // the library's own typing of the 2D context differs from the DOM's in names only
  return createNapiCanvas(width, height) as unknown as Canvas;
}
