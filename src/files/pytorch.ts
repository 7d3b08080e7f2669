/**
 * Weights from PyTorch checkpoints (`torch.save` of a state_dict, alone or beside other things), both the zip
 * format of today and the plain one before PyTorch 1.6 that the published SuperPoint weights have. The pickle
 * inside is read by `pickle.ts`, which runs no code of the file. Pure: bytes in, tensors out.
 */
import { FormatError } from './format-error.js';
import { unzip } from './npz.js';
import { type PickleHooks, PickleReader, PythonObject } from './pickle.js';
import {
  elementCount,
  gatherStrided,
  NUMBER_TYPES,
  type NumberKind,
  readNumbers,
  type StoredTensor,
  type TensorData,
} from './raw-numbers.js';

/** How numbers lie in a storage: of a kind that can be read, or merely so many bytes each. */
interface StorageType {
  readonly name: string;
  readonly bytes: number;
  readonly kind?: NumberKind;
}

const readable = (name: string, kind: NumberKind): StorageType => ({
  name,
  bytes: NUMBER_TYPES[kind].bytes,
  kind,
});

/** By the class of a storage and by the dtype that newer files name beside an untyped one. */
const STORAGE_TYPES: Readonly<Record<string, StorageType>> = {
  DoubleStorage: readable('float64', 'float64'),
  FloatStorage: readable('float32', 'float32'),
  HalfStorage: readable('float16', 'float16'),
  BFloat16Storage: readable('bfloat16', 'bfloat16'),
  LongStorage: readable('int64', 'int64'),
  IntStorage: readable('int32', 'int32'),
  ShortStorage: readable('int16', 'int16'),
  CharStorage: readable('int8', 'int8'),
  ByteStorage: readable('uint8', 'uint8'),
  BoolStorage: readable('bool', 'uint8'),
  ComplexFloatStorage: { name: 'complex64', bytes: 8 },
  ComplexDoubleStorage: { name: 'complex128', bytes: 16 },
  QInt8Storage: { name: 'qint8', bytes: 1 },
  QUInt8Storage: { name: 'quint8', bytes: 1 },
  QInt32Storage: { name: 'qint32', bytes: 4 },
};

/** The first number of a plain (not zipped) checkpoint, PyTorch's MAGIC_NUMBER. */
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;

/** A storage that a tensor points into; in the plain format its numbers follow after all tensors. */
class Storage {
  readonly key: string;
  readonly type: StorageType;
  readonly length: number;

  constructor(key: string, type: StorageType, length: number) {
    this.key = key;
    this.type = type;
    this.length = length;
  }
}

/** A tensor as the pickle tells of it: a strided view of a storage. */
class TensorView {
  readonly storage: Storage;
  readonly offset: number;
  readonly dims: number[];
  readonly strides: number[];

  constructor(storage: Storage, offset: number, dims: number[], strides: number[]) {
    this.storage = storage;
    this.offset = offset;
    this.dims = dims;
    this.strides = strides;
  }
}

/**
 * The tensors of a checkpoint by name, in its order, copied to C order; 16-bit floats come as Float32Array.
 * The state_dict may be the file's only content or lie beside other things (`epoch`, `optimizer`, options of
 * the program that wrote it), which are passed over; a leading `module.` of data-parallel training is cut off.
 *
 * @throws FormatError when the bytes are no checkpoint, are truncated, or hold no state_dict or several.
 */
export function decodePytorchCheckpoint(bytes: Uint8Array): Record<string, StoredTensor> {
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return decodeZipped(bytes);
  if (bytes[0] === 0x80) return decodeLegacy(bytes);
  throw new FormatError('not a PyTorch checkpoint: neither a zip archive nor a pickle');
}

function decodeZipped(bytes: Uint8Array): Record<string, StoredTensor> {
  const files = unzip(bytes, 'PyTorch checkpoint');
  const pickle = Object.keys(files).find((name) => name.endsWith('/data.pkl'));
  if (pickle === undefined)
    throw new FormatError('not a PyTorch checkpoint: the zip archive has no data.pkl');
  const folder = pickle.slice(0, -'data.pkl'.length);
  const order = files[`${folder}byteorder`];
  if (order && new TextDecoder().decode(order).trim() !== 'little') {
    throw new FormatError('PyTorch checkpoint of a big-endian machine: only little-endian ones can be read');
  }
  const content = new PickleReader(files[pickle], hooks(new Map())).read();
  return copyTensors(findStateDict(content), ({ key }) => {
    const file = files[`${folder}data/${key}`];
    if (!file) throw new FormatError(`PyTorch checkpoint: the storage ${key} is missing`);
    return { bytes: file, start: 0 };
  });
}

