/**
 * Features in the HDF5 layout of hloc (Hierarchical-Localization): one group per picture, named by its
 * path with forward slashes, holding `keypoints` (N, 2) float32 x y, `scores` (N), `descriptors` (D, N)
 * and `image_size` (2) width height. hloc's keypoints count from pixel centres, as ours. For Node.
 */
import { type FileHandle, open, truncate } from 'node:fs/promises';
import type { Dataset, File, Group } from 'h5wasm/node';
import type { Features } from '../features/features.js';
import { replaceFile } from '../files/atomic-file.js';
import { FormatError } from '../files/format-error.js';
import { halfToFloat32 } from '../files/raw-numbers.js';
import { checkFeatures } from './check-features.js';
import type { NamedFeatures } from './features-json.js';

/** The library for HDF5, loaded when it is first needed: 15 MB. */
type Hdf5 = typeof import('h5wasm/node');

/** The library for HDF5 is not installed. */
export class MissingHdf5Error extends Error {
  override readonly name = 'MissingHdf5Error';
}

/** hloc's figure for SuperPoint: the standard deviation, in pixels, that its verification allows a keypoint. */
const DETECTION_NOISE = 2;
/** What the group of a picture holds. */
const DATASETS = ['keypoints', 'scores', 'descriptors', 'image_size'];
const HDF5_SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** A file read earlier was damaged so that the HDF5 library cannot be used any more by this process. */
export class LibraryBrokenError extends Error {
  override readonly name = 'LibraryBrokenError';

  constructor(path: string) {
    super(`the HDF5 library broke on the damaged file ${path}; it works again in a new process`);
  }
}

/**
 * Writes one HDF5 file with the features of all pictures, whole or not at all; one picture at a time is
 * held in memory.
 *
 * @returns the number of pictures written.
 * @throws RangeError when two pictures have one name or a name is not a relative path; an Error with the code
 *   ENOSPC when the disk is full; MissingHdf5Error without the package h5wasm.
 */
export async function writeHlocFeatures(
  path: string,
  pictures: AsyncIterable<NamedFeatures> | Iterable<NamedFeatures>,
): Promise<number> {
  const hdf5 = await openLibrary();
  const writing = replaceFile(path, async (temporary) => {
    const file = new hdf5.File(temporary, 'w');
    const names = new Set<string>();
    try {
      for await (const { name, features } of pictures) {
        checkName(name, names);
        writePicture(hdf5, file, name, features);
      }
      file.close();
    } catch (error) {
      await closeBroken(file, temporary);
      throw error;
    }
    return names.size;
  });
  return writing.catch((error: unknown) => {
    throw inOneLine(path, error);
  });
}

/** Closes a file that is thrown away. One that cannot be written the library keeps open: it is emptied. */
async function closeBroken(file: File, path: string): Promise<void> {
  try {
    file.close();
  } catch {
    await truncate(path);
  }
}

/** The library's page about where a failure came through, as what the operating system said. */
function inOneLine(path: string, error: unknown): unknown {
  if (!(error instanceof Error && error.message.startsWith('HDF5-DIAG'))) return error;
  const [, reason = 'cannot be written'] = /error message = '([^']+)'/.exec(error.message) ?? [];
  const isFull = reason === 'No space left on device';
  const plain = new Error(`${path}: ${reason.toLowerCase()}`, { cause: error });
  return isFull ? Object.assign(plain, { code: 'ENOSPC', path }) : plain;
}

/**
 * Reads the features of one picture after the other, of any float type (hloc's `as_half` too).
 *
 * @throws FormatError when the file is no HDF5 file or a picture in it is incomplete; LibraryBrokenError after
 *   some damaged files; MissingHdf5Error without the package h5wasm.
 */
export async function* readHlocFeatures(path: string): AsyncGenerator<NamedFeatures> {
  await checkSignature(path);
  const hdf5 = await openLibrary();
  let file: File;
  try {
    file = new hdf5.File(path, 'r');
  } catch (cause) {
    throw damaged(path, cause);
  }
  try {
    yield* readGroup(hdf5, file, '');
  } catch (cause) {
    throw cause instanceof FormatError ? cause : damaged(path, cause);
  } finally {
    closeQuietly(file);
  }
}

/** The file on which the library lost its way in its own memory: nothing that it says afterwards can be trusted. */
let brokenBy: string | undefined;

/** The library's own words fill a page. */
function damaged(path: string, cause: unknown): FormatError {
  if (cause instanceof WebAssembly.RuntimeError) brokenBy = path;
  return new FormatError(`${path} is a truncated or damaged HDF5 file`, { cause });
}

/** What was read of a damaged file counts, whether or not the library can close it. */
function closeQuietly(file: File): void {
  try {
    file.close();
  } catch {
    // nothing was written that could be lost
  }
}

async function openLibrary(): Promise<Hdf5> {
  if (brokenBy) throw new LibraryBrokenError(brokenBy);
  const hdf5 = await import('h5wasm/node').catch((cause: unknown) => {
    throw new MissingHdf5Error('HDF5 files need the package h5wasm: npm install h5wasm', { cause });
  });
  // It prints its errors unless told to throw them.
  (await hdf5.ready).activate_throwing_error_handler();
  return hdf5;
}

