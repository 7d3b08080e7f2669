/** The one error of everything that reads pictures. */

/** What to hand in instead; ends the message where the kind of file is the problem. */
export const EXPECTED_FORMATS = 'expected a JPEG, PNG, WebP, AVIF, TIFF, GIF, PGM or PPM picture';

/** Largest picture that is decoded: 200 megapixels. */
export const MAX_PIXELS = 200e6;

/** A picture that cannot be read: one line that names it, says what is wrong and what was expected. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  /** Path, URL or other name of the picture. */
  readonly source: string;

  constructor(source: string, problem: string, options?: ErrorOptions) {
    super(`${source}: ${problem}`, options);
    this.source = source;
  }
}

/** @throws ImageError if a picture of this size is empty or too large to decode. */
export function checkImageSize(source: string, width: number, height: number): void {
  if (!(width > 0 && height > 0)) {
    throw new ImageError(source, `the picture has no pixels (${width}x${height}), expected at least 1x1`);
  }
  if (width * height > MAX_PIXELS) {
    const megapixels = Math.round((width * height) / 1e6);
    throw new ImageError(
      source,
      `${width}x${height} is ${megapixels} megapixels, expected at most ${MAX_PIXELS / 1e6}`,
    );
  }
}

/** Bytes that begin no known kind of picture, shown in so far as they can be read. */
export function unknownFormat(source: string, bytes: Uint8Array, options?: ErrorOptions): ImageError {
  if (bytes.length === 0) return new ImageError(source, `the file is empty, ${EXPECTED_FORMATS}`, options);
  const start = Array.from(bytes.subarray(0, 8), (byte) =>
    byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.',
  ).join('');
  return new ImageError(source, `not a picture (it starts with "${start}"), ${EXPECTED_FORMATS}`, options);
}
