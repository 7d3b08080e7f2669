/**
 * NumPy's files: `.npy`, one array, and `.npz`, a zip of them by name. Pure: bytes in, bytes out, also in
 * a browser. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { unzipSync, type Zippable, zipSync } from 'fflate';
import { FormatError } from './format-error.js';
import {
  bytesOf,
  checkShape,
  denseStrides,
  elementCount,
  float32ToHalf,
  gatherStrided,
  NUMBER_TYPES,
  type NumberKind,
  nameOfKind,
  readNumbers,
  type StoredTensor,
} from './raw-numbers.js';

const MAGIC = '\x93NUMPY';
/** The oldest date a zip entry can have: equal arrays give equal files. */
const ZIP_EPOCH = '1980-01-01T12:00:00';

/** How NumPy names each kind of number; the first that fits is the one that is written. */
const TYPES: Readonly<Record<string, NumberKind>> = {
  '<f8': 'float64',
  '<f4': 'float32',
  '<f2': 'float16',
  '<i8': 'int64',
  '<i4': 'int32',
  '<i2': 'int16',
  '<u2': 'uint16',
  '|i1': 'int8',
  '|u1': 'uint8',
  '|b1': 'uint8',
};

/**
 * The bytes of a `.npy` file (version 1.0, C order).
 *
 * @param half writes 32-bit floats in 16 bits, to the nearest. @default false
 * @throws RangeError when the array's length is not the product of its `dims`.
 */
export function encodeNpy(array: StoredTensor, { half = false }: { half?: boolean } = {}): Uint8Array {
  checkShape('array', array);
  const { dims, data } = array;
  const isHalf = half && nameOfKind(TYPES, data) === '<f4';
  const content = bytesOf(isHalf ? float32ToHalf(data as Float32Array) : data);
  const shape = dims.length === 1 ? `${dims[0]},` : dims.join(', ');
  const description = `{'descr': '${isHalf ? '<f2' : nameOfKind(TYPES, data)}', 'fortran_order': False, 'shape': (${shape}), }`;
  // The header ends in a newline and is padded so that the numbers start at a multiple of 64.
  const prefix = MAGIC.length + 4;
  const headerLength = Math.ceil((prefix + description.length + 1) / 64) * 64 - prefix;
  const header = `${description.padEnd(headerLength - 1)}\n`;
  const bytes = new Uint8Array(prefix + headerLength + content.length);
  bytes.set(latin1(MAGIC));
  bytes[MAGIC.length] = 1;
  new DataView(bytes.buffer).setUint16(MAGIC.length + 2, headerLength, true);
  bytes.set(latin1(header), prefix);
  bytes.set(content, prefix + headerLength);
  return bytes;
}

/**
 * Reads a `.npy` file; float16 comes as Float32Array, bool as Uint8Array, and arrays stored in Fortran
 * order come in C order.
 *
 * @throws FormatError when the bytes are truncated, not a `.npy` file, or hold another element type.
 */
export function decodeNpy(bytes: Uint8Array): StoredTensor {
  if (bytes.length < 12 || MAGIC !== String.fromCharCode(...bytes.subarray(0, MAGIC.length))) {
    throw new FormatError('not a .npy file: it does not begin with \\x93NUMPY');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = bytes[MAGIC.length] >= 2;
  const start = MAGIC.length + (wide ? 6 : 4);
  const length = wide ? view.getUint32(MAGIC.length + 2, true) : view.getUint16(MAGIC.length + 2, true);
  const header = new TextDecoder().decode(bytes.subarray(start, start + length));
  const code = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (start + length > bytes.length || code === undefined || order === undefined || shape === undefined) {
    throw new FormatError('truncated or unreadable .npy header');
  }
  const type = NUMBER_TYPES[TYPES[code]];
  if (!type) {
    throw new FormatError(`.npy element type ${code}, expected one of ${Object.keys(TYPES).join(', ')}`);
  }
  const dims = shape
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number);
  const count = elementCount(dims);
  const available = bytes.length - start - length;
  if (available < count * type.bytes) {
    throw new FormatError(`truncated .npy file: ${available} bytes for shape (${shape}) of ${code}`);
  }
  const data = readNumbers(bytes, start + length, count, type);
  if (order === 'False') return { dims, data };
  // Fortran order is C order with the axes reversed.
  const strides = denseStrides(dims.toReversed()).reverse();
  return { dims, data: gatherStrided(data, dims, strides) };
}

/**
 * The bytes of a `.npz` file with one `.npy` per name; equal arrays give equal bytes.
 * @param half which arrays are written in 16 bits where they are 32-bit floats. @default none
 */
export function encodeNpz(
  arrays: Readonly<Record<string, StoredTensor>>,
  { half = [] }: { half?: readonly string[] } = {},
): Uint8Array {
  const files: Zippable = {};
  for (const [name, array] of Object.entries(arrays)) {
    files[`${name}.npy`] = encodeNpy(array, { half: half.includes(name) });
  }
  // Descriptors hardly shrink; numpy's savez stores them plain as well.
  return zipSync(files, { level: 0, mtime: ZIP_EPOCH });
}

/**
 * Reads every array of a `.npz` file, stored or compressed.
 *
 * @throws FormatError when the bytes are no zip archive or an array in it is broken.
 */
export function decodeNpz(bytes: Uint8Array): Record<string, StoredTensor> {
  const arrays: Record<string, StoredTensor> = {};
  for (const [file, content] of Object.entries(unzip(bytes, '.npz'))) {
    if (!file.endsWith('.npy')) continue;
    arrays[file.slice(0, -4)] = decodeNpy(content);
  }
  return arrays;
}

/** What one file takes at least in the directory of a zip archive. */
const ZIP_ENTRY_BYTES = 46;

/** All files of a zip archive; `kind` names the expected file in the error. */
export function unzip(bytes: Uint8Array, kind: string): Record<string, Uint8Array> {
  // a damaged directory may claim billions of files, each of which takes this many bytes
  let left = Math.ceil(bytes.length / ZIP_ENTRY_BYTES);
  const filter = () => {
    if (left-- === 0) throw new Error('its directory is damaged');
    return true;
  };
  try {
    return unzipSync(bytes, { filter });
  } catch (error) {
    throw new FormatError(`not a ${kind} file: ${error instanceof Error ? error.message : 'no zip archive'}`);
  }
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
