/** The one error of everything that reads images. */
import { fileKind } from './file-kind.js';

/** Ends the message where the kind of file is the problem. */
const EXPECTED_FORMATS = 'expected a JPEG, PNG, WebP, AVIF, TIFF, GIF, PGM or PPM picture';
export const CONVERT = 'convert it to JPEG or PNG';

/** Largest image that is decoded unless more is allowed: 200 megapixels, 1.4 GB while it is decoded. */
export const MAX_PIXELS = 200e6;

/** An image that cannot be read: one line that names it, says what is wrong and what was expected. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  /** Path, URL or other name of the image. */
  readonly source: string;

  constructor(source: string, problem: string, options?: ErrorOptions) {
    super(`${source}: ${problem}`, options);
    this.source = source;
  }
}

/** @throws ImageError if an image of this size is empty or has more than `maxPixels`. */
export function checkImageSize(
  source: string,
  width: number,
  height: number,
  maxPixels: number = MAX_PIXELS,
): void {
  if (!(width > 0 && height > 0)) {
    throw new ImageError(source, `the picture has no pixels (${width}x${height}), expected at least 1x1`);
  }
  if (width * height > maxPixels) {
    const [megapixels, allowed] = [width * height, maxPixels].map((pixels) =>
      Number((pixels / 1e6).toPrecision(4)),
    );
    throw new ImageError(
      source,
      `${width}x${height} is ${megapixels} megapixels, expected at most ${allowed} (maxPixels allows more)`,
    );
  }
}

/**
 * The error for bytes that no decoder takes: empty, a kind that is not read, broken, or no image at all.
 * @param bytes the file, or its first `KIND_BYTES`. @param where decodes: `here`, `in this browser`.
 */
export function undecodable(
  source: string,
  bytes: Uint8Array,
  where = 'here',
  options?: ErrorOptions,
): ImageError {
  if (bytes.length === 0) return new ImageError(source, `the file is empty, ${EXPECTED_FORMATS}`, options);
  const kind = fileKind(bytes);
  if (kind?.isRead) return new ImageError(source, `broken or truncated ${kind.name} file`, options);
  if (kind) return new ImageError(source, `${kind.name} cannot be read ${where}; ${CONVERT}`, options);
  const shown = Array.from(bytes.subarray(0, 8), (byte) => String.fromCharCode(byte)).join('');
  const start = shown.replace(/[^ -~]/g, '.');
  return new ImageError(source, `not a picture (it starts with "${start}"), ${EXPECTED_FORMATS}`, options);
}
