/**
 * Size and orientation of an image, from its file's header: what a browser, which decodes at once, would tell
 * only afterwards or not at all. Node's decoder reads headers itself.
 */
import { orientationOf, readTiffTags, TIFF } from './tiff-tags.js';

/** What a header says; a size of NaN where it is missing or cut off. */
export interface FileHeader {
  /** As stored, before it is turned. */
  readonly width: number;
  readonly height: number;
  /** By EXIF: 1 upright, 2 to 8 turned or mirrored. */
  readonly orientation: number;
  /** Where the two bytes of the orientation stand in the file, if anywhere. */
  readonly orientationAt?: number;
}

const UPRIGHT = { orientation: 1 };
const UNKNOWN: FileHeader = { width: Number.NaN, height: Number.NaN, orientation: 1 };

/** Reads numbers of a header; those beyond its end are NaN. */
class Bytes {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get length(): number {
    return this.bytes.length;
  }

  u16(at: number, little = false): number {
    return at + 2 <= this.length ? this.#view.getUint16(at, little) : Number.NaN;
  }

  u24(at: number): number {
    return at + 3 <= this.length ? this.u16(at, true) + 65536 * this.bytes[at + 2] : Number.NaN;
  }

  u32(at: number, little = false): number {
    return at + 4 <= this.length ? this.#view.getUint32(at, little) : Number.NaN;
  }

  text(at: number, length: number): string {
    return String.fromCharCode(...this.bytes.subarray(at, at + length));
  }
}

/**
 * @param bytes the whole file: some formats keep their EXIF at the end.
 * @returns undefined for what is no JPEG, PNG, WebP, GIF, AVIF or TIFF.
 */
export function readFileHeader(bytes: Uint8Array): FileHeader | undefined {
  const file = new Bytes(bytes);
  if (file.u16(0) === 0xffd8) return jpegHeader(file);
  if (file.text(1, 3) === 'PNG') return pngHeader(file);
  if (file.text(8, 4) === 'WEBP') return webpHeader(file);
  if (file.text(0, 4) === 'GIF8')
    return { width: file.u16(6, true), height: file.u16(8, true), orientation: 1 };
  if (file.text(4, 4) === 'ftyp') return avifHeader(file);
  const tags = readTiffTags(bytes);
  if (!tags) return undefined;
  const [width, height] = [TIFF.width, TIFF.height].map((tag) => tags.get(tag)?.values[0] ?? Number.NaN);
  return { width, height, ...readOrientation(bytes, 0, bytes.length) };
}

type Orientation = Pick<FileHeader, 'orientation' | 'orientationAt'>;

/** What a TIFF directory says of the orientation. */
function readOrientation(bytes: Uint8Array, start: number, length: number): Orientation {
  const tags = readTiffTags(bytes.subarray(start, start + length));
  const field = tags?.get(TIFF.orientation);
  return { orientation: orientationOf(tags), ...(field ? { orientationAt: start + field.start } : {}) };
}

/** The orientation that an EXIF block names, with or without the six bytes `Exif\0\0` before it. */
function exifOrientation(file: Bytes, start: number, length: number): Orientation {
  const skip = file.text(start, 4) === 'Exif' ? 6 : 0;
  return readOrientation(file.bytes, start + skip, length - skip);
}

function jpegHeader(file: Bytes): FileHeader {
  let orientation: Orientation | undefined;
  for (let at = 2; at < file.length; ) {
    const marker = file.u16(at);
    if (marker === 0xffff) {
      at++;
      continue;
    }
    if (!(marker > 0xff00)) break;
    const code = marker & 0xff;
    // frames: all of C0 to CF but Huffman tables (C4), arithmetic coding (CC) and the reserved C8
    if (code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc) {
      return { ...UPRIGHT, ...orientation, width: file.u16(at + 7), height: file.u16(at + 5) };
    }
    const length = file.u16(at + 2);
    if (code === 0xda || !(length >= 2)) break;
    if (code === 0xe1 && orientation === undefined && file.text(at + 4, 4) === 'Exif') {
      orientation = exifOrientation(file, at + 4, length - 2);
    }
    at += 2 + length;
  }
  return { ...UNKNOWN, ...orientation };
}

function pngHeader(file: Bytes): FileHeader {
  const size = { width: file.u32(16), height: file.u32(20) };
  for (let at = 8; at + 12 <= file.length; at += 12 + file.u32(at)) {
    const kind = file.text(at + 4, 4);
    if (kind === 'eXIf') return { ...size, ...exifOrientation(file, at + 8, file.u32(at)) };
    if (kind === 'IEND') break;
  }
  return { ...size, ...UPRIGHT };
}

function webpHeader(file: Bytes): FileHeader {
  let { width, height } = UNKNOWN;
  let orientation: Orientation = UPRIGHT;
  for (let at = 12; at + 8 <= file.length; ) {
    const kind = file.text(at, 4);
    const length = file.u32(at + 4, true);
    const data = at + 8;
    if (kind === 'VP8X') {
      width = file.u24(data + 4) + 1;
      height = file.u24(data + 7) + 1;
    } else if (kind === 'VP8 ' && Number.isNaN(width)) {
      width = file.u16(data + 6, true) & 0x3fff;
      height = file.u16(data + 8, true) & 0x3fff;
    } else if (kind === 'VP8L' && Number.isNaN(width)) {
      const bits = file.u32(data + 1, true);
      width = (bits & 0x3fff) + 1;
      height = ((bits >>> 14) & 0x3fff) + 1;
    } else if (kind === 'EXIF') {
      orientation = exifOrientation(file, data, length);
    }
    at = data + length + (length % 2);
  }
  return { width, height, ...orientation };
}

/** The largest of all images that the file holds; its own turning (`irot`) is the decoder's work, EXIF is not used. */
function avifHeader(file: Bytes): FileHeader {
  let largest: FileHeader = UNKNOWN;
  const visit = (start: number, end: number): void => {
    for (let at = start; at + 8 <= end; ) {
      const length = file.u32(at);
      const kind = file.text(at + 4, 4);
      const stop = length === 0 ? end : Math.min(end, at + length);
      if (kind === 'meta') visit(at + 12, stop);
      else if (kind === 'iprp' || kind === 'ipco') visit(at + 8, stop);
      else if (kind === 'ispe') {
        const [width, height] = [file.u32(at + 12), file.u32(at + 16)];
        if (!(width * height <= largest.width * largest.height)) largest = { width, height, orientation: 1 };
      }
      if (length === 1 || stop < at + 8) return;
      at = stop;
    }
  };
  visit(0, file.length);
  return largest;
}