function checkName(name: string, names: Set<string>): void {
  if (name.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    throw new RangeError(`expected a relative path without . and .. as the picture's name, got "${name}"`);
  }
  if (names.has(name)) throw new RangeError(`two pictures are named "${name}"`);
  names.add(name);
}

function writePicture(hdf5: Hdf5, file: File, name: string, features: Features): void {
  const { width, height, count, keypoints, scores, descriptors, descriptorDim } = features;
  const group = makeGroups(hdf5, file, name);
  const taken = group.keys().find((key) => DATASETS.includes(key));
  if (taken !== undefined) throw new RangeError(`"${name}" is a folder of pictures already`);
  const points = group.create_dataset({ name: 'keypoints', data: keypoints, shape: [count, 2], dtype: '<f' });
  points.create_attribute('uncertainty', DETECTION_NOISE, [], '<d');
  group.create_dataset({ name: 'scores', data: scores, shape: [count], dtype: '<f' });
  group.create_dataset({
    name: 'descriptors',
    data: transpose(descriptors, count, descriptorDim),
    shape: [descriptorDim, count],
    dtype: '<f',
  });
  const size = new BigInt64Array([BigInt(width), BigInt(height)]);
  group.create_dataset({ name: 'image_size', data: size, shape: [2], dtype: '<q' });
}

/** The group at `name` with all groups above it, which HDF5 does not make by itself. */
function makeGroups(hdf5: Hdf5, file: File, name: string): Group {
  let group: Group = file;
  for (const part of name.split('/')) {
    const existing = group.keys().includes(part) ? group.get(part) : group.create_group(part);
    if (!(existing instanceof hdf5.Group)) throw new RangeError(`"${name}" lies inside another picture`);
    group = existing;
  }
  return group;
}

function* readGroup(hdf5: Hdf5, group: Group, name: string): Generator<NamedFeatures> {
  // A group of that name is a folder of pictures.
  const keys = group.keys();
  if (keys.includes('keypoints') && group.get('keypoints') instanceof hdf5.Dataset) {
    yield { name, features: readPicture(hdf5, group, name) };
  }
  for (const key of keys) {
    const child = group.get(key);
    if (child instanceof hdf5.Group) yield* readGroup(hdf5, child, name === '' ? key : `${name}/${key}`);
  }
}

function readPicture(hdf5: Hdf5, group: Group, name: string): Features {
  const [keypoints, scores, descriptors, size] = DATASETS.map((key) => {
    const dataset = group.get(key);
    if (!(dataset instanceof hdf5.Dataset)) throw new FormatError(`picture ${name} lacks the dataset ${key}`);
    return { dims: dataset.shape ?? [], data: readDataset(hdf5, dataset) };
  });
  const count = scores.data.length;
  const descriptorDim = descriptors.dims[0];
  if (keypoints.data.length !== 2 * count || descriptors.dims[1] !== count || size.data.length !== 2) {
    throw new FormatError(
      `picture ${name}: keypoints (${keypoints.dims}), scores (${scores.dims}), descriptors ` +
        `(${descriptors.dims}) and image_size (${size.dims}) disagree; expected (N,2), (N), (D,N) and (2)`,
    );
  }
  const features = {
    width: size.data[0],
    height: size.data[1],
    count,
    keypoints: keypoints.data,
    scores: scores.data,
    descriptors: transpose(descriptors.data, descriptorDim, count),
    descriptorDim,
  };
  return checkFeatures(features, `picture ${name}`);
}

function readDataset(hdf5: Hdf5, dataset: Dataset): Float32Array {
  const { value } = dataset.dtype === '<e' ? { value: readHalf(hdf5, dataset) } : dataset;
  if (!ArrayBuffer.isView(value) || value instanceof DataView) {
    throw new FormatError(`dataset ${dataset.path} holds no numbers`);
  }
  return Float32Array.from(value as ArrayLike<number | bigint>, Number);
}

/** The library has no array type for float16 and hands out nothing: this reads the 16-bit words. */
function readHalf({ Module }: Hdf5, dataset: Dataset): Float32Array {
  const bytes = 2 * dataset.metadata.total_size;
  const address = Module._malloc(Math.max(bytes, 1));
  try {
    Module.get_dataset_data(dataset.file_id, dataset.path, null, null, null, BigInt(address));
    return halfToFloat32(new Uint16Array(Module.HEAPU8.slice(address, address + bytes).buffer));
  } finally {
    Module._free(address);
  }
}

/** [rows, columns] to [columns, rows]. */
function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const transposed = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      transposed[column * rows + row] = values[row * columns + column];
    }
  }
  return transposed;
}

/** Tells a wrong or missing file apart in our words, before the library does in twenty lines. */
async function checkSignature(path: string): Promise<void> {
  const file: FileHandle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
    if (bytesRead < 8 || HDF5_SIGNATURE.some((byte, i) => buffer[i] !== byte)) {
      throw new FormatError(`${path} is not an HDF5 file`);
    }
  } finally {
    await file.close();
  }
}
