/** HDF5 files by the library h5wasm: opened, written whole or not at all, with errors of one line. For Node. */
import { type FileHandle, open, truncate } from 'node:fs/promises';
import type { Dataset, File, Group } from 'h5wasm/node';
import { replaceFile } from '../files/atomic-file.js';
import { FormatError } from '../files/format-error.js';
import { MissingPackageError } from '../files/missing-package.js';
import { halfToFloat32 } from '../files/raw-numbers.js';
import { LibraryBrokenError } from './hdf5-errors.js';
import { clearTimes } from './hdf5-times.js';

/** The library for HDF5, loaded when it is first needed: 15 MB. */
export type Hdf5 = typeof import('h5wasm/node');

const HDF5_SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** The file on which the library lost its way in its own memory: nothing that it says afterwards can be trusted. */
let brokenBy: string | undefined;

async function openLibrary(): Promise<Hdf5> {
  if (brokenBy) throw new LibraryBrokenError(brokenBy);
  const hdf5 = await import('h5wasm/node').catch((cause: unknown) => {
    throw new MissingPackageError('reading and writing HDF5', ['h5wasm'], { cause });
  });
  // It prints its errors unless told to throw them.
  (await hdf5.ready).activate_throwing_error_handler();
  return hdf5;
}

/**
 * Writes a file by `fill`, whole or not at all; the same content gives the same bytes.
 * @throws what `fill` throws; an Error with the code ENOSPC when the disk is full; MissingPackageError without h5wasm.
 */
export async function writeHdf5<T>(path: string, fill: (hdf5: Hdf5, file: File) => Promise<T>): Promise<T> {
  const hdf5 = await openLibrary();
  const writing = replaceFile(path, async (temporary) => {
    const file = new hdf5.File(temporary, 'w');
    try {
      const result = await fill(hdf5, file);
      file.close();
      await clearTimes(temporary);
      return result;
    } catch (error) {
      await closeBroken(file, temporary);
      throw error;
    }
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

/** A file that is open for reading. */
export class Hdf5File {
  readonly hdf5: Hdf5;
  readonly root: File;
  readonly #path: string;

  private constructor(hdf5: Hdf5, root: File, path: string) {
    this.hdf5 = hdf5;
    this.root = root;
    this.#path = path;
  }

  /** @throws FormatError for other files; LibraryBrokenError after some damaged ones; MissingPackageError without h5wasm. */
  static async open(path: string): Promise<Hdf5File> {
    await checkSignature(path);
    const hdf5 = await openLibrary();
    try {
      return new Hdf5File(hdf5, new hdf5.File(path, 'r'), path);
    } catch (cause) {
      throw damaged(path, cause);
    }
  }

  /** What `read` returns. @throws FormatError in one line where the file is damaged there. */
  reading<T>(read: () => T): T {
    try {
      return read();
    } catch (cause) {
      throw cause instanceof FormatError ? cause : damaged(this.#path, cause);
    }
  }

  /** What was read of a damaged file counts, whether or not the library can close it. */
  close(): void {
    try {
      this.root.close();
    } catch {
      // nothing was written that could be lost
    }
  }
}

/** The library's own words fill a page. */
function damaged(path: string, cause: unknown): FormatError {
  if (cause instanceof WebAssembly.RuntimeError) brokenBy = path;
  return new FormatError(`${path} is a truncated or damaged HDF5 file`, { cause });
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

/** The text of an attribute; undefined where there is none. */
export function textAttribute(group: Group, name: string): string | undefined {
  if (!Object.hasOwn(group.attrs, name)) return undefined;
  const { value } = group.attrs[name];
  return typeof value === 'string' ? value : undefined;
}

/** The group at `name` with all groups above it, which HDF5 does not make by itself. */
export function makeGroups(hdf5: Hdf5, file: File, name: string): Group {
  let group: Group = file;
  for (const part of name.split('/')) {
    const existing = group.keys().includes(part) ? group.get(part) : group.create_group(part);
    if (!(existing instanceof hdf5.Group)) throw new RangeError(`"${name}" lies inside another picture`);
    group = existing;
  }
  return group;
}

/** The number of HDF5's own filter that keeps so many decimals in as few bits as they take. */
const SCALE_OFFSET = { filter: 6, settings: [0, 5] };

/**
 * Writes 32-bit floats as they are, or to five decimals: of descriptors about half the bytes, by a filter that is
 * part of HDF5. (The library cannot write float16.)
 */
export function writeFloats(
  group: Group,
  name: string,
  data: Float32Array,
  shape: number[],
  half = false,
): void {
  const { filter, settings } = SCALE_OFFSET;
  const compressed = { chunks: shape, compression: filter, compression_opts: settings };
  group.create_dataset({ name, data, shape, dtype: '<f', ...(half && data.length > 0 ? compressed : {}) });
}

/** The numbers of a dataset of any type. @throws FormatError where it holds none. */
export function readFloats(hdf5: Hdf5, dataset: Dataset): Float32Array {
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
