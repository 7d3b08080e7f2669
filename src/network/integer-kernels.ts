/**
 * Kernels in 8-bit integers with a scale for each output channel, and how a safetensors file holds them:
 * `conv1a.weight` int8, `conv1a.weight_scale [outputs]`, `conv1a.bias` in floats (in an ONNX file int32 with
 * `conv1a.bias_scale`) and `conv1a.output_scale []`, what a step of the map behind is worth; the last layer of
 * each head in floats. Read back they are floats that round to the same
 * integers, so a model in int8 is weights like any other, and ranges.
 */
import { FormatError } from '../files/format-error.js';
import type { StoredTensor } from '../files/raw-numbers.js';
import { architecture, type Layer } from './architecture.js';
import { shapeOfWeights, type Weights } from './weights.js';

/** Largest value of the map behind each layer with a ReLU, by the layer's name. */
export type ActivationRanges = Readonly<Record<string, number>>;

/** A layer in integers. */
export interface IntegerLayer {
  /** Whole numbers from -63 to 63, in the order of the kernel. */
  readonly kernel: Int8Array;
  /** What one of them is worth, for each output channel. */
  readonly scales: Float32Array;
  /** What one step of the map before and of the one behind is worth; both begin at 0. */
  readonly inputScale: number;
  readonly outputScale: number;
}

/** A picture's bytes. */
export const IMAGE_SCALE = 1 / 255;
const MAP_LEVELS = 255;
/**
 * Kernels use seven of their eight bits: x86 processors without VNNI add two products of bytes in 16 bits,
 * which the eighth bit would overflow.
 */
const KERNEL_LEVELS = 63;
/** A bias is counted in steps of kernel and map, and has 32 bits. */
const BIAS_LEVELS = 2 ** 30;
/** A scale has to be above 0 also where a kernel has nothing but zeros. */
const SMALLEST_SCALE = 1e-14;

/**
 * The layers with a ReLU in integers, by name.
 * @throws RangeError where one has no range above 0.
 */
export function integerLayers(weights: Weights, ranges: ActivationRanges): Record<string, IntegerLayer> {
  const { encoder, detector, descriptor } = architecture(shapeOfWeights(weights));
  const layers: Record<string, IntegerLayer> = {};
  const follow = (inputScale: number, chain: readonly Layer[]): number =>
    chain
      .filter(({ activated }) => activated)
      .reduce((scale, { name }) => {
        layers[name] = integerLayer(name, weights, scale, ranges[name]);
        return layers[name].outputScale;
      }, inputScale);
  const encoded = follow(IMAGE_SCALE, encoder);
  follow(encoded, detector);
  follow(encoded, descriptor);
  return layers;
}

function integerLayer(name: string, weights: Weights, inputScale: number, range: number): IntegerLayer {
  if (!(range > 0 && Number.isFinite(range))) {
    throw new RangeError(`expected a range above 0 for ${name}, got ${range}`);
  }
  const { data } = weights[`${name}.weight`];
  const bias = weights[`${name}.bias`].data;
  const taps = data.length / bias.length;
  const scales = new Float32Array(bias.length);
  const kernel = new Int8Array(data.length);
  for (const [channel, shift] of bias.entries()) {
    const [start, end] = [channel * taps, (channel + 1) * taps];
    let largest = 0;
    for (let i = start; i < end; i++) largest = Math.max(largest, Math.abs(data[i]));
    scales[channel] = Math.max(
      largest / KERNEL_LEVELS,
      Math.abs(shift) / (inputScale * BIAS_LEVELS),
      SMALLEST_SCALE,
    );
    for (let i = start; i < end; i++) kernel[i] = Math.round(data[i] / scales[channel]);
  }
  // As precise as a file holds it.
  return { kernel, scales, inputScale, outputScale: Math.fround(range / MAP_LEVELS) };
}

const OUTPUT_SCALE = '.output_scale';

/** The tensors of a model in integers, as its file holds them. @throws as `integerLayers`. */
export function integerTensors(weights: Weights, ranges: ActivationRanges): Record<string, StoredTensor> {
  const tensors: Record<string, StoredTensor> = { ...weights };
  for (const [name, { kernel, scales, outputScale }] of Object.entries(integerLayers(weights, ranges))) {
    tensors[`${name}.weight`] = { dims: weights[`${name}.weight`].dims, data: kernel };
    tensors[`${name}.weight_scale`] = { dims: [scales.length], data: scales };
    tensors[name + OUTPUT_SCALE] = { dims: [], data: Float32Array.of(outputScale) };
  }
  return tensors;
}

/**
 * The tensors of any file, integers with scales back in floats, and the ranges where there are some.
 * @throws FormatError for scales that do not fit their integers.
 */
export function floatTensors(tensors: Readonly<Record<string, StoredTensor>>): {
  tensors: Record<string, StoredTensor>;
  ranges: ActivationRanges | undefined;
} {
  const floats: Record<string, StoredTensor> = {};
  const ranges: Record<string, number> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    const scales = tensors[`${name}_scale`];
    if (name.endsWith(OUTPUT_SCALE)) {
      ranges[name.slice(0, -OUTPUT_SCALE.length)] = MAP_LEVELS * Number(tensor.data[0]);
    } else if (scales) floats[name] = dequantised(name, tensor, scales);
    else if (!/\.(weight|bias)_scale$/.test(name)) floats[name] = tensor;
  }
  return { tensors: floats, ranges: Object.keys(ranges).length > 0 ? ranges : undefined };
}

function dequantised(name: string, { dims, data }: StoredTensor, scales: StoredTensor): StoredTensor {
  const [outputs] = dims;
  const isIntegers = /^Int(8|32)Array$/.test(data[Symbol.toStringTag]);
  if (!isIntegers || scales.data.length !== outputs) {
    throw new FormatError(`expected ${name} in integers with a scale for each of its ${outputs} outputs`);
  }
  const taps = data.length / outputs;
  const values = new Float32Array(data.length);
  for (let channel = 0; channel < outputs; channel++) {
    const scale = Number(scales.data[channel]);
    for (let i = channel * taps; i < (channel + 1) * taps; i++) values[i] = Number(data[i]) * scale;
  }
  return { dims, data: values };
}
