/** Examples of each differentiable operator in all its variants, for the comparison with differences. */
import {
  channelAffine,
  channelDot,
  channelSum,
  convolution,
  indexedMaxPool,
  moments,
  patches,
} from '../../src/graph/convolution.js';
import {
  abs,
  add,
  concat,
  divide,
  exp,
  expand,
  gather,
  greater,
  log,
  logSoftmax,
  matMul,
  maximum,
  minimum,
  multiply,
  negate,
  pad,
  reduceMax,
  reduceMean,
  reduceSum,
  relu,
  reshape,
  slice,
  softmax,
  sqrt,
  subtract,
  transpose,
  where,
} from '../../src/graph/operators.js';
import { type Tensor, tensor } from '../../src/graph/session.js';
import { Random } from '../../src/random.js';
import type { GradientCase } from './check-gradient.js';

function fill(dims: number[], make: (random: Random, index: number) => number): Tensor {
  const size = dims.reduce((product, dim) => product * dim, 1);
  const random = new Random(`values of ${dims}`);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => make(random, i)),
    dims,
  );
}

const normal = (...dims: number[]) => fill(dims, (random) => random.normal());
/** Another draw than `normal` of the same shape. */
const uniform = (...dims: number[]) => fill(dims, (random) => random.between(-1, 1) * 1.7);
const positive = (...dims: number[]) => fill(dims, (random) => random.between(0.8, 2.5));
/** At least 0.1 away from zero, where |x| and relu have their kinks. */
const nonZero = (...dims: number[]) =>
  fill(dims, (random, i) => (i % 2 === 0 ? 1 : -1) * random.between(0.1, 1.5));

/** All different by at least 0.1, in a random order: no maximum changes place under a difference. */
function distinct(...dims: number[]): Tensor {
  const { data } = fill(dims, (_, i) => 0.1 * (i + 0.5) - 0.05 * dims.reduce((a, b) => a * b, 1));
  return tensor(new Random('order').shuffle(data as Float32Array), dims);
}

const coins = (...dims: number[]) => fill(dims, (random) => random.integer(0, 1));
/** Three levels that stay 0.05 away from the values of `distinct`. */
const levels = (...dims: number[]) => fill(dims, (_, i) => 0.2 * (i % 3) - 0.2);

