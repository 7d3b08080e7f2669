/** Reader of the numbers in the first directory of a TIFF file, which is also how EXIF keeps its fields. */

/** Tags that are asked for. */
export const TIFF = {
  width: 256,
  height: 257,
  bits: 258,
  photometric: 262,
  orientation: 274,
  channels: 277,
  palette: 320,
  extraSamples: 338,
  sampleFormat: 339,
} as const;

/** Whole numbers without a sign: the bytes of each type of field that is read. */
const BYTES: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 16: 8 };

/** More than these of one field are never needed. */
const MOST_VALUES = 16;

/** A field of whole numbers. */
export interface TiffField {
  /** The first of its values. */
  readonly values: readonly number[];
  /** Where they stand in the file. */
  readonly start: number;
}

/**
 * The fields of whole numbers in the first directory, by tag.
 * @param bytes a TIFF (classic or BigTIFF) from its first byte. @returns undefined where there is none.
 */
export function readTiffTags(bytes: Uint8Array): Map<number, TiffField> | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 8 || bytes[0] !== bytes[1]) return undefined;
  if (bytes[0] !== 0x49 && bytes[0] !== 0x4d) return undefined;
  const little = bytes[0] === 0x49;
  const version = view.getUint16(2, little);
  if (version !== 42 && version !== 43) return undefined;
  const big = version === 43;
  const word = big ? 8 : 4;
  const number = (at: number, size: number): number => {
    if (at < 0 || at + size > bytes.length) return Number.NaN;
    if (size === 1) return bytes[at];
    if (size === 2) return view.getUint16(at, little);
    return size === 4 ? view.getUint32(at, little) : Number(view.getBigUint64(at, little));
  };
  const directory = number(big ? 8 : 4, word);
  const count = number(directory, big ? 8 : 2);
  if (!(count > 0)) return undefined;
  const tags = new Map<number, TiffField>();
  const entry = big ? 20 : 12;
  for (let n = 0; n < count; n++) {
    const at = directory + (big ? 8 : 2) + n * entry;
    if (at + entry > bytes.length) break;
    const size = BYTES[number(at + 2, 2)];
    if (size === undefined) continue;
    const length = number(at + 4, word);
    const field = at + 4 + word;
    const start = size * length <= word ? field : number(field, word);
    const values: number[] = [];
    for (let i = 0; i < Math.min(length, MOST_VALUES); i++) values.push(number(start + i * size, size));
    if (values.every(Number.isFinite)) tags.set(number(at, 2), { values, start });
  }
  return tags;
}

/** How a stored image has to be turned, 1 (not at all) to 8, as TIFF and EXIF count. */
export function orientationOf(tags: Map<number, TiffField> | undefined): number {
  const orientation = tags?.get(TIFF.orientation)?.values[0] ?? 1;
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}
