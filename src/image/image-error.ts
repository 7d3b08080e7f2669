/** The one error of everything that reads pictures. */

/** What to hand in instead; ends the message where the kind of file is the problem. */
const EXPECTED_FORMATS = 'expected a JPEG, PNG, WebP, AVIF, TIFF, GIF, PGM or PPM picture';

/** Largest image that is decoded unless more is allowed: 200 megapixels, 1.4 GB while it is decoded. */
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

/** First bytes by which a file says what it is: [name, offset, bytes as text]. */
const SIGNATURES: readonly (readonly [string, number, string])[] = [
  ['JPEG', 0, '\xff\xd8\xff'],
  ['PNG', 0, '\x89PNG'],
  ['GIF', 0, 'GIF8'],
  ['TIFF', 0, 'II*\0'],
  ['TIFF', 0, 'MM\0*'],
  ['WebP', 8, 'WEBP'],
  ['AVIF', 4, 'ftyp'],
];

/**
 * The error for bytes that no decoder takes: empty, a broken file of a known kind, or no picture at all.
 * @param bytes the file, or at least its first 16 bytes.
 */
export function undecodable(source: string, bytes: Uint8Array, options?: ErrorOptions): ImageError {
  if (bytes.length === 0) return new ImageError(source, `the file is empty, ${EXPECTED_FORMATS}`, options);
  const start = Array.from(bytes.subarray(0, 16), (byte) => String.fromCharCode(byte)).join('');
  const known = SIGNATURES.find(([, offset, signature]) => start.startsWith(signature, offset));
  if (known) return new ImageError(source, `broken or truncated ${known[0]} file`, options);
  const shown = start.slice(0, 8).replace(/[^ -~]/g, '.');
  return new ImageError(source, `not a picture (it starts with "${shown}"), ${EXPECTED_FORMATS}`, options);
}
