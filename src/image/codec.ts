/**
 * Images from and to files, the same in Node and in the browser: the platform's own codec stands
 * behind `#codec` (package.json, "imports").
 */
import { decodeSamples, decodeSize } from '#codec';
import { grayFromSamples, rgbaFromSamples, type Samples } from './convert.js';
import { type GrayImage, type ImageSize, type RgbaImage, withName } from './image.js';
import { type ImageSource, nameOfSource } from './image-source.js';
import type { ReadOptions } from './read-options.js';
import { stretchSamples } from './stretch.js';

export { createCanvas, encodePng, readBytes } from '#codec';
export type { Canvas, Context2D } from './canvas.js';
export { ImageError } from './image-error.js';
export type { ImageSource } from './image-source.js';
export type { ReadOptions } from './read-options.js';

/**
 * Reads an image as grey in [0, 1], upright, at its full size: luminance .299/.587/.114 of the encoded
 * values (of 16 bits in Node, of 8 in the browser), what is transparent on white.
 * @throws ImageError in one line: which image, what is wrong, what was expected.
 */
export async function readImage(source: ImageSource, options: ReadOptions = {}): Promise<GrayImage> {
  return withName(grayFromSamples(await readSamples(source, options)), nameOfSource(source));
}

/** Reads an image as opaque 8-bit colour, otherwise as `readImage` does. @throws ImageError as `readImage`. */
export async function readColorImage(source: ImageSource, options: ReadOptions = {}): Promise<RgbaImage> {
  return rgbaFromSamples(await readSamples(source, options));
}

/** Width and height of an image as `readImage` gives it, from its file's header. @throws ImageError where there is none. */
export async function readImageSize(source: ImageSource, options: ReadOptions = {}): Promise<ImageSize> {
  const { width, height } = await decodeSize(source, options);
  return { width, height };
}

async function readSamples(source: ImageSource, options: ReadOptions): Promise<Samples> {
  const samples = await decodeSamples(source, options);
  return options.stretch ? stretchSamples(samples) : samples;
}
