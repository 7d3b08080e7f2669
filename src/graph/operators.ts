/**
 * Operators on the values of a graph: each adds one ONNX node (opset 17) and infers its shape.
 * Shapes broadcast as in NumPy.
 */
import {
  type Attribute,
  type Dim,
  ELEMENT_TYPES,
  type ElementType,
  staticDims,
  type Value,
} from './graph.js';

/** The shape of an element-wise result, as NumPy broadcasts. */
export function broadcastDims(a: readonly Dim[], b: readonly Dim[]): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a[a.length - rank + i] ?? 1;
    const right = b[b.length - rank + i] ?? 1;
    if (left === 1 || left === right) return right;
    if (right === 1) return left;
    throw new RangeError(`expected shapes that broadcast, got [${a}] and [${b}]`);
  });
}

function unary(op: string, x: Value, attributes?: Record<string, Attribute>): Value {
  return x.graph.node(op, [x], [x], attributes)[0]!;
}

function binary(op: string, a: Value, b: Value | number, type?: ElementType): Value {
  const right = typeof b === 'number' ? a.graph.scalar(b) : b;
  const dims = broadcastDims(a.dims, right.dims);
  return a.graph.node(op, [a, right], [{ type: type ?? a.type, dims }])[0]!;
}

export const add = (a: Value, b: Value | number): Value => binary('Add', a, b);
export const subtract = (a: Value, b: Value | number): Value => binary('Sub', a, b);
export const multiply = (a: Value, b: Value | number): Value => binary('Mul', a, b);
export const divide = (a: Value, b: Value | number): Value => binary('Div', a, b);
export const maximum = (a: Value, b: Value | number): Value => binary('Max', a, b);
export const minimum = (a: Value, b: Value | number): Value => binary('Min', a, b);
export const greater = (a: Value, b: Value | number): Value => binary('Greater', a, b, 'bool');
export const equal = (a: Value, b: Value): Value => binary('Equal', a, b, 'bool');
export const lessOrEqual = (a: Value, b: Value | number): Value => binary('LessOrEqual', a, b, 'bool');
/** Of whole numbers; `divide` of them rounds down, if none is below 0. */
export const modulo = (a: Value, b: Value): Value => binary('Mod', a, b);
export const and = (a: Value, b: Value): Value => binary('And', a, b, 'bool');

export const negate = (x: Value): Value => unary('Neg', x);
export const exp = (x: Value): Value => unary('Exp', x);
export const log = (x: Value): Value => unary('Log', x);
export const sqrt = (x: Value): Value => unary('Sqrt', x);
export const relu = (x: Value): Value => unary('Relu', x);
export const abs = (x: Value): Value => unary('Abs', x);
export const sign = (x: Value): Value => unary('Sign', x);
export const floor = (x: Value): Value => unary('Floor', x);
export const softmax = (x: Value, axis = -1): Value => unary('Softmax', x, { axis });
export const logSoftmax = (x: Value, axis = -1): Value => unary('LogSoftmax', x, { axis });

/** `condition ? a : b`, element by element. */
export function where(condition: Value, a: Value, b: Value): Value {
  const dims = broadcastDims(condition.dims, broadcastDims(a.dims, b.dims));
  return a.graph.node('Where', [condition, a, b], [{ type: a.type, dims }])[0]!;
}

export function cast(x: Value, type: ElementType): Value {
  if (x.type === type) return x;
  return x.graph.node('Cast', [x], [{ type, dims: x.dims }], { to: ELEMENT_TYPES[type] })[0]!;
}

/** Matrix product over the last two axes; `transposed` reads a, b or both with those axes swapped. */
export function matMul(a: Value, b: Value, transposed: { a?: boolean; b?: boolean } = {}): Value {
  const [aRows, aColumns] = lastTwo(a, transposed.a);
  const [bRows, bColumns] = lastTwo(b, transposed.b);
  if (aColumns !== bRows) {
    throw new RangeError(`matMul: expected equal inner sizes, got [${a.dims}] and [${b.dims}]`);
  }
  const batch = broadcastDims(a.dims.slice(0, -2), b.dims.slice(0, -2));
  const result = [{ type: a.type, dims: [...batch, aRows!, bColumns!] }];
  if (!(transposed.a || transposed.b)) return a.graph.node('MatMul', [a, b], result)[0]!;
  const attributes = { transA: transposed.a ? 1 : 0, transB: transposed.b ? 1 : 0 };
  return a.graph.node('FusedMatMul', [a, b], result, attributes, 'com.microsoft')[0]!;
}

