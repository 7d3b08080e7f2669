/** Writes TIFF files of any sample format, uncompressed, for tests of what readers make of them. */

export interface TiffSettings {
  readonly width: number;
  readonly height: number;
  /** Interleaved samples, as numbers of their format. */
  readonly values: readonly number[];
  /** Bits of a sample. @default 8 */
  readonly bits?: number;
  /** 1 unsigned, 2 signed, 3 floats, 4 undefined, 5 complex integers, 6 complex floats. @default 1 */
  readonly format?: number;
  /** 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 CMYK, 6 YCbCr, 8 CIE L*a*b*. @default 1 */
  readonly photometric?: number;
  /** Samples of a pixel. @default 1 */
  readonly channels?: number;
  readonly orientation?: number;
  /** 16-bit reds, greens, blues of a palette. */
  readonly palette?: readonly number[];
  /** High byte first. */
  readonly bigEndian?: boolean;
  /** What the samples beyond the colours are: 1 or 2 for alpha. */
  readonly extra?: number;
}

/** Types of the fields that are written, and their bytes. */
const SHORT = 3;
const LONG = 4;

export function tiffFile(settings: TiffSettings): Uint8Array {
  const {
    width,
    height,
    values,
    bits = 8,
    format = 1,
    photometric = 1,
    channels = 1,
    bigEndian = false,
  } = settings;
  const strip = pack(settings);
  const fields: [tag: number, type: number, values: readonly number[]][] = [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, new Array(channels).fill(bits)],
    [259, SHORT, [1]],
    [262, SHORT, [photometric]],
    [273, LONG, [8]],
    [277, SHORT, [channels]],
    [278, LONG, [height]],
    [279, LONG, [strip.length]],
  ];
  if (settings.orientation !== undefined) fields.push([274, SHORT, [settings.orientation]]);
  if (settings.palette) fields.push([320, SHORT, settings.palette]);
  if (settings.extra !== undefined) fields.push([338, SHORT, [settings.extra]]);
  fields.push([339, SHORT, new Array(channels).fill(format)]);
  fields.sort(([a], [b]) => a - b);
  if (values.length !== width * height * channels) throw new RangeError('values do not fill the image');

  const directory = 8 + strip.length + (strip.length % 2);
  const afterwards = directory + 2 + 12 * fields.length + 4;
  const bytes = new Uint8Array(afterwards + fields.reduce((sum, [, , list]) => sum + 4 * list.length, 0));
  const view = new DataView(bytes.buffer);
  const little = !bigEndian;
  bytes.set(bigEndian ? [0x4d, 0x4d] : [0x49, 0x49]);
  view.setUint16(2, 42, little);
  view.setUint32(4, directory, little);
  bytes.set(strip, 8);
  view.setUint16(directory, fields.length, little);
  let spare = afterwards;
  for (const [n, [tag, type, list]] of fields.entries()) {
    const at = directory + 2 + 12 * n;
    const size = type === SHORT ? 2 : 4;
    view.setUint16(at, tag, little);
    view.setUint16(at + 2, type, little);
    view.setUint32(at + 4, list.length, little);
    const inside = size * list.length <= 4;
    const start = inside ? at + 8 : spare;
    if (!inside) {
      view.setUint32(at + 8, spare, little);
      spare += size * list.length;
    }
    for (const [i, value] of list.entries()) {
      if (size === 2) view.setUint16(start + 2 * i, value, little);
      else view.setUint32(start + 4 * i, value, little);
    }
  }
  return bytes.subarray(0, spare);
}

/** The samples as bytes: rows begin on whole bytes, bits from the highest. */
function pack({
  width,
  height,
  values,
  bits = 8,
  format = 1,
  channels = 1,
  bigEndian = false,
}: TiffSettings): Uint8Array {
  const perRow = width * channels;
  const rowBytes = Math.ceil((perRow * bits) / 8);
  const bytes = new Uint8Array(rowBytes * height);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) {
    const row = Math.floor(i / perRow) * rowBytes;
    const column = i % perRow;
    if (bits < 8 || bits % 8 !== 0) {
      for (let bit = 0; bit < bits; bit++) {
        const at = column * bits + bit;
        if ((value >> (bits - 1 - bit)) & 1) bytes[row + (at >> 3)] |= 0x80 >> (at & 7);
      }
    } else {
      write(view, row + (column * bits) / 8, value, bits, format, !bigEndian);
    }
  }
  return bytes;
}

function write(
  view: DataView,
  at: number,
  value: number,
  bits: number,
  format: number,
  little: boolean,
): void {
  if (format === 3 && bits === 64) view.setFloat64(at, value, little);
  else if (format === 3 && bits === 32) view.setFloat32(at, value, little);
  else if (bits === 64) view.setBigInt64(at, BigInt.asIntN(64, BigInt(value)), little);
  else if (bits === 32) view.setUint32(at, value, little);
  else if (bits === 16) view.setUint16(at, value, little);
  else if (bits === 8) view.setUint8(at, value);
}
