/**
 * NumPy's files: `.npy`, one array, and `.npz`, a zip of them by name. Pure: bytes in, bytes out, also in
 * a browser. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { type Unzipped, unzipSync, type Zippable, zipSync } from 'fflate';
import type { Features } from '../features/features.js';
import { FormatError } from '../files/format-error.js';
import {
  bytesOf,
  checkShape,
  denseStrides,
  elementCount,
  gatherStrided,
  NUMBER_TYPES,
  type NumberType,
  readNumbers,
  type StoredTensor,
  type TensorData,
} from '../files/raw-numbers.js';

const MAGIC = '\x93NUMPY';
/** The oldest date a zip entry can have: equal arrays give equal files. */
const ZIP_EPOCH = '1980-01-01T12:00:00';

const TYPES: Record<string, NumberType> = {
  '<f8': NUMBER_TYPES.float64,
  '<f4': NUMBER_TYPES.float32,
  '<f2': NUMBER_TYPES.float16,
  '<i8': NUMBER_TYPES.int64,
  '<i4': NUMBER_TYPES.int32,
  '|u1': NUMBER_TYPES.uint8,
  '|b1': NUMBER_TYPES.uint8,
};

/**
 * The bytes of a `.npy` file (version 1.0, C order).
 *
 * @throws RangeError when the array's length is not the product of its `dims`.
 */
export function encodeNpy(array: StoredTensor): Uint8Array {
  checkShape('array', array);
  const { dims, data } = array;
  const shape = dims.length === 1 ? `${dims[0]},` : dims.join(', ');
  const description = `{'descr': '${typeCode(data)}', 'fortran_order': False, 'shape': (${shape}), }`;
  // The header ends in a newline and is padded so that the numbers start at a multiple of 64.
  const prefix = MAGIC.length + 4;
  const headerLength = Math.ceil((prefix + description.length + 1) / 64) * 64 - prefix;
  const header = `${description.padEnd(headerLength - 1)}\n`;
  const bytes = new Uint8Array(prefix + headerLength + data.byteLength);
  bytes.set(latin1(MAGIC));
  bytes[MAGIC.length] = 1;
  new DataView(bytes.buffer).setUint16(MAGIC.length + 2, headerLength, true);
  bytes.set(latin1(header), prefix);
  bytes.set(bytesOf(data), prefix + headerLength);
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
  const type = TYPES[code];
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

/** The bytes of a `.npz` file with one `.npy` per name; equal arrays give equal bytes. */
export function encodeNpz(arrays: Readonly<Record<string, StoredTensor>>): Uint8Array {
  const files: Zippable = {};
  for (const [name, array] of Object.entries(arrays)) files[`${name}.npy`] = encodeNpy(array);
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

/** All files of a zip archive; `kind` names the expected file in the error. */
export function unzip(bytes: Uint8Array, kind: string): Unzipped {
  try {
    return unzipSync(bytes);
  } catch (error) {
    throw new FormatError(`not a ${kind} file: ${error instanceof Error ? error.message : 'no zip archive'}`);
  }
}

/**
 * Features as a `.npz` file: `keypoints` (N, 2) float32 x y, `scores` (N), `descriptors` (N, D) and
 * `image_size` (2) int32 width height.
 */
export function encodeFeaturesNpz(features: Features): Uint8Array {
  const { width, height, count, keypoints, scores, descriptors, descriptorDim } = features;
  return encodeNpz({
    keypoints: { dims: [count, 2], data: keypoints },
    scores: { dims: [count], data: scores },
    descriptors: { dims: [count, descriptorDim], data: descriptors },
    image_size: { dims: [2], data: new Int32Array([width, height]) },
  });
}

/**
 * Reads features as `encodeFeaturesNpz` writes them, of any float type.
 *
 * @throws FormatError when an array is missing or the shapes disagree.
 */
export function decodeFeaturesNpz(bytes: Uint8Array): Features {
  const arrays = decodeNpz(bytes);
  const [keypoints, scores, descriptors, size] = ['keypoints', 'scores', 'descriptors', 'image_size'].map(
    (name) => {
      const array = arrays[name];
      if (!array) throw new FormatError(`features .npz lacks the array ${name}`);
      return array;
    },
  );
  const count = scores.data.length;
  const descriptorDim = descriptors.dims[1];
  if (keypoints.data.length !== 2 * count || descriptors.dims[0] !== count || size.data.length !== 2) {
    throw new FormatError(
      `features .npz: keypoints (${keypoints.dims}), scores (${scores.dims}) and descriptors ` +
        `(${descriptors.dims}) disagree; expected (N,2), (N) and (N,D)`,
    );
  }
  return {
    width: Number(size.data[0]),
    height: Number(size.data[1]),
    count,
    keypoints: Float32Array.from(keypoints.data, Number),
    scores: Float32Array.from(scores.data, Number),
    descriptors: Float32Array.from(descriptors.data, Number),
    descriptorDim,
  };
}

function typeCode(data: TensorData): string {
  if (data instanceof Float32Array) return '<f4';
  if (data instanceof Float64Array) return '<f8';
  if (data instanceof Int32Array) return '<i4';
  if (data instanceof BigInt64Array) return '<i8';
  return '|u1';
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
