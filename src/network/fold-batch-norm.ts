/**
 * Batch normalisation of other people's checkpoints, folded into plain convolutions, exactly.
 *
 * Before a ReLU it is linear with the convolution before it. After a ReLU it is linear with the convolution
 * behind it, but for that one's border: its zeros stand for `0`, not for the shift. So the shift travels as a
 * channel more, which is 1 everywhere in the picture and, like the others, 0 outside.
 */
import { FormatError } from '../files/format-error.js';
import type { Weights } from './weights.js';

type Tensor = Weights[string];

/** The normalisation y = gamma (x - mean) / sqrt(variance + epsilon) + beta of each channel. */
export interface BatchNorm {
  /** For messages. */
  readonly name: string;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  /** 1 where undefined. */
  readonly gamma: Float32Array | undefined;
  /** 0 where undefined. */
  readonly beta: Float32Array | undefined;
  readonly epsilon: number;
}

/** A convolution, and the normalisation that belongs to it. */
export interface NormalisedLayer {
  readonly name: string;
  readonly activated: boolean;
  readonly pooled: boolean;
  /** [outputs, inputs, size, size] */
  readonly kernel: Tensor;
  readonly bias: Tensor;
  readonly batchNorm: BatchNorm | undefined;
}

/** y = scale x + shift, channel by channel. */
interface Affine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** @throws FormatError where the statistics are of another length or a variance is negative. */
function affineOf({ name, mean, variance, gamma, beta, epsilon }: BatchNorm, channels: number): Affine {
  for (const [part, values] of Object.entries({ mean, variance, gamma, beta })) {
    if (values && values.length !== channels) {
      throw new FormatError(`expected ${channels} values for the ${part} of ${name}, got ${values.length}`);
    }
  }
  const negative = variance.findIndex((value) => value < 0);
  if (negative >= 0) {
    throw new FormatError(
      `expected variances of at least 0 in ${name}.running_var, got ${variance[negative]}`,
    );
  }
  const scale = Float64Array.from(variance, (value, i) => (gamma?.[i] ?? 1) / Math.sqrt(value + epsilon));
  return { scale, shift: scale.map((value, i) => (beta?.[i] ?? 0) - mean[i] * value) };
}

/**
 * Whether the normalisations follow the ReLUs: what a ReLU leaves has no negative mean, and hundreds of
 * channels in front of one have.
 *
 * @throws FormatError where the statistics contradict what the names say.
 */
function followsRelu(layers: readonly NormalisedLayer[], told: boolean | undefined): boolean {
  const norms = layers.flatMap(({ activated, batchNorm }) => (activated && batchNorm ? [batchNorm] : []));
  const negative = norms.find(({ mean }) => mean.some((value) => value < 0));
  if (told && negative) {
    throw new FormatError(
      `${negative.name}.running_mean has negative values, which no ReLU leaves: ` +
        'expected the normalisation behind the ReLU, as these names have it',
    );
  }
  return told ?? (!negative && norms.some(({ mean }) => mean.some((value) => value > 0)));
}

/** kernel x scale of each output, and the bias with it. */
function foldBefore({ kernel, bias }: NormalisedLayer, { scale, shift }: Affine): [Tensor, Tensor] {
  const taps = kernel.data.length / bias.data.length;
  return [
    { dims: kernel.dims, data: kernel.data.map((value, i) => value * scale[Math.floor(i / taps)]) },
    { dims: bias.dims, data: bias.data.map((value, i) => value * scale[i] + shift[i]) },
  ];
}

/**
 * A convolution of `scale x + shift`: the scale goes into the kernel; the shift into the bias of a kernel of
 * 1 x 1, or into the taps of an input channel more, which is 1 inside the picture.
 */
function foldBehind(kernel: Tensor, bias: Tensor, { scale, shift }: Affine): [Tensor, Tensor] {
  const [outputs, inputs, height, width] = kernel.dims;
  const taps = height * width;
  const channels = taps === 1 ? inputs : inputs + 1;
  const data = new Float32Array(outputs * channels * taps);
  const biases = Float32Array.from(bias.data);
  for (let output = 0; output < outputs; output++) {
    for (let tap = 0; tap < taps; tap++) {
      let shifted = 0;
      for (let input = 0; input < inputs; input++) {
        const value = kernel.data[(output * inputs + input) * taps + tap];
        data[(output * channels + input) * taps + tap] = value * scale[input];
        shifted += value * shift[input];
      }
      if (taps === 1) biases[output] += shifted;
      else data[(output * channels + inputs) * taps + tap] = shifted;
    }
  }
  return [
    { dims: [outputs, channels, height, width], data },
    { dims: bias.dims, data: biases },
  ];
}

/** The same convolution with an output more, which is always 1. */
function withOnes(kernel: Tensor, bias: Tensor): [Tensor, Tensor] {
  const [outputs, ...rest] = kernel.dims;
  const data = new Float32Array(kernel.data.length + kernel.data.length / outputs);
  data.set(kernel.data);
  return [
    { dims: [outputs + 1, ...rest], data },
    { dims: [outputs + 1], data: Float32Array.of(...bias.data, 1) },
  ];
}

/**
 * Weights of plain convolutions that compute what the normalised layers do. Behind a ReLU the encoder's
 * layers become one channel wider.
 *
 * @param afterRelu whether the normalisations follow the ReLUs; undefined: as their statistics tell.
 * @throws FormatError where that cannot be, or where it cannot be done exactly: a negative scale in front of
 *   a pooling.
 */
export function foldBatchNorm(layers: readonly NormalisedLayer[], afterRelu?: boolean): Weights {
  const follows = followsRelu(layers, afterRelu);
  const weights: Weights = {};
  // What the maps that a layer reads still want: of the encoder's end for both heads.
  let pending: Affine | undefined;
  let encoded: Affine | undefined;
  for (const layer of layers) {
    const { name, activated, pooled, batchNorm } = layer;
    if (name === 'convDa') pending = encoded;
    const affine = batchNorm && affineOf(batchNorm, layer.bias.data.length);
    const isBehind = follows && activated;
    let [kernel, bias] = affine && !isBehind ? foldBefore(layer, affine) : [layer.kernel, layer.bias];
    if (pending) [kernel, bias] = foldBehind(kernel, bias, pending);
    pending = isBehind ? affine : undefined;
    if (pending && pooled && pending.scale.some((value) => value < 0)) {
      throw new FormatError(
        `${batchNorm?.name}.weight has negative values in front of a pooling, which cannot be folded exactly`,
      );
    }
    if (pending && !isHead(name)) [kernel, bias] = withOnes(kernel, bias);
    if (name === 'conv4b') encoded = pending;
    weights[`${name}.weight`] = kernel;
    weights[`${name}.bias`] = bias;
  }
  return weights;
}

const isHead = (name: string) => /^conv[PD]/.test(name);
