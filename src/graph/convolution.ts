/** Operators on feature maps [N, C, H, W]: convolution, pooling and per-channel arithmetic. */
import { type Dim, staticDims, type Value } from './graph.js';
import { matMul, reduceMean, reduceSum, reshape } from './operators.js';

/**
 * Convolution with zero padding that keeps height and width: x [N, I, H, W], weight [O, I, k, k]
 * with k odd, bias [O].
 */
export function convolution(x: Value, weight: Value, bias?: Value): Value {
  const [outputs, inputs, size] = weight.dims;
  if (inputs !== x.dims[1]) {
    throw new RangeError(`convolution: expected ${inputs} channels, got a map of shape [${x.dims}]`);
  }
  const margin = (Number(size) - 1) / 2;
  const dims = [x.dims[0]!, outputs!, x.dims[2]!, x.dims[3]!];
  const attributes = { kernel_shape: [Number(size), Number(size)], pads: Array(4).fill(margin) };
  return x.graph.node(
    'Conv',
    bias ? [x, weight, bias] : [x, weight],
    [{ type: x.type, dims }],
    attributes,
  )[0]!;
}

const halved = (dim: Dim): Dim => (typeof dim === 'number' ? Math.floor(dim / 2) : `${dim}/2`);

const pooledDims = ({ dims }: Value): Dim[] => [dims[0]!, dims[1]!, halved(dims[2]!), halved(dims[3]!)];

const POOLING = { kernel_shape: [2, 2], strides: [2, 2] };

/** The maximum of each 2 x 2 block. Not differentiated: see `indexedMaxPool`. */
export function maxPool(x: Value): Value {
  return x.graph.node('MaxPool', [x], [{ type: x.type, dims: pooledDims(x) }], POOLING)[0]!;
}

/**
 * The maximum of each 2 x 2 block, differentiable: it keeps where each maximum stood, so that of
 * several equal ones a single one receives the gradient.
 */
export function indexedMaxPool(x: Value): Value {
  const dims = pooledDims(x);
  const outputs = [
    { type: x.type, dims },
    { type: 'int64' as const, dims },
  ];
  return x.graph.node('MaxPool', [x], outputs, POOLING)[0]!;
}

/**
 * x * scale + shift with one scale and shift [C] a channel, in one pass over memory: inference-form
 * batch normalisation of mean 0 and variance 1.
 */
export function channelAffine(x: Value, scale: Value, shift: Value): Value {
  const { graph } = x;
  const [y] = graph.composite('ChannelAffine', [x, scale, shift], () => {
    const channels = Number(x.dims[1]);
    const zeros = graph.constant(new Float32Array(channels), [channels]);
    const ones = graph.constant(new Float32Array(channels).fill(1), [channels]);
    const attributes = { epsilon: { float: 0 } };
    return graph.node('BatchNormalization', [x, scale, shift, zeros, ones], [x], attributes);
  });
  return y!;
}

/** Sum over batch, rows and columns: [N, C, H, W] → [C]. */
export function channelSum(x: Value): Value {
  return reduceSum(x, [0, 2, 3], false);
}

/** Sum of the products of two maps over batch, rows and columns: [C]. */
export function channelDot(a: Value, b: Value): Value {
  const [batch, channels, height, width] = staticDims(a) as [number, number, number, number];
  // A product with a transposed row runs nine times as fast as one with a column.
  const [left, right] = [a, b].map((map) => reshape(map, [batch * channels, 1, height * width]));
  const products = matMul(left!, right!, { b: true });
  return reduceSum(reshape(products, [batch, channels]), [0], false);
}

/** Mean and mean square of each channel over batch, rows and columns: [C] each. */
export function moments(x: Value): { mean: Value; meanSquare: Value } {
  const [mean, meanSquare] = x.graph.composite('Moments', [x], () => {
    const [batch, , height, width] = staticDims(x) as [number, number, number, number];
    const count = x.graph.scalar(1 / (batch * height * width));
    const scaled = x.graph.node('Mul', [channelDot(x, x), count], [{ type: x.type, dims: [x.dims[1]!] }]);
    return [reduceMean(x, [0, 2, 3], false), scaled[0]!];
  });
  return { mean: mean!, meanSquare: meanSquare! };
}

/**
 * The nine shifted copies of a one-channel picture [N, 1, H, W] that a 3 x 3 convolution reads, zeros
 * outside: [N, 9, H * W].
 */
export function patches(x: Value): Value {
  const [batch, , height, width] = staticDims(x) as [number, number, number, number];
  const taps = Float32Array.from({ length: 81 }, (_, i) => (i % 10 === 0 ? 1 : 0));
  const shifted = convolution(x, x.graph.constant(taps, [9, 1, 3, 3]));
  return reshape(shifted, [batch, 9, height * width]);
}
