/**
 * The one reader of models: a name that comes with the package, a file of any kind, a folder that a command
 * wrote, a URL, bytes, or tensors. What kind of file it is shows in its first bytes, not in its name.
 */
import { readBytes } from '#codec';
import { type FetchOptions, fetchBytes, isFetched } from '../files/fetch-bytes.js';
import { FormatError } from '../files/format-error.js';
import { decodePytorchCheckpoint } from '../files/pytorch.js';
import type { StoredTensor } from '../files/raw-numbers.js';
import { decodeSafetensors, type SafetensorsFile } from '../files/safetensors.js';
import { decodeModelTensors } from '../graph/onnx.js';
import { type Model, modelOf } from './model.js';
import { SHIPPED_MODELS } from './shipped-models.js';

/**
 * The name of a model that comes with the package, a path (Node) or URL, a file's bytes, a Blob or File,
 * named tensors, or a model that was read already.
 */
export type ModelSource =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | Blob
  | Model
  | SafetensorsFile
  | Readonly<Record<string, StoredTensor>>;

/** What a folder may hold, by the command that wrote it: reproduce, train, export. */
const FILES_OF_FOLDERS = ['superpoint.safetensors', 'weights.safetensors', 'model.safetensors'];

/** What else a name or a file can be, for messages. */
const FILES = 'a file (.safetensors, .pth, .onnx) or the folder of a training run';

function missing(given: string): string {
  const isPath = /[/\\]|\.\w+$/.test(given);
  if (isPath) return `no such file; expected ${FILES}`;
  return `no such model; expected ${Object.keys(SHIPPED_MODELS).join(', ')}, ${FILES}`;
}

/**
 * Reads a model of SuperPoint or MagicPoint, in floats or int8.
 *
 * Files: safetensors, PyTorch checkpoints of any container, ONNX models that keep the layers' names (those of
 * this package do); the names in them may be the published ones, those of Hugging Face transformers or of
 * open reimplementations, with batch normalisation (see `networkWeights`).
 *
 * @param options for a model that is fetched: from a URL, or in a browser by name.
 * @throws FormatError in one line: which model, what was expected, what came; the signal's reason once it is aborted.
 */
export async function readModel(
  source: ModelSource = 'superpoint',
  options: FetchOptions = {},
): Promise<Model> {
  if (isModel(source)) return source;
  const name = nameOf(source);
  try {
    return modelOf(await readTensors(source, options), name);
  } catch (cause) {
    options.signal?.throwIfAborted();
    const [message] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw new FormatError(message.startsWith(`${name}: `) ? message : `${name}: ${message}`, { cause });
  }
}

const isModel = (source: ModelSource): source is Model =>
  typeof source === 'object' && 'weights' in source && 'shape' in source && 'descriptorDim' in source;

const isFile = (source: ModelSource): source is SafetensorsFile =>
  typeof source === 'object' && 'tensors' in source && 'metadata' in source;

const isBuffer = (source: object): source is ArrayBuffer =>
  Object.prototype.toString.call(source) === '[object ArrayBuffer]';

function nameOf(source: ModelSource): string {
  if (typeof source === 'string' || source instanceof URL) return String(source);
  return source instanceof Blob && 'name' in source ? String(source.name) : 'model';
}

async function readTensors(
  given: Exclude<ModelSource, Model>,
  options: FetchOptions,
): Promise<SafetensorsFile> {
  const source = typeof given === 'string' ? (SHIPPED_MODELS[given] ?? given) : given;
  if (isFetched(source)) return decode(await fetchBytes(source, options));
  if (typeof source === 'string') return decode(await readNamed(source));
  if (source instanceof URL || source instanceof Blob) return decode(await readBytes(source));
  // Bytes may come from another realm (a test runner's, a frame's), whose classes are not this one's.
  if (isBuffer(source)) return decode(new Uint8Array(source));
  if (ArrayBuffer.isView(source)) {
    return decode(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));
  }
  if (isFile(source)) return source;
  return { tensors: source, metadata: {} };
}

/** The bytes of a path. */
async function readNamed(given: string): Promise<Uint8Array> {
  try {
    return await readBytes(given);
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'EISDIR') return readFolder(given);
    if (code === 'ENOENT') throw new FormatError(missing(given), { cause });
    throw cause;
  }
}

async function readFolder(folder: string): Promise<Uint8Array> {
  for (const file of FILES_OF_FOLDERS) {
    try {
      return await readBytes(`${folder}/${file}`);
    } catch (cause) {
      if (codeOf(cause) !== 'ENOENT') throw cause;
    }
  }
  throw new FormatError(`a folder without weights; expected one of ${FILES_OF_FOLDERS.join(', ')} in it`);
}

/** Why the file system refused, where it did: ENOENT and the like. */
function codeOf(error: unknown): unknown {
  const { cause } = error as { cause?: { code?: unknown } };
  return cause?.code;
}

/** Named tensors out of a file's bytes, by the first of them. */
function decode(bytes: Uint8Array): SafetensorsFile {
  // A safetensors file has a JSON object after the eight bytes of a length, which can be any.
  if (bytes[8] === 0x7b) return decodeSafetensors(bytes);
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  const isPickle = bytes[0] === 0x80;
  if (isZip || isPickle) return { tensors: decodePytorchCheckpoint(bytes), metadata: {} };
  // An ONNX file starts with its version's tag.
  if (bytes[0] === 0x08) return decodeModelTensors(bytes);
  throw new FormatError('neither a safetensors file nor a PyTorch checkpoint nor an ONNX model');
}
