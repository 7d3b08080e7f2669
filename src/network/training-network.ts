/**
 * The network while it trains: convolution, batch normalisation over the batch, ReLU. For inference the
 * normalisation is folded into plain convolutions (fold-batch-norm.ts). Layers without a gamma are plain convolutions already.
 */
import {
  channelAffine,
  convolution,
  indexedMaxPool,
  maxPool,
  moments,
  patches,
} from '../graph/convolution.js';
import { staticDims, type Value } from '../graph/graph.js';
import {
  abs,
  add,
  divide,
  matMul,
  maximum,
  multiply,
  reduceMean,
  reduceSum,
  relu,
  reshape,
  sqrt,
  subtract,
} from '../graph/operators.js';
import { architecture, type Layer, type NetworkShape } from './architecture.js';
import { VARIANCE_EPSILON } from './weights.js';

/** Mean and variance of a layer over the batch, [C] each: they feed the running statistics. */
export interface BatchStatistics {
  readonly name: string;
  readonly mean: Value;
  readonly variance: Value;
}

export interface TrainingOutputs {
  /** [N, 65, H / 8, W / 8] */
  readonly logits: Value;
  /** [N, D, H / 8, W / 8], not normalised; undefined for MagicPoint. */
  readonly descriptors: Value | undefined;
  readonly statistics: readonly BatchStatistics[];
}

type Parameters = Readonly<Record<string, Value>>;

/** Scale and shift of a normalisation; the scale is |gamma|, so that it commutes with a maximum. */
function affineOf(gamma: Value, beta: Value, mean: Value, variance: Value) {
  const scale = divide(abs(gamma), sqrt(add(variance, VARIANCE_EPSILON)));
  return { scale, shift: subtract(beta, multiply(mean, scale)) };
}

/**
 * The first layer reads one channel, so the mean and variance of its output follow from those of the
 * nine pixels under its kernel. The normalisation then folds into the kernel, and the largest map of
 * the network is written once instead of being read again for each statistic.
 */
function firstLayer(image: Value, { name, outputs }: Layer, parameters: Parameters) {
  const taps = patches(image);
  const [batch, , pixels] = staticDims(taps) as [number, number, number];
  const weight = parameters[`${name}.weight`];
  const kernel = reshape(weight, [outputs, 9]);
  const tapMean = reduceMean(taps, [0, 2], false);
  const centred = subtract(taps, reshape(tapMean, [1, 9, 1]));
  const products = reduceSum(matMul(centred, centred, { b: true }), [0], false);
  const covariance = multiply(products, 1 / (batch * pixels));
  const mean = reshape(matMul(kernel, reshape(tapMean, [9, 1])), [outputs]);
  const variance = maximum(reduceSum(multiply(matMul(kernel, covariance), kernel), [1], false), 0);
  const { scale, shift } = affineOf(parameters[`${name}.gamma`], parameters[`${name}.beta`], mean, variance);
  const folded = multiply(weight, reshape(scale, [outputs, 1, 1, 1]));
  return { map: relu(convolution(image, folded, shift)), statistics: { name, mean, variance } };
}

function normalisedLayer(x: Value, { name, pooled }: Layer, parameters: Parameters) {
  const filtered = convolution(x, parameters[`${name}.weight`]);
  const { mean, meanSquare } = moments(filtered);
  const variance = maximum(subtract(meanSquare, multiply(mean, mean)), 0);
  const { scale, shift } = affineOf(parameters[`${name}.gamma`], parameters[`${name}.beta`], mean, variance);
  // A scale that is not negative commutes with the maximum: a quarter of the elements to normalise.
  const pooledMap = pooled ? indexedMaxPool(filtered) : filtered;
  return { map: relu(channelAffine(pooledMap, scale, shift)), statistics: { name, mean, variance } };
}

/** A layer whose normalisation is folded. One that is frozen keeps no places of maxima: nothing flows back. */
function plainLayer(x: Value, { name, pooled }: Layer, parameters: Parameters): Value {
  const weight = parameters[`${name}.weight`];
  const filtered = convolution(x, weight, parameters[`${name}.bias`]);
  if (weight.graph.isConstant(weight)) return pooled ? maxPool(relu(filtered)) : relu(filtered);
  return relu(pooled ? indexedMaxPool(filtered) : filtered);
}

/**
 * @param image [N, 1, H, W] of static shape, H and W multiples of 8.
 * @param parameters as of `initialParameters`, or folded; the constants among them are not trained.
 */
export function trainingNetwork(image: Value, shape: NetworkShape, parameters: Parameters): TrainingOutputs {
  const statistics: BatchStatistics[] = [];
  const run = (input: Value, layers: readonly Layer[]): Value => {
    let map = input;
    for (const layer of layers) {
      if (!layer.activated) {
        map = convolution(map, parameters[`${layer.name}.weight`], parameters[`${layer.name}.bias`]);
        continue;
      }
      if (!parameters[`${layer.name}.gamma`]) {
        map = plainLayer(map, layer, parameters);
        continue;
      }
      const make = layer.inputs === 1 ? firstLayer : normalisedLayer;
      const result = make(map, layer, parameters);
      statistics.push(result.statistics);
      map = result.map;
    }
    return map;
  };
  const { encoder, detector, descriptor } = architecture(shape);
  const encoded = run(image, encoder);
  const logits = run(encoded, detector);
  const descriptors = descriptor.length > 0 ? run(encoded, descriptor) : undefined;
  return { logits, descriptors, statistics };
}
