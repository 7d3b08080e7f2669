/**
 * Weights from PyTorch checkpoints (`torch.save` of a state_dict), both the zip format of today and the
 * plain one before PyTorch 1.6 that the published SuperPoint weights have. The pickle inside is read by
 * `pickle.ts`, which runs no code of the file. Pure: bytes in, tensors out.
 */

import { FormatError } from './format-error.js';
import { unzip } from './npz.js';
import { type PickleHooks, PickleReader } from './pickle.js';
import {
  elementCount,
  gatherStrided,
  NUMBER_TYPES,
  type NumberType,
  readNumbers,
  type StoredTensor,
  type TensorData,
} from './raw-numbers.js';

const STORAGE_TYPES: Record<string, NumberType> = {
  DoubleStorage: NUMBER_TYPES.float64,
  FloatStorage: NUMBER_TYPES.float32,
  HalfStorage: NUMBER_TYPES.float16,
  BFloat16Storage: NUMBER_TYPES.bfloat16,
  LongStorage: NUMBER_TYPES.int64,
  IntStorage: NUMBER_TYPES.int32,
  ByteStorage: NUMBER_TYPES.uint8,
};

/** The first number of a plain (not zipped) checkpoint, PyTorch's MAGIC_NUMBER. */
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;

/** A storage that a tensor points into; in the plain format its numbers follow after all tensors. */
interface Storage {
  readonly key: string;
  readonly type: NumberType;
  readonly length: number;
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
 * The tensors of a checkpoint by name, in its order, copied to C order; 16-bit floats come as
 * Float32Array. The state_dict may be the file's only content or one entry beside others (`epoch`,
 * `optimizer`); a leading `module.` of data-parallel training is cut off.
 *
 * @throws FormatError when the bytes are no checkpoint, are truncated, or hold more than plain tensors.
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
  const content = new PickleReader(files[pickle], HOOKS).read();
  return copyTensors(findStateDict(content), ({ key, type, length }) => {
    const file = files[`${folder}data/${key}`];
    if (!file) throw new FormatError(`PyTorch checkpoint: the storage ${key} is missing`);
    return readStorage(file, 0, type, length);
  });
}

function decodeLegacy(bytes: Uint8Array): Record<string, StoredTensor> {
  const reader = new PickleReader(bytes, HOOKS);
  if (reader.read() !== LEGACY_MAGIC) {
    throw new FormatError('not a PyTorch checkpoint: a pickle without its magic number');
  }
  reader.read(); // protocol version
  reader.read(); // sizes of the machine that wrote it
  const content = reader.read();
  const keys = reader.read();
  if (!Array.isArray(keys)) throw new FormatError('PyTorch checkpoint: the list of storages is missing');
  const stateDict = findStateDict(content);

  const types = new Map([...stateDict.values()].map(({ storage }) => [storage.key, storage.type]));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const storages = new Map<string, TensorData>();
  let position = reader.position;
  for (const key of keys) {
    const type = types.get(String(key));
    // Only the tensors tell how wide a storage's numbers are, so an unreferenced one ends the reading.
    if (!type) break;
    if (position + 8 > bytes.length) throw new FormatError('truncated PyTorch checkpoint');
    const length = Number(view.getBigInt64(position, true));
    storages.set(String(key), readStorage(bytes, position + 8, type, length));
    position += 8 + length * type.bytes;
  }
  return copyTensors(stateDict, ({ key }) => {
    const storage = storages.get(key);
    if (!storage) throw new FormatError(`PyTorch checkpoint: the storage ${key} is missing`);
    return storage;
  });
}

function readStorage(bytes: Uint8Array, start: number, type: NumberType, length: number): TensorData {
  if (!(length >= 0 && start + length * type.bytes <= bytes.length)) {
    throw new FormatError('truncated PyTorch checkpoint: a storage is shorter than announced');
  }
  return readNumbers(bytes, start, length, type);
}

/** The only names of Python that a checkpoint of plain tensors needs. */
const HOOKS: PickleHooks = {
  call(name, values) {
    switch (name) {
      case 'collections.OrderedDict':
        return new Map();
      case 'torch._utils._rebuild_tensor_v2':
      case 'torch._utils._rebuild_tensor': {
        const [storage, offset, dims, strides] = values;
        return new TensorView(storage as Storage, Number(offset), toNumbers(dims), toNumbers(strides));
      }
      case 'torch._utils._rebuild_parameter':
        return values[0];
      case 'torch.Size':
        return values[0];
      default:
        throw new FormatError(
          `the checkpoint holds a Python object (${name}); expected a state_dict of plain tensors`,
        );
    }
  },
  persistent(id) {
    const [kind, storageType, key, , length] = Array.isArray(id) ? id : [];
    const name = String((storageType as { name?: string } | undefined)?.name).replace(/^torch\./, '');
    const type = STORAGE_TYPES[name];
    if (kind !== 'storage') throw new FormatError('PyTorch checkpoint: unknown persistent object');
    if (!type) throw new FormatError(`PyTorch checkpoint: tensors of ${name} cannot be read`);
    return { key: String(key), type, length: Number(length) } satisfies Storage;
  },
};

function toNumbers(value: unknown): number[] {
  if (!Array.isArray(value)) throw new FormatError('PyTorch checkpoint: a tensor without shape');
  return value.map(Number);
}

/** The content itself or the single entry of it that is a non-empty dictionary of tensors alone. */
function findStateDict(content: unknown): Map<string, TensorView> {
  const direct = tensorsOf(content);
  if (direct) return direct;
  const nested =
    content instanceof Map ? [...content.values()].map(tensorsOf).filter((found) => !!found) : [];
  if (nested.length === 1) return nested[0];
  throw new FormatError(
    `PyTorch checkpoint: expected one state_dict, a dictionary of tensors, and found ${nested.length}`,
  );
}

function tensorsOf(value: unknown): Map<string, TensorView> | undefined {
  if (!(value instanceof Map) || value.size === 0) return undefined;
  const isTensors = [...value].every(
    ([name, item]) => typeof name === 'string' && item instanceof TensorView,
  );
  return isTensors ? (value as Map<string, TensorView>) : undefined;
}

function copyTensors(
  stateDict: Map<string, TensorView>,
  storageOf: (storage: Storage) => TensorData,
): Record<string, StoredTensor> {
  const tensors: Record<string, StoredTensor> = {};
  for (const [name, view] of stateDict) {
    tensors[name.replace(/^module\./, '')] = {
      dims: view.dims,
      data: copyView(view, storageOf(view.storage)),
    };
  }
  return tensors;
}

/** Copies a view into C order, refusing one that the file made too large. */
function copyView({ dims, strides, offset }: TensorView, storage: TensorData): TensorData {
  const last = dims.reduce((position, size, axis) => position + (size - 1) * strides[axis], offset);
  const empty = elementCount(dims) === 0;
  if (strides.length !== dims.length || !(empty || (offset >= 0 && last < storage.length))) {
    throw new FormatError('PyTorch checkpoint: a tensor reaches beyond its storage');
  }
  return gatherStrided(storage, dims, strides, offset);
}