function decodeLegacy(bytes: Uint8Array): Record<string, StoredTensor> {
  const storages = new Map<string, Storage>();
  const reader = new PickleReader(bytes, hooks(storages));
  if (reader.read() !== LEGACY_MAGIC) {
    throw new FormatError('not a PyTorch checkpoint: a pickle without its magic number');
  }
  reader.read(); // protocol version
  reader.read(); // sizes of the machine that wrote it
  const content = reader.read();
  const keys = reader.read();
  if (!Array.isArray(keys)) throw new FormatError('PyTorch checkpoint: the list of storages is missing');

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const starts = new Map<string, number>();
  let position = reader.position;
  for (const key of keys.map(String)) {
    const storage = storages.get(key);
    if (!storage) throw new FormatError(`PyTorch checkpoint: nothing tells of the storage ${key}`);
    if (position + 8 > bytes.length) throw new FormatError('truncated PyTorch checkpoint');
    const length = Number(view.getBigUint64(position, true));
    starts.set(key, position + 8);
    position += 8 + length * storage.type.bytes;
  }
  return copyTensors(findStateDict(content), ({ key }) => {
    const start = starts.get(key);
    if (start === undefined) throw new FormatError(`PyTorch checkpoint: the storage ${key} is missing`);
    return { bytes, start };
  });
}

/** The few names of Python that tensors need. @param storages gets every storage that the pickle names. */
function hooks(storages: Map<string, Storage>): PickleHooks {
  return {
    call(name, values) {
      switch (name) {
        case 'collections.OrderedDict':
        case 'collections.defaultdict':
          return new Map();
        case 'torch._utils._rebuild_tensor':
        case 'torch._utils._rebuild_tensor_v2':
          return tensorView(values);
        case 'torch._utils._rebuild_tensor_v3':
          return tensorView(values, values[6]);
        case 'torch._tensor._rebuild_from_type_v2':
          return this.call(nameOf(values[0]), Array.isArray(values[2]) ? values[2] : []);
        case 'torch._utils._rebuild_parameter':
        case 'torch._utils._rebuild_parameter_with_state':
        case 'torch.Size':
          return values[0];
        default:
          return undefined;
      }
    },
    persistent(id) {
      const [kind, storageType, key, , length] = Array.isArray(id) ? id : [];
      // The plain format once kept the source of a class beside it.
      if (kind === 'module') return storageType;
      if (kind !== 'storage') throw new FormatError('PyTorch checkpoint: unknown persistent object');
      const name = lastPart(storageType);
      const type = STORAGE_TYPES[name] ?? { name, bytes: 1 };
      const storage = new Storage(String(key), type, Number(length));
      storages.set(storage.key, storage);
      return storage;
    },
  };
}

function nameOf(reference: unknown): string {
  return reference instanceof PythonObject ? reference.name : 'an unknown type';
}

/** `FloatStorage` of the reference to `torch.FloatStorage`. */
const lastPart = (reference: unknown) => nameOf(reference).replace(/^.*\./, '');

/** @param dtype what the numbers of an untyped storage are. */
function tensorView([storage, offset, dims, strides]: readonly unknown[], dtype?: unknown): TensorView {
  if (!(storage instanceof Storage)) throw new FormatError('PyTorch checkpoint: a tensor without storage');
  const { key, type, length } = storage;
  const name = lastPart(dtype);
  const told = Object.values(STORAGE_TYPES).find((known) => known.name === name) ?? { name, bytes: 1 };
  const typed = dtype === undefined ? type : told;
  const seen = new Storage(key, typed, Math.floor((length * type.bytes) / typed.bytes));
  return new TensorView(seen, Number(offset), toNumbers(dims), toNumbers(strides));
}

function toNumbers(value: unknown): number[] {
  if (!Array.isArray(value)) throw new FormatError('PyTorch checkpoint: a tensor without shape');
  return value.map(Number);
}

