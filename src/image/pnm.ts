/**
 * Reader of portable grey and colour maps (Netpbm PGM and PPM: P2, P3, P5, P6, up to 16 bits), which
 * neither browsers nor the decoder used in Node know, and in which HPatches comes.
 */
import type { Samples } from './convert.js';
import type { ImageSize } from './image.js';
import { checkImageSize, ImageError } from './image-error.js';

const SPACE = 0x20;
const NEWLINE = 0x0a;
const HASH = 0x23;
const ZERO = 0x30;

/** Do the bytes begin like a Netpbm file (P1 to P6)? */
export function isPnm(bytes: Uint8Array): boolean {
  const digit = bytes[1] - ZERO;
  const separator = bytes[2];
  return bytes[0] === 0x50 && digit >= 1 && digit <= 6 && (separator <= SPACE || separator === HASH);
}

/** Reads whitespace-separated decimal numbers with `#` comments. */
class TextNumbers {
  readonly #bytes: Uint8Array;
  readonly #source: string;
  position: number;

  constructor(bytes: Uint8Array, position: number, source: string) {
    this.#bytes = bytes;
    this.position = position;
    this.#source = source;
  }

  next(what: string): number {
    const bytes = this.#bytes;
    let at = this.position;
    while (at < bytes.length && (bytes[at] <= SPACE || bytes[at] === HASH)) {
      if (bytes[at] === HASH) while (at < bytes.length && bytes[at] !== NEWLINE) at++;
      else at++;
    }
    const start = at;
    let value = 0;
    for (; at < bytes.length && bytes[at] >= ZERO && bytes[at] <= ZERO + 9; at++) {
      value = Math.min(10 * value + bytes[at] - ZERO, Number.MAX_SAFE_INTEGER);
    }
    if (at === start) {
      const found = at < bytes.length ? 'something else stands there' : 'the file ends';
      throw new ImageError(this.#source, `broken PGM/PPM file: expected the ${what}, but ${found}`);
    }
    this.position = at;
    return value;
  }
}

function truncated(source: string, expected: number, found: number): ImageError {
  return new ImageError(source, `truncated PGM/PPM file: expected ${expected} bytes of pixels, got ${found}`);
}

function readText(numbers: TextNumbers, count: number, maximum: number, source: string): Uint16Array {
  const samples = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    samples[i] = checkSample(numbers.next(`sample ${i + 1} of ${count}`), maximum, source);
  }
  return samples;
}

/** @throws ImageError for a sample above the largest that the header allows. */
function checkSample(value: number, maximum: number, source: string): number {
  if (value <= maximum) return value;
  throw new ImageError(source, `broken PGM/PPM file: a sample is ${value}, the largest is ${maximum}`);
}

function readBinary(
  bytes: Uint8Array,
  start: number,
  count: number,
  wide: boolean,
): Uint8Array | Uint16Array {
  if (!wide) return bytes.subarray(start, start + count);
  const samples = new Uint16Array(count);
  for (let i = 0, at = start; i < count; i++, at += 2) samples[i] = (bytes[at] << 8) | bytes[at + 1];
  return samples;
}

/** Reads the header of a PGM or PPM file up to its size. */
function openPnm(bytes: Uint8Array, source: string): ImageSize & { kind: number; numbers: TextNumbers } {
  const kind = bytes[1] - ZERO;
  if (!isPnm(bytes) || kind === 1 || kind === 4) {
    throw new ImageError(
      source,
      'expected a PGM or PPM file (P2, P3, P5 or P6); bitmaps (P1, P4) are not read',
    );
  }
  const numbers = new TextNumbers(bytes, 2, source);
  const width = numbers.next('width');
  const height = numbers.next('height');
  return { kind, numbers, width, height };
}

/** Size of a PGM or PPM image by its header. @throws ImageError if it has none. */
export function pnmSize(bytes: Uint8Array, source: string): ImageSize {
  const { width, height } = openPnm(bytes, source);
  return { width, height };
}

/**
 * Decodes a PGM or PPM file.
 * @param source what to call it in an error.
 * @throws ImageError if it is broken, truncated, too large or a bitmap (P1, P4).
 */
export function decodePnm(bytes: Uint8Array, source = 'PGM/PPM image', maxPixels?: number): Samples {
  const { kind, numbers, width, height } = openPnm(bytes, source);
  checkImageSize(source, width, height, maxPixels);
  const maximum = numbers.next('largest value');
  if (maximum < 1 || maximum > 65535) {
    throw new ImageError(source, `expected a largest value from 1 to 65535, got ${maximum}`);
  }
  const channels = kind === 3 || kind === 6 ? 3 : 1;
  const count = width * height * channels;
  // exactly one white-space character ends a binary file's header; a text sample takes two bytes or more
  const start = numbers.position + 1;
  const isText = kind < 4;
  const size = isText ? 2 * count - 1 : maximum > 255 ? 2 * count : count;
  const left = Math.max(0, bytes.length - start);
  if (left < size) throw truncated(source, size, left);
  const samples = isText
    ? readText(numbers, count, maximum, source)
    : readBinary(bytes, start, count, maximum > 255);
  if (!isText) for (let i = 0; i < count; i++) checkSample(samples[i], maximum, source);
  return { width, height, channels, maximum, samples };
}
