/** Numbers out of raw bytes: the element types that weights and features are stored in, and strided views. */

/** The arrays that a stored tensor comes as. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | BigInt64Array;

/** One tensor: `data.length` is the product of `dims`; `dims` is empty for a single number. */
export interface StoredTensor<Data extends TensorData = TensorData> {
  readonly dims: readonly number[];
  readonly data: Data;
}

/** How one kind of number lies in a file, little-endian. */
export interface NumberType {
  readonly bytes: number;
  readonly fromBuffer: (buffer: ArrayBuffer) => TensorData;
}

/** Every kind of number that can be read; the 16-bit floats are widened to 32 bits. */
export const NUMBER_TYPES = {
  float64: { bytes: 8, fromBuffer: (buffer) => new Float64Array(buffer) },
  float32: { bytes: 4, fromBuffer: (buffer) => new Float32Array(buffer) },
  float16: { bytes: 2, fromBuffer: (buffer) => halfToFloat32(new Uint16Array(buffer)) },
  bfloat16: { bytes: 2, fromBuffer: (buffer) => bfloat16ToFloat32(new Uint16Array(buffer)) },
  int64: { bytes: 8, fromBuffer: (buffer) => new BigInt64Array(buffer) },
  int32: { bytes: 4, fromBuffer: (buffer) => new Int32Array(buffer) },
  uint8: { bytes: 1, fromBuffer: (buffer) => new Uint8Array(buffer) },
  int8: { bytes: 1, fromBuffer: (buffer) => new Int8Array(buffer) },
  uint16: { bytes: 2, fromBuffer: (buffer) => new Uint16Array(buffer) },
  int16: { bytes: 2, fromBuffer: (buffer) => new Int16Array(buffer) },
} satisfies Record<string, NumberType>;

export type NumberKind = keyof typeof NUMBER_TYPES;

/** By the array's tag, which is the same in every realm. */
const KIND_OF_ARRAY: Readonly<Record<TensorData[typeof Symbol.toStringTag], NumberKind>> = {
  Float64Array: 'float64',
  Float32Array: 'float32',
  BigInt64Array: 'int64',
  Int32Array: 'int32',
  Int16Array: 'int16',
  Uint16Array: 'uint16',
  Int8Array: 'int8',
  Uint8Array: 'uint8',
};

/** What a file format calls the numbers of an array: the first of its `names` for their kind. */
export function nameOfKind(names: Readonly<Record<string, NumberKind>>, data: TensorData): string {
  const kind = KIND_OF_ARRAY[data[Symbol.toStringTag]];
  return Object.keys(names).find((name) => names[name] === kind) as string;
}

/** A copy of `count` numbers that begin at byte `start`, which need not be aligned. */
export function readNumbers(bytes: Uint8Array, start: number, count: number, type: NumberType): TensorData {
  // Not bytes.slice: of a Node Buffer that is a view, and its buffer holds other things too.
  const copy = new Uint8Array(count * type.bytes);
  copy.set(bytes.subarray(start, start + copy.length));
  return type.fromBuffer(copy.buffer);
}

/** The bytes of an array of numbers, not copied. */
export function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The number of elements of a shape. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((count, size) => count * size, 1);
}

/** Throws a RangeError, which names the array, when its length is not the product of its shape. */
export function checkShape(name: string, { dims, data }: StoredTensor): void {
  if (data.length !== elementCount(dims)) {
    throw new RangeError(`${name} has shape [${dims.join(', ')}] but ${data.length} values`);
  }
}

/** The strides, in elements, of a dense array whose last index runs fastest (C order). */
export function denseStrides(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length);
  let stride = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= dims[axis];
  }
  return strides;
}

/** A copy in C order of the view of `values` with the given strides that begins at `offset`. */
export function gatherStrided<Data extends TensorData>(
  values: Data,
  dims: readonly number[],
  strides: readonly number[],
  offset = 0,
): Data {
  const count = elementCount(dims);
  const dense = denseStrides(dims);
  if (dims.every((size, axis) => size === 1 || strides[axis] === dense[axis])) {
    return values.slice(offset, offset + count) as Data;
  }
  const gathered = values.slice(0, count) as Data;
  const index = new Array<number>(dims.length).fill(0);
  for (let to = 0; to < count; to++) {
    let from = offset;
    for (let axis = 0; axis < dims.length; axis++) from += index[axis] * strides[axis];
    gathered[to] = values[from];
    for (let axis = dims.length - 1; axis >= 0 && ++index[axis] === dims[axis]; axis--) index[axis] = 0;
  }
  return gathered;
}

/** IEEE 754 binary16 (numpy's float16), as raw 16-bit words, to float32; exact. */
export function halfToFloat32(words: Uint16Array): Float32Array {
  const values = new Float32Array(words.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    const exponent = (word >> 10) & 0x1f;
    const fraction = word & 0x3ff;
    let magnitude: number;
    if (exponent === 0) magnitude = fraction * 2 ** -24;
    else if (exponent === 0x1f) magnitude = fraction === 0 ? Infinity : NaN;
    else magnitude = (1024 + fraction) * 2 ** (exponent - 25);
    values[i] = word & 0x8000 ? -magnitude : magnitude;
  }
  return values;
}

/** float32 to IEEE 754 binary16 as raw 16-bit words, to the nearest, ties to even; too large is infinite. */
export function float32ToHalf(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, (value) => {
    const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
    const magnitude = Math.abs(value);
    if (Number.isNaN(magnitude)) return 0x7e00;
    if (magnitude >= 65520) return sign | 0x7c00;
    // The step between neighbours is 2^-24 below 2^-14 and 2^(exponent - 10) above.
    const exponent = Math.max(-14, Math.floor(Math.log2(magnitude)));
    const steps = roundToEven(magnitude / 2 ** (exponent - 10));
    // A carry into the next power of two lands on the right word by itself.
    return sign | ((exponent + 14) * 1024 + steps);
  });
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** bfloat16, as raw 16-bit words (the upper half of a float32), to float32; exact. */
function bfloat16ToFloat32(words: Uint16Array): Float32Array {
  const bits = new Uint32Array(words.length);
  for (let i = 0; i < words.length; i++) bits[i] = words[i] << 16;
  return new Float32Array(bits.buffer);
}
