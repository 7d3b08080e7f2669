/**
 * Weights: while training, a kernel and batch normalisation for each layer; for use, folded into the
 * twelve plain convolutions `conv1a … convDb` of the published network. Training goes on from folded
 * layers as well: a layer without `x.gamma` is a plain convolution with `x.bias`.
 */
import type { Random } from '../random.js';
import { allLayers, CLASSES, type Layer, type NetworkShape } from './architecture.js';

/** Named tensors, row-major. */
export type Weights = Record<string, { readonly dims: readonly number[]; readonly data: Float32Array }>;

/** Added to a variance before its root is taken. */
export const VARIANCE_EPSILON = 1e-5;

const constantTensor = (length: number, value: number) => ({
  dims: [length],
  data: new Float32Array(length).fill(value),
});

/** Normal with the deviation that keeps the size of activations through ReLU (He et al. 2015). */
function initialKernel({ name, inputs, outputs, size, activated }: Layer, random: Random) {
  const fanIn = inputs * size * size;
  const deviation = Math.sqrt((activated ? 2 : 1) / fanIn);
  const source = random.fork(name);
  const data = Float32Array.from({ length: outputs * fanIn }, () => source.normal(0, deviation));
  return { dims: [outputs, inputs, size, size], data };
}

/**
 * The dustbin's bias at the start. Nearly all cells are empty; a network that has to find that out spends its
 * first hundreds of steps on it.
 */
const EMPTY_LOGIT = 5;

/** What training changes: `x.weight` and, per layer, `x.gamma` and `x.beta` or `x.bias`. */
export function initialParameters(shape: NetworkShape, random: Random): Weights {
  const parameters: Weights = {};
  for (const layer of allLayers(shape)) {
    parameters[`${layer.name}.weight`] = initialKernel(layer, random);
    if (layer.activated) {
      parameters[`${layer.name}.gamma`] = constantTensor(layer.outputs, 1);
      parameters[`${layer.name}.beta`] = constantTensor(layer.outputs, 0);
    } else {
      parameters[`${layer.name}.bias`] = constantTensor(layer.outputs, 0);
    }
  }
  parameters['convPb.bias'].data[CLASSES - 1] = EMPTY_LOGIT;
  return parameters;
}

/** Running mean and variance of each normalised layer: `x.mean`, `x.variance`. */
export function initialStatistics(shape: NetworkShape): Weights {
  const statistics: Weights = {};
  for (const { name, outputs, activated } of allLayers(shape)) {
    if (!activated) continue;
    statistics[`${name}.mean`] = constantTensor(outputs, 0);
    statistics[`${name}.variance`] = constantTensor(outputs, 1);
  }
  return statistics;
}

function tensorNamed(weights: Weights, name: string) {
  const found = weights[name];
  if (!found) throw new RangeError(`expected a tensor named ${name} among the weights`);
  return found;
}

/** Is a layer normalised, or a plain convolution? */
const isNormalised = ({ name, activated }: Layer, parameters: Weights) =>
  activated && (parameters[`${name}.gamma`] !== undefined || parameters[`${name}.bias`] === undefined);

/** Folds one layer's normalisation y = |gamma| (x - mean) / sqrt(variance + eps) + beta into its kernel. */
function foldLayer(layer: Layer, parameters: Weights, statistics: Weights): Weights {
  const { name, outputs } = layer;
  const kernel = tensorNamed(parameters, `${name}.weight`);
  if (!isNormalised(layer, parameters)) {
    return { [`${name}.weight`]: kernel, [`${name}.bias`]: tensorNamed(parameters, `${name}.bias`) };
  }
  const gamma = tensorNamed(parameters, `${name}.gamma`).data;
  const beta = tensorNamed(parameters, `${name}.beta`).data;
  const mean = tensorNamed(statistics, `${name}.mean`).data;
  const variance = tensorNamed(statistics, `${name}.variance`).data;
  const data = new Float32Array(kernel.data.length);
  const bias = new Float32Array(outputs);
  const taps = kernel.data.length / outputs;
  for (let channel = 0; channel < outputs; channel++) {
    const scale = Math.abs(gamma[channel]) / Math.sqrt(variance[channel] + VARIANCE_EPSILON);
    for (let tap = channel * taps; tap < (channel + 1) * taps; tap++) data[tap] = kernel.data[tap] * scale;
    bias[channel] = beta[channel] - mean[channel] * scale;
  }
  return {
    [`${name}.weight`]: { dims: kernel.dims, data },
    [`${name}.bias`]: { dims: [outputs], data: bias },
  };
}

/**
 * The weights for use: `conv1a.weight [64, 1, 3, 3]`, `conv1a.bias [64]`, … `convDb.bias [256]`, by the
 * names and shapes of the published network.
 */
export function foldNormalisation(shape: NetworkShape, parameters: Weights, statistics: Weights): Weights {
  return Object.assign({}, ...allLayers(shape).map((layer) => foldLayer(layer, parameters, statistics)));
}

/** The layer that a tensor belongs to: `conv1a` of `conv1a.weight`. */
const layerOf = (tensor: string) => tensor.slice(0, tensor.indexOf('.'));

/** Those tensors that belong to a layer. */
export function tensorsOf(layer: string, tensors: Weights): Weights {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => layerOf(name) === layer));
}

/** Parameters and running statistics together, the layers in `names` folded, the others as they are. */
export function foldLayers(shape: NetworkShape, tensors: Weights, names: ReadonlySet<string>): Weights {
  const layers = allLayers(shape).map((layer) =>
    names.has(layer.name) ? foldLayer(layer, tensors, tensors) : tensorsOf(layer.name, tensors),
  );
  return Object.assign({}, ...layers);
}

/** Parameters of the layers named in `frozen`, and the others. */
export function splitParameters(
  parameters: Weights,
  frozen: ReadonlySet<string> = new Set(),
): { trained: Weights; frozen: Weights } {
  const where = (isFrozen: boolean): Weights =>
    Object.fromEntries(Object.entries(parameters).filter(([name]) => frozen.has(layerOf(name)) === isFrozen));
  return { trained: where(false), frozen: where(true) };
}

/**
 * Reads the widths off folded weights.
 * @throws RangeError where a tensor is missing or has another shape than its neighbours ask for.
 */
export function shapeOfWeights(weights: Weights): NetworkShape {
  const outputs = (name: string) => {
    const { dims } = tensorNamed(weights, `${name}.weight`);
    if (dims.length !== 4) throw new RangeError(`expected 4 dimensions for ${name}.weight, got [${dims}]`);
    return dims[0];
  };
  const shape: NetworkShape = {
    encoder: [outputs('conv1a'), outputs('conv2a'), outputs('conv3a'), outputs('conv4a')],
    head: outputs('convPa'),
    descriptor: weights['convDb.weight'] ? outputs('convDb') : 0,
  };
  for (const { name, inputs, outputs: width, size } of allLayers(shape)) {
    const expected = `${[width, inputs, size, size]}`;
    const { dims } = tensorNamed(weights, `${name}.weight`);
    if (`${dims}` !== expected) {
      throw new RangeError(`expected shape [${expected}] for ${name}.weight, got [${dims}]`);
    }
    const bias = tensorNamed(weights, `${name}.bias`);
    if (`${bias.dims}` !== `${[width]}`) {
      throw new RangeError(`expected shape [${width}] for ${name}.bias, got [${bias.dims}]`);
    }
  }
  return shape;
}

/** Number of values in all tensors. */
export function parameterCount(weights: Weights): number {
  return Object.values(weights).reduce((sum, { data }) => sum + data.length, 0);
}