/** A dictionary with tensors, and the keys that lead to it. */
interface Candidate {
  readonly path: readonly string[];
  readonly tensors: ReadonlyMap<string, TensorView>;
}

/** No program nests dictionaries deeper than this before the weights come. */
const DEEPEST = 16;

/** Where programs put the weights that are to be used, where they put several. */
const USUAL_NAMES = ['state_dict', 'model_state_dict', 'model'];

/**
 * The dictionary with the most tensors. Only texts lead to one: the moments of an optimizer, which can be as
 * many, stand under numbers.
 */
function findStateDict(content: unknown): ReadonlyMap<string, TensorView> {
  const candidates: Candidate[] = [];
  const seen = new Set<unknown>();
  const search = (value: unknown, path: readonly string[]): void => {
    const dictionary = value instanceof PythonObject ? value.items : value;
    if (!(dictionary instanceof Map) || seen.has(dictionary) || path.length > DEEPEST) return;
    seen.add(dictionary);
    const named = [...dictionary].filter(([key]) => typeof key === 'string') as [string, unknown][];
    const tensors = named.filter((entry): entry is [string, TensorView] => entry[1] instanceof TensorView);
    if (tensors.length > 0) candidates.push({ path, tensors: new Map(tensors) });
    for (const [key, item] of named) search(item, [...path, key]);
  };
  search(content, []);
  const most = Math.max(...candidates.map(({ tensors }) => tensors.size));
  const largest = candidates.filter(({ tensors }) => tensors.size === most);
  const usual = largest.filter(({ path }) => USUAL_NAMES.includes(path.at(-1) ?? ''));
  const chosen = largest.length === 1 ? largest[0] : usual[0];
  if (chosen) return chosen.tensors;
  const found = largest.map(({ path }) => path.join('.')).join(' and ');
  const object = content instanceof PythonObject ? `an object of ${content.name}` : 'none';
  throw new FormatError(
    `PyTorch checkpoint: expected a state_dict, a dictionary of tensors, got ${found || object}`,
  );
}

/** Where the numbers of a storage begin. */
type Locate = (storage: Storage) => { readonly bytes: Uint8Array; readonly start: number };

function copyTensors(
  stateDict: ReadonlyMap<string, TensorView>,
  locate: Locate,
): Record<string, StoredTensor> {
  const storages = new Map<string, TensorData>();
  const tensors: [string, StoredTensor][] = [];
  for (const [name, view] of stateDict) {
    const { storage, dims } = view;
    const { kind, name: typeName } = storage.type;
    if (!kind)
      throw new FormatError(`PyTorch checkpoint: ${name} consists of ${typeName}, which cannot be read`);
    const identity = `${storage.key} ${kind}`;
    const numbers = storages.get(identity) ?? readStorage(locate(storage), storage.length, kind);
    storages.set(identity, numbers);
    tensors.push([name.replace(/^module\./, ''), { dims, data: copyView(name, view, numbers) }]);
  }
  return Object.fromEntries(tensors);
}

function readStorage({ bytes, start }: ReturnType<Locate>, length: number, kind: NumberKind): TensorData {
  const type = NUMBER_TYPES[kind];
  if (!(length >= 0 && start + length * type.bytes <= bytes.length)) {
    throw new FormatError('truncated PyTorch checkpoint: a storage is shorter than announced');
  }
  return readNumbers(bytes, start, length, type);
}

/** The size up to which a tensor may have more numbers than its storage. */
const MOST_REPEATED = 2 ** 24;

/** Copies a view into C order, refusing one that the file made too large. */
function copyView(name: string, { dims, strides, offset }: TensorView, storage: TensorData): TensorData {
  const last = dims.reduce((position, size, axis) => position + (size - 1) * strides[axis], offset);
  const count = elementCount(dims);
  const isInside = offset >= 0 && last < storage.length && strides.every((stride) => stride >= 0);
  // A stride of 0 repeats a number, as often as the file likes.
  const isBounded = count <= Math.max(storage.length, MOST_REPEATED);
  if (strides.length !== dims.length || !(count === 0 || (isInside && isBounded))) {
    throw new FormatError(`PyTorch checkpoint: the tensor ${name} reaches beyond its storage`);
  }
  return gatherStrided(storage, dims, strides, offset);
}
