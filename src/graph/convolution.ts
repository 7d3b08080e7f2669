/** Operators on feature maps [N, C, H, W]: convolution, pooling and per-channel arithmetic. */
import { type Dim, staticDims, type Value } from './graph.js';
import { longerDim, matMul, maximum, pad, reduceMean, reduceSum, reshape } from './operators.js';

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

/** The maximum of the (2 radius + 1)² square around each element, as far as it lies on the map. */
export function windowMax(x: Value, radius: number): Value {
  const attributes = { kernel_shape: Array(2).fill(2 * radius + 1), pads: Array(4).fill(radius) };
  return x.graph.node('MaxPool', [x], [x], attributes)[0]!;
}

/** The maximum of those elements of the same square that come before its middle, row by row; 0 where there is none. */
export function earlierMax(x: Value, radius: number): Value {
  const pool = (kernel: number[], pads: number[]) =>
    x.graph.node('MaxPool', [x], [x], { kernel_shape: kernel, pads })[0]!;
  // Each ends at the middle's row or column: moved on by one it ends before it.
  const above = pool([radius, 2 * radius + 1], [radius - 1, radius, 0, radius]);
  const left = pool([1, radius], [0, radius - 1, 0, 0]);
  return maximum(pad(above, [0, 0, 1, 0], [0, 0, -1, 0]), pad(left, [0, 0, 0, 1], [0, 0, 0, -1]));
}

/** The mean of the (2 radius + 1)² square around each element, zeros outside. */
export function windowMean(x: Value, radius: number): Value {
  const pads = Array(4).fill(radius);
  const attributes = { kernel_shape: Array(2).fill(2 * radius + 1), pads, count_include_pad: 1 };
  return x.graph.node('AveragePool', [x], [x], attributes)[0]!;
}

/** A smoothing by 1 2 1 along both axes, as two means of 2 x 2 neighbours: two rows and two columns less. */
export function binomialMean(x: Value): Value {
  return neighbourMean(neighbourMean(x));
}

/** One row and one column less. */
function neighbourMean(x: Value): Value {
  const dims = [x.dims[0]!, x.dims[1]!, longerDim(x.dims[2]!, -1), longerDim(x.dims[3]!, -1)];
  return x.graph.node('AveragePool', [x], [{ type: x.type, dims }], { kernel_shape: [2, 2] })[0]!;
}

/** The mean of each 3 x 3 square that lies on the map: two rows and two columns less. */
export function squareMean(x: Value): Value {
  const dims = [x.dims[0]!, x.dims[1]!, longerDim(x.dims[2]!, -2), longerDim(x.dims[3]!, -2)];
  return x.graph.node('AveragePool', [x], [{ type: x.type, dims }], { kernel_shape: [3, 3] })[0]!;
}

/** A map continued by `margin` rows and columns on each side, which repeat its edges. */
export function padEdges(x: Value, margin: number): Value {
  const dims = [x.dims[0]!, x.dims[1]!, longerDim(x.dims[2]!, 2 * margin), longerDim(x.dims[3]!, 2 * margin)];
  const amounts = x.graph.integers([0, 0, margin, margin, 0, 0, margin, margin]);
  return x.graph.node('Pad', [x, amounts], [{ type: x.type, dims }], { mode: 'edge' })[0]!;
}

/** [N, side², H, W] as [N, 1, side H, side W]: channel side dy + dx is the pixel (dx, dy) of a block. */
export function depthToSpace(x: Value, side: number): Value {
  const enlarged = (dim: Dim) => (typeof dim === 'number' ? side * dim : `${side}*${dim}`);
  const dims = [x.dims[0]!, 1, enlarged(x.dims[2]!), enlarged(x.dims[3]!)];
  return x.graph.node('DepthToSpace', [x], [{ type: x.type, dims }], { blocksize: side, mode: 'DCR' })[0]!;
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
