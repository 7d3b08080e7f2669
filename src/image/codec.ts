/**
 * Pictures from and to files, the same in Node and in the browser: the platform's own codec stands
 * behind `#codec` (package.json, "imports").
 */
import { decodeImage } from '#codec';
import type { GrayImage } from './image.js';
import type { ImageSource } from './image-source.js';

export { createCanvas, decodeColor, decodeImage, encodePng, readBytes } from '#codec';
export type { Canvas, Context2D } from './canvas.js';
export { ImageError } from './image-error.js';
export type { ImageSource } from './image-source.js';

/**
 * Reads a picture as grey in [0, 1], upright, at its full size.
 * @param source a path (Node) or URL, a file's bytes, or a Blob or File.
 * @throws ImageError in one line: which picture, what is wrong, what was expected.
 */
export function readImage(source: ImageSource): Promise<GrayImage> {
  return decodeImage(source);
}
