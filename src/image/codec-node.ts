/**
 * Reading and writing of picture files in Node (libvips through sharp; PGM and PPM by our own reader),
 * and its canvas. The browser's counterpart is codec-browser.ts; both stand behind `#codec`.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { DepthEnum, Metadata, Sharp } from 'sharp';
import { MissingPackageError } from '../files/missing-package.js';
import type { Canvas } from './canvas.js';
import { checkRange, type Samples } from './convert.js';
import { fileKind } from './file-kind.js';
import type { GrayImage, ImageSize, RgbaImage } from './image.js';
import { CONVERT, checkImageSize, ImageError, undecodable } from './image-error.js';
import { bytesOf, type ImageSource, isBlob, nameOfSource } from './image-source.js';
import { decodePnm, isPnm, pnmSize } from './pnm.js';
import type { ReadOptions } from './read-options.js';
import { openSharp } from './sharp-node.js';
import { tiffFormat } from './tiff-format.js';

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

/** The largest value of each depth of samples beyond 8 and 16 bits without a sign. */
const MAXIMA: Readonly<Record<string, number>> = {
  char: 2 ** 7 - 1,
  short: 2 ** 15 - 1,
  int: 2 ** 31 - 1,
  uint: 2 ** 32 - 1,
  float: 1,
};

/** Colour spaces in which those depths are grey values or red, green and blue as they are meant. */
const PLAIN_SPACES = ['b-w', 'grey16', 'srgb', 'scrgb'];

/** A file that is being decoded. */
interface Input {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly pipeline: Sharp;
  readonly metadata: Metadata;
}

/** The limit of pixels is checked by us, with a message of ours, before any is decoded. */
async function openInput(bytes: Uint8Array, name: string, exif: ReadOptions['exif']): Promise<Input> {
  const kind = fileKind(bytes);
  // of what is not read, HEIC alone may pass: a build of libvips may have its decoder
  if (!kind || (!kind.isRead && !kind.name.startsWith('HEIC'))) throw undecodable(name, bytes);
  const pipeline = openSharp()(bytes, {
    limitInputPixels: false,
    failOn: 'error',
    autoOrient: exif !== 'ignore',
  });
  const tiff = kind.name === 'TIFF' ? tiffFormat(bytes) : undefined;
  if (tiff && !tiff.readable) {
    throw new ImageError(name, `TIFF of ${tiff.name} samples cannot be read here; ${CONVERT}`);
  }
  try {
    const metadata = await pipeline.metadata();
    if (metadata.hasAlpha && tiff?.transparent === false) pipeline.removeAlpha();
    else if (metadata.hasAlpha) pipeline.flatten({ background: 'white' });
    return { name, bytes, pipeline, metadata };
  } catch (cause) {
    throw undecodable(name, bytes, 'here', { cause });
  }
}

async function decodeWithSharp(input: Input): Promise<Samples> {
  const { depth, space } = input.metadata;
  if (depth in MAXIMA && PLAIN_SPACES.includes(space)) return decodeNumbers(input, depth);
  const deep = depth === 'ushort';
  const isGray = space === 'b-w' || space === 'grey16';
  if (isGray) input.pipeline.toColourspace(deep ? 'grey16' : 'b-w');
  else input.pipeline.toColourspace(deep ? 'rgb16' : 'srgb');
  const { data, info } = await pixelsOf(input, deep ? 'ushort' : 'uchar');
  const samples = deep ? new Uint16Array(data.buffer, data.byteOffset, data.length >> 1) : data;
  return { ...info, maximum: deep ? 65535 : 255, samples };
}

/** Signed, 32-bit and float samples as they stand in the file, without a change of colour space. */
async function decodeNumbers(input: Input, depth: string): Promise<Samples> {
  const { pipeline, metadata } = input;
  // libvips clips 16-bit grey at 0 on its way out: signed values go through it moved up
  const isMoved = metadata.space === 'grey16';
  if (isMoved) pipeline.linear(1, 2 ** 15);
  pipeline.toColourspace(metadata.space);
  const { data, info } = await pixelsOf(input, isMoved ? 'ushort' : 'float');
  const count = data.length / (isMoved ? 2 : 4);
  const samples = isMoved
    ? Float32Array.from(new Uint16Array(data.buffer, data.byteOffset, count), (value) => value - 2 ** 15)
    : new Float32Array(data.buffer, data.byteOffset, count);
  return { ...info, maximum: MAXIMA[depth], samples };
}

async function pixelsOf({ name, bytes, pipeline, metadata }: Input, depth: keyof DepthEnum) {
  try {
    return await pipeline.raw({ depth }).toBuffer({ resolveWithObject: true });
  } catch (cause) {
    if (fileKind(bytes)?.isRead === false) throw undecodable(name, bytes, 'here', { cause });
    const format = (metadata.format ?? 'image').toUpperCase();
    throw new ImageError(name, `broken or truncated ${format} file (${reasonOf(cause)})`, { cause });
  }
}

/**
 * The decoded samples of an image, without transparency.
 * @throws ImageError in one line if it is missing, empty, broken, truncated, too large or of a kind that is not read.
 */
export async function decodeSamples(source: ImageSource, options: ReadOptions): Promise<Samples> {
  const name = nameOfSource(source);
  const bytes = await readBytes(source, name);
  if (bytes.length === 0) throw undecodable(name, bytes);
  if (isPnm(bytes)) return decodePnm(bytes, name, options.maxPixels);
  const input = await openInput(bytes, name, options.exif);
  checkImageSize(name, input.metadata.width, input.metadata.height, options.maxPixels);
  const samples = await decodeWithSharp(input);
  if (input.metadata.depth in MAXIMA && !options.stretch) checkRange(samples, name);
  return samples;
}

/** Width and height of an image as `readImage` would give it, from the header of its file. */
export async function decodeSize(source: ImageSource, options: ReadOptions): Promise<ImageSize> {
  const name = nameOfSource(source);
  const bytes = await readBytes(source, name);
  if (bytes.length === 0) throw undecodable(name, bytes);
  if (isPnm(bytes)) return pnmSize(bytes, name);
  const { metadata } = await openInput(bytes, name, options.exif);
  return options.exif === 'ignore' ? metadata : metadata.autoOrient;
}

/** The bytes of an 8-bit PNG file: grey for a `GrayImage`, colour with alpha for an `RgbaImage`. */
export async function encodePng(image: GrayImage | RgbaImage): Promise<Uint8Array> {
  const { width, height, data } = image;
  const isGray = data instanceof Float32Array;
  const bytes = isGray ? Uint8ClampedArray.from(data, (value) => 255 * value) : data;
  const pipeline = openSharp()(bytes, { raw: { width, height, channels: isGray ? 1 : 4 } });
  return new Uint8Array(
    await pipeline
      .toColourspace(isGray ? 'b-w' : 'srgb')
      .png()
      .toBuffer(),
  );
}

type MakeCanvas = (width: number, height: number) => Canvas;
let makeCanvas: MakeCanvas | undefined;

/** A transparent canvas. @throws MissingPackageError where @napi-rs/canvas is not installed. */
export function createCanvas(width: number, height: number): Canvas {
  makeCanvas ??= openCanvasLibrary();
  return makeCanvas(width, height);
}

/** Loaded when something is drawn: 35 MB. */
function openCanvasLibrary(): MakeCanvas {
  try {
    return createRequire(import.meta.url)('@napi-rs/canvas').createCanvas;
  } catch (cause) {
    throw new MissingPackageError('drawing', ['@napi-rs/canvas'], { cause });
  }
}