function lastTwo(value: Value, swapped = false): Dim[] {
  if (value.dims.length < 2) throw new RangeError(`matMul: expected a matrix, got [${value.dims}]`);
  const pair = value.dims.slice(-2);
  return swapped ? pair.reverse() : pair;
}

export function transpose(x: Value, permutation: readonly number[]): Value {
  const dims = permutation.map((axis) => x.dims[axis]!);
  return x.graph.node('Transpose', [x], [{ type: x.type, dims }], { perm: permutation })[0]!;
}

/** An axis counted from the front: -1 is the last. */
export function axisOf(x: Value, axis: number): number {
  return (axis + x.dims.length) % x.dims.length;
}

/** The same elements in another static shape. */
export function reshape(x: Value, dims: readonly number[]): Value {
  const size = (shape: readonly Dim[]) => shape.reduce<number>((product, dim) => product * Number(dim), 1);
  if (size(x.dims) !== size(dims)) throw new RangeError(`reshape: [${x.dims}] does not fit [${dims}]`);
  return x.graph.node('Reshape', [x, x.graph.integers(dims)], [{ type: x.type, dims }])[0]!;
}

export function expand(x: Value, dims: readonly number[]): Value {
  return x.graph.node('Expand', [x, x.graph.integers(dims)], [{ type: x.type, dims }])[0]!;
}

/** A dimension that is `by` longer: of one that has a name, `height+2`. */
export function longerDim(dim: Dim, by: number): Dim {
  if (typeof dim === 'number') return dim + by;
  const [, name, offset] = /^(.*?)([+-]\d+)?$/.exec(dim)!;
  const total = Number(offset ?? 0) + by;
  return total === 0 ? name! : `${name}${total > 0 ? '+' : ''}${total}`;
}

/** As the end of a slice: the end of the axis. */
export const TO_END = 2 ** 31 - 1;

/** Length of the elements start ≤ index < end of an axis, `end` counted from the back where it is below 0. */
function slicedDim(dim: Dim, start: number, end: number): Dim {
  if (end === TO_END) return longerDim(dim, -start);
  return end >= 0 ? end - start : longerDim(dim, end - start);
}

/** Elements starts[i] ≤ index < ends[i] of each axis named; ends below 0 count from the back. */
export function slice(
  x: Value,
  axes: readonly number[],
  starts: readonly number[],
  ends: readonly number[],
): Value {
  const dims = [...x.dims];
  axes.forEach((axis, i) => {
    dims[axisOf(x, axis)] = slicedDim(x.dims[axisOf(x, axis)]!, starts[i]!, ends[i]!);
  });
  const bounds = [x, x.graph.integers(starts), x.graph.integers(ends), x.graph.integers(axes)];
  return x.graph.node('Slice', bounds, [{ type: x.type, dims }])[0]!;
}

/** The elements of a vector at the given places (int32 or int64), in the shape of the indices. */
export function gather(x: Value, indices: Value): Value {
  return x.graph.node('Gather', [x, indices], [{ type: x.type, dims: indices.dims }], { axis: 0 })[0]!;
}

/** A vector of `length` zeros to which each value is added at its place: several at one place add up. */
export function scatterSum(values: Value, indices: Value, length: number): Value {
  const { graph } = values;
  const size = staticDims(indices).reduce((product, dim) => product * dim, 1);
  const zeros = expand(graph.scalar(0), [length]);
  return graph.node(
    'ScatterElements',
    [zeros, reshape(indices, [size]), reshape(values, [size])],
    [{ type: values.type, dims: [length] }],
    { axis: 0, reduction: 'add' },
  )[0]!;
}

export function concat(values: readonly Value[], axis: number): Value {
  const first = values[0]!;
  const joined = axisOf(first, axis);
  const dims = [...first.dims];
  dims[joined] = values.reduce((sum, value) => sum + Number(value.dims[joined]), 0);
  return first.graph.node('Concat', values, [{ type: first.type, dims }], { axis: joined })[0]!;
}