/** By operator, then by what is special about the variant. */
export const GRADIENT_CASES: Readonly<Record<string, Readonly<Record<string, GradientCase>>>> = {
  Identity: {
    'a copy': {
      inputs: { x: normal(2, 3) },
      build: ({ x }) => x.graph.node('Identity', [x], [x]),
    },
  },
  Add: {
    'equal shapes': { inputs: { a: normal(2, 3), b: uniform(2, 3) }, build: ({ a, b }) => add(a, b) },
    'a row and a column': { inputs: { a: normal(4), b: uniform(3, 1) }, build: ({ a, b }) => add(a, b) },
    'a scalar tensor': { inputs: { a: normal(2, 3), b: uniform() }, build: ({ a, b }) => add(a, b) },
    'a value with itself': { inputs: { a: normal(2, 3) }, build: ({ a }) => add(a, a) },
  },
  Sub: {
    'a number': { inputs: { a: normal(5) }, build: ({ a }) => subtract(a, 3) },
    'the smaller first': {
      inputs: { a: normal(1, 4), b: uniform(2, 3, 1) },
      build: ({ a, b }) => subtract(a, b),
    },
  },
  Mul: {
    'a map by its channels': {
      inputs: { a: normal(2, 3, 2, 2), b: uniform(1, 3, 1, 1) },
      build: ({ a, b }) => multiply(a, b),
    },
    'a value with itself': { inputs: { a: normal(2, 3) }, build: ({ a }) => multiply(a, a) },
    'a number': { inputs: { a: normal(4) }, build: ({ a }) => multiply(a, -2.5) },
  },
  Div: {
    'equal shapes': {
      inputs: { a: normal(2, 3), b: positive(2, 3) },
      build: ({ a, b }) => divide(a, b),
    },
    'both broadcast': {
      inputs: { a: normal(2, 1, 3), b: positive(4, 1) },
      build: ({ a, b }) => divide(a, b),
    },
  },
  Max: {
    'equal shapes': {
      inputs: { a: distinct(2, 3), b: levels(2, 3) },
      build: ({ a, b }) => maximum(a, b),
    },
    'a number': { inputs: { a: nonZero(7) }, build: ({ a }) => maximum(a, 0) },
    'a column': {
      inputs: { a: distinct(3, 4), b: levels(3, 1) },
      build: ({ a, b }) => maximum(a, b),
    },
  },
  Min: {
    'equal shapes': {
      inputs: { a: distinct(2, 3), b: levels(2, 3) },
      build: ({ a, b }) => minimum(a, b),
    },
    'the broadcast one first': {
      inputs: { a: distinct(3, 4), b: levels(3, 1) },
      build: ({ a, b }) => minimum(b, a),
    },
  },
  Neg: { 'a vector': { inputs: { x: normal(5) }, build: ({ x }) => negate(x) } },
  Exp: { 'a vector': { inputs: { x: normal(5) }, build: ({ x }) => exp(x) } },
  Log: { 'a vector': { inputs: { x: positive(5) }, build: ({ x }) => log(x) } },
  Sqrt: { 'a vector': { inputs: { x: positive(5) }, build: ({ x }) => sqrt(x) } },
  Abs: { 'both signs': { inputs: { x: nonZero(6) }, build: ({ x }) => abs(x) } },
  Relu: { 'both signs': { inputs: { x: nonZero(6) }, build: ({ x }) => relu(x) } },
  Softmax: {
    'over the last axis': { inputs: { x: normal(3, 4) }, build: ({ x }) => softmax(x) },
    'over channels': { inputs: { x: normal(2, 5, 2, 3) }, build: ({ x }) => softmax(x, 1) },
    'over a negative axis': { inputs: { x: normal(2, 3, 4) }, build: ({ x }) => softmax(x, -2) },
  },
  LogSoftmax: {
    'over the last axis': { inputs: { x: normal(3, 4) }, build: ({ x }) => logSoftmax(x) },
    'over channels': { inputs: { x: normal(2, 5, 2, 3) }, build: ({ x }) => logSoftmax(x, 1) },
  },
  Where: {
    'equal shapes': {
      inputs: { c: coins(3, 4), a: normal(3, 4), b: uniform(3, 4) },
      constant: ['c'],
      build: ({ c, a, b }) => where(greater(c, 0.5), a, b),
    },
    'all broadcast': {
      inputs: { c: coins(3, 1), a: normal(2, 1, 1), b: uniform(4) },
      constant: ['c'],
      build: ({ c, a, b }) => where(greater(c, 0.5), a, b),
    },
  },
  MatMul: {
    matrices: { inputs: { a: normal(2, 3), b: normal(3, 4) }, build: ({ a, b }) => matMul(a, b) },
    'a batch': { inputs: { a: normal(2, 2, 3), b: normal(2, 3, 2) }, build: ({ a, b }) => matMul(a, b) },
    'one matrix for a batch': {
      inputs: { a: normal(2, 3), b: normal(2, 3, 2) },
      build: ({ a, b }) => matMul(a, b),
    },
    'batches that broadcast': {
      inputs: { a: normal(3, 1, 2, 3), b: normal(2, 3, 2) },
      build: ({ a, b }) => matMul(a, b),
    },
  },
  FusedMatMul: {
    'the first transposed': {
      inputs: { a: normal(3, 2), b: normal(3, 4) },
      build: ({ a, b }) => matMul(a, b, { a: true }),
    },
    'the second transposed': {
      inputs: { a: normal(2, 3), b: normal(4, 3) },
      build: ({ a, b }) => matMul(a, b, { b: true }),
    },
    'both transposed': {
      inputs: { a: normal(3, 2), b: normal(4, 3) },
      build: ({ a, b }) => matMul(a, b, { a: true, b: true }),
    },
    'a batch with one matrix, transposed': {
      inputs: { a: normal(2, 3, 2), b: normal(4, 3) },
      build: ({ a, b }) => matMul(a, b, { a: true, b: true }),
    },
    'products of two maps': {
      inputs: { a: normal(2, 3, 2, 2), b: uniform(2, 3, 2, 2) },
      build: ({ a, b }) => channelDot(a, b),
    },
    'a matrix with its transpose': {
      inputs: { a: normal(2, 3, 2) },
      build: ({ a }) => matMul(a, a, { b: true }),
    },
  },
  Transpose: {
    'a cycle of axes': { inputs: { x: normal(2, 3, 4) }, build: ({ x }) => transpose(x, [2, 0, 1]) },
    'a swap': { inputs: { x: normal(2, 3, 2, 2) }, build: ({ x }) => transpose(x, [1, 0, 2, 3]) },
  },
  Reshape: {
    'rows regrouped': { inputs: { x: normal(2, 6) }, build: ({ x }) => reshape(x, [3, 2, 2]) },
    'to a scalar': { inputs: { x: normal(1, 1) }, build: ({ x }) => reshape(x, []) },
  },
  Expand: {
    'an axis of length one': { inputs: { x: normal(2, 1, 3) }, build: ({ x }) => expand(x, [2, 4, 3]) },
    'new leading axes': { inputs: { x: normal(3) }, build: ({ x }) => expand(x, [2, 2, 3]) },
  },
  ReduceSum: {
    'kept axes': { inputs: { x: normal(2, 3, 4) }, build: ({ x }) => reduceSum(x, [0, 2]) },
    'dropped axes': { inputs: { x: normal(2, 3, 4) }, build: ({ x }) => reduceSum(x, [0, 2], false) },
    'a negative axis': { inputs: { x: normal(2, 3, 4) }, build: ({ x }) => reduceSum(x, [-2], false) },
    'all axes': { inputs: { x: normal(2, 3) }, build: ({ x }) => reduceSum(x, [0, 1], false) },
    'each channel': { inputs: { x: normal(2, 3, 2, 2) }, build: ({ x }) => channelSum(x) },
  },
  ReduceMean: {
    'kept axes': { inputs: { x: normal(2, 3, 4) }, build: ({ x }) => reduceMean(x, [1]) },
    'dropped axes': { inputs: { x: normal(2, 3, 4) }, build: ({ x }) => reduceMean(x, [0, -1], false) },
  },
  ReduceMax: {
    'kept axes': { inputs: { x: distinct(2, 3, 4) }, build: ({ x }) => reduceMax(x, [1]) },
    'dropped axes': { inputs: { x: distinct(2, 3, 4) }, build: ({ x }) => reduceMax(x, [0, 2], false) },
    'a negative axis': { inputs: { x: distinct(2, 3, 4) }, build: ({ x }) => reduceMax(x, [-1], false) },
  },
  Slice: {
    'one axis': { inputs: { x: normal(2, 5) }, build: ({ x }) => slice(x, [1], [1], [4]) },
    'two axes, not in order': {
      inputs: { x: normal(4, 2, 5) },
      build: ({ x }) => slice(x, [2, 0], [3, 1], [5, 3]),
    },
    'a negative axis': { inputs: { x: normal(2, 5) }, build: ({ x }) => slice(x, [-1], [0], [2]) },
  },
  Gather: {
    'some places twice, some never': {
      inputs: { x: normal(6) },
      build: ({ x }) => gather(x, x.graph.constant(Int32Array.of(4, 0, 4, 1, 5, 4), [2, 3])),
    },
  },
  Concat: {
    'unequal parts': {
      inputs: { a: normal(2, 1, 2), b: uniform(2, 3, 2), c: normal(2, 2, 2) },
      build: ({ a, b, c }) => concat([a, b, c], 1),
    },
    'a value twice': { inputs: { a: normal(2, 3) }, build: ({ a }) => concat([a, a], 0) },
    'a negative axis': {
      inputs: { a: normal(2, 1), b: uniform(2, 3) },
      build: ({ a, b }) => concat([a, b], -1),
    },
  },
  Pad: {
    'unequal margins': { inputs: { x: normal(2, 3) }, build: ({ x }) => pad(x, [0, 2], [1, 0]) },
    'a margin taken away': {
      inputs: { x: normal(2, 3, 4) },
      build: ({ x }) => pad(x, [0, 0, 1], [0, 0, -1]),
    },
  },
  Conv: {
    '3 x 3': {
      inputs: { x: normal(2, 3, 4, 5), w: normal(4, 3, 3, 3) },
      build: ({ x, w }) => convolution(x, w),
    },
    '3 x 3 with a bias': {
      inputs: { x: normal(1, 2, 3, 4), w: normal(3, 2, 3, 3), b: normal(3) },
      build: ({ x, w, b }) => convolution(x, w, b),
    },
    '3 x 3 on a map of one pixel': {
      inputs: { x: normal(2, 2, 1, 1), w: normal(3, 2, 3, 3) },
      build: ({ x, w }) => convolution(x, w),
    },
    '1 x 1': {
      inputs: { x: normal(2, 3, 2, 3), w: normal(4, 3, 1, 1), b: normal(4) },
      build: ({ x, w, b }) => convolution(x, w, b),
    },
    'the first layer': {
      inputs: { x: normal(2, 1, 3, 4), w: normal(4, 1, 3, 3) },
      build: ({ x, w }) => convolution(x, w),
    },
    'one output channel': {
      inputs: { x: normal(2, 3, 3, 3), w: normal(1, 3, 3, 3) },
      build: ({ x, w }) => convolution(x, w),
    },
    'the patches of a picture': { inputs: { x: normal(2, 1, 3, 4) }, build: ({ x }) => patches(x) },
  },
  MaxPool: {
    'even sides': { inputs: { x: distinct(2, 2, 4, 6) }, build: ({ x }) => indexedMaxPool(x) },
    'odd sides lose their last row and column': {
      inputs: { x: distinct(1, 2, 5, 3) },
      build: ({ x }) => indexedMaxPool(x),
    },
  },
  ChannelAffine: {
    'a map': {
      inputs: { x: normal(2, 3, 2, 2), scale: normal(3), shift: uniform(3) },
      build: ({ x, scale, shift }) => channelAffine(x, scale, shift),
    },
  },
  Moments: {
    both: {
      inputs: { x: normal(2, 3, 2, 3) },
      build: ({ x }) => {
        const { mean, meanSquare } = moments(x);
        return [mean, meanSquare];
      },
    },
    'the mean alone': { inputs: { x: normal(2, 3, 2, 3) }, build: ({ x }) => moments(x).mean },
    'the mean square alone': { inputs: { x: normal(2, 3, 2, 3) }, build: ({ x }) => moments(x).meanSquare },
  },
};
