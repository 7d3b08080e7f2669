/**
 * Safetensors, the file format of weights and checkpoints: 8 bytes with the length of the header
 * (little-endian), a JSON header that names each tensor with its type, shape and place, then the numbers,
 * little-endian and without holes. Pure: bytes in, bytes out, also in a browser.
 * https://huggingface.co/docs/safetensors
 */
import { FormatError } from './format-error.js';
import {
  bytesOf,
  checkShape,
  elementCount,
  float32ToHalf,
  NUMBER_TYPES,
  type NumberKind,
  nameOfKind,
  readNumbers,
  type StoredTensor,
} from './raw-numbers.js';

/** What a safetensors file holds. */
export interface SafetensorsFile {
  /** In the order of the header. 16-bit floats (F16, BF16) come as Float32Array. */
  readonly tensors: Record<string, StoredTensor>;
  /** Free text by key, the header's `__metadata__`. */
  readonly metadata: Record<string, string>;
}

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

const METADATA_KEY = '__metadata__';
/** The reference reader refuses longer headers, so this one does as well. */
const MAX_HEADER_BYTES = 100_000_000;

const TYPES: Readonly<Record<string, NumberKind>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  U16: 'uint16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'uint8',
};

export interface SafetensorsOptions {
  /** Writes 32-bit floats in 16 bits (F16), to the nearest: all, or those of some tensors. @default false */
  readonly half?: boolean | readonly string[];
}

/** A tensor as it goes into the file. */
interface Entry {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dtype: string;
  readonly bytes: Uint8Array;
}

function entryOf(name: string, tensor: StoredTensor, half: boolean | readonly string[]): Entry {
  if (name === METADATA_KEY) throw new RangeError(`a tensor cannot be named ${METADATA_KEY}`);
  checkShape(`tensor ${name}`, tensor);
  const { dims, data } = tensor;
  const dtype = nameOfKind(TYPES, data);
  const isHalf = typeof half === 'boolean' ? half : half.includes(name);
  if (!isHalf || dtype !== 'F32') return { name, dims, dtype, bytes: bytesOf(data) };
  return { name, dims, dtype: 'F16', bytes: bytesOf(float32ToHalf(data as Float32Array)) };
}

/**
 * The bytes of a safetensors file. Equal input gives equal bytes.
 *
 * @param tensors by name; the order is kept within each element size.
 * @param metadata free text by key.
 * @throws RangeError when a tensor's length is not the product of its `dims` or a name is reserved.
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, StoredTensor>>,
  metadata: Readonly<Record<string, string>> = {},
  { half = false }: SafetensorsOptions = {},
): Uint8Array {
  // Wide elements first: then every tensor starts at a multiple of its element size, without holes.
  const entries = Object.entries(tensors)
    .map(([name, tensor]) => entryOf(name, tensor, half))
    .sort((a, b) => NUMBER_TYPES[TYPES[b.dtype]].bytes - NUMBER_TYPES[TYPES[a.dtype]].bytes);
  const header: Record<string, HeaderEntry | Readonly<Record<string, string>>> = {};
  if (Object.keys(metadata).length > 0) header[METADATA_KEY] = metadata;
  let end = 0;
  for (const { name, dims, dtype, bytes } of entries) {
    const start = end;
    end += bytes.length;
    header[name] = { dtype, shape: [...dims], data_offsets: [start, end] };
  }

  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, 8, 8 + headerLength);
  bytes.set(text, 8);
  let position = 8 + headerLength;
  for (const entry of entries) {
    bytes.set(entry.bytes, position);
    position += entry.bytes.length;
  }
  return bytes;
}

/**
 * Reads the bytes of a safetensors file; the arrays handed out are copies.
 *
 * @throws FormatError when the bytes are truncated, not a safetensors file, or hold another element type.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { header, dataStart } = readHeader(bytes);
  const dataLength = bytes.length - dataStart;
  const tensors: Record<string, StoredTensor> = {};
  let metadata: Record<string, string> = {};
  let declared = 0;
  for (const [name, entry] of Object.entries(header)) {
    if (name === METADATA_KEY) {
      metadata = checkMetadata(entry);
      continue;
    }
    const { dtype, shape, data_offsets: offsets } = checkEntry(name, entry);
    const type = NUMBER_TYPES[TYPES[dtype]];
    if (!type) {
      const known = Object.keys(TYPES).join(', ');
      throw new FormatError(`tensor ${name} has element type ${dtype}, expected one of ${known}`);
    }
    const [start, end] = offsets;
    if (end - start !== elementCount(shape) * type.bytes) {
      throw new FormatError(
        `tensor ${name} has shape [${shape.join(', ')}] of ${dtype} but ${end - start} bytes`,
      );
    }
    if (end > dataLength) {
      throw new FormatError(
        `truncated safetensors file: tensor ${name} ends at byte ${dataStart + end} of ${bytes.length}`,
      );
    }
    declared += end - start;
    const data = readNumbers(bytes, dataStart + start, elementCount(shape), type);
    tensors[name] = { dims: [...shape], data };
  }
  if (declared !== dataLength) {
    throw new FormatError(
      `safetensors file has ${dataLength} bytes of data, its header tells of ${declared}`,
    );
  }
  return { tensors, metadata };
}

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.length < 8) {
    throw new FormatError(`not a safetensors file: ${bytes.length} bytes, too short for a header`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  // Other kinds of files show random first bytes here, mostly an absurd length.
  if (length < 2 || length > MAX_HEADER_BYTES || (bytes.length > 8 && bytes[8] !== 0x7b)) {
    throw new FormatError('not a safetensors file: it does not begin with a header length and a JSON header');
  }
  if (8 + length > bytes.length) {
    throw new FormatError(
      `truncated safetensors file: header of ${length} bytes in a file of ${bytes.length}`,
    );
  }
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)));
  } catch {
    throw new FormatError('not a safetensors file: its header is not JSON');
  }
  if (!isRecord(header)) throw new FormatError('not a safetensors file: its header is not a JSON object');
  return { header, dataStart: 8 + length };
}

function checkEntry(name: string, entry: unknown): HeaderEntry {
  if (isRecord(entry)) {
    const { dtype, shape, data_offsets: offsets } = entry;
    if (typeof dtype === 'string' && isSizes(shape) && isSizes(offsets) && offsets.length === 2) {
      if (offsets[0] <= offsets[1]) return { dtype, shape, data_offsets: [offsets[0], offsets[1]] };
    }
  }
  throw new FormatError(`safetensors header: entry ${name} lacks a valid dtype, shape or data_offsets`);
}

function checkMetadata(entry: unknown): Record<string, string> {
  if (isRecord(entry) && Object.values(entry).every((value) => typeof value === 'string')) {
    return entry as Record<string, string>;
  }
  throw new FormatError(`safetensors header: ${METADATA_KEY} is not a record of texts`);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