/** Zeros around x: `before[i]` and `after[i]` of them on axis i; a negative number takes elements away. */
export function pad(x: Value, before: readonly number[], after: readonly number[]): Value {
  const dims = x.dims.map((dim, i) => longerDim(dim, before[i]! + after[i]!));
  const amounts = x.graph.integers([...before, ...after]);
  return x.graph.node('Pad', [x, amounts], [{ type: x.type, dims }])[0]!;
}

function reducedDims(x: Value, axes: readonly number[], keepDims: boolean): Dim[] {
  const reduced = axes.map((axis) => axisOf(x, axis));
  return keepDims
    ? x.dims.map((dim, i) => (reduced.includes(i) ? 1 : dim))
    : x.dims.filter((_, i) => !reduced.includes(i));
}

export function reduceSum(x: Value, axes: readonly number[], keepDims = true): Value {
  const result = [{ type: x.type, dims: reducedDims(x, axes, keepDims) }];
  return x.graph.node('ReduceSum', [x, x.graph.integers(axes)], result, { keepdims: keepDims ? 1 : 0 })[0]!;
}

function reduce(op: string, x: Value, axes: readonly number[], keepDims: boolean): Value {
  const result = [{ type: x.type, dims: reducedDims(x, axes, keepDims) }];
  return x.graph.node(op, [x], result, { axes, keepdims: keepDims ? 1 : 0 })[0]!;
}

export const reduceMean = (x: Value, axes: readonly number[], keepDims = true): Value =>
  reduce('ReduceMean', x, axes, keepDims);
export const reduceMax = (x: Value, axes: readonly number[], keepDims = true): Value =>
  reduce('ReduceMax', x, axes, keepDims);
/** Euclidean length over the axes. Not differentiated: write it out where a gradient is needed. */
export const reduceL2 = (x: Value, axes: readonly number[], keepDims = true): Value =>
  reduce('ReduceL2', x, axes, keepDims);

/** Index of the largest element along an axis (the first of equal ones), int64. */
export function argMax(x: Value, axis: number, keepDims = false): Value {
  const result = [{ type: 'int64' as const, dims: reducedDims(x, [axis], keepDims) }];
  return x.graph.node('ArgMax', [x], result, { axis, keepdims: keepDims ? 1 : 0 })[0]!;
}

/** The k largest elements along an axis, descending, and their indices (int64). */
export function topK(x: Value, k: number, axis = -1): { values: Value; indices: Value } {
  const dims = [...x.dims];
  dims[axisOf(x, axis)] = k;
  const outputs = [
    { type: x.type, dims },
    { type: 'int64' as const, dims },
  ];
  const [values, indices] = x.graph.node('TopK', [x, x.graph.integers([k])], outputs, { axis });
  return { values: values!, indices: indices! };
}

/** All elements as one row. */
export function flatten(x: Value): Value {
  const length = x.dims.every((dim) => typeof dim === 'number')
    ? x.dims.reduce<number>((product, dim) => product * Number(dim), 1)
    : x.dims.join('*');
  return asRow(x, length);
}

function asRow(x: Value, length: Dim): Value {
  return x.graph.node('Reshape', [x, x.graph.integers([-1])], [{ type: x.type, dims: [length] }])[0]!;
}

/** The sizes of all axes, as a row of int64. */
export function shapeOf(x: Value): Value {
  return x.graph.node('Shape', [x], [{ type: 'int64', dims: [x.dims.length] }])[0]!;
}

/** The rows of a matrix with these indices (int64), in the shape of the indices. */
export function gatherRows(x: Value, indices: Value): Value {
  const dims = [...indices.dims, ...x.dims.slice(1)];
  return x.graph.node('Gather', [x, indices], [{ type: x.type, dims }], { axis: 0 })[0]!;
}

/** The n equal parts of x along an axis. */
export function split(x: Value, parts: number, axis: number): Value[] {
  const dims = [...x.dims];
  dims[axisOf(x, axis)] = Number(dims[axisOf(x, axis)]) / parts;
  return x.graph.node('Split', [x], Array(parts).fill({ type: x.type, dims }), { axis });
}
