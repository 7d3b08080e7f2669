/** A model: weights ready for use with all that is known of them, in floats or in int8. */
import { encodeSafetensors, type SafetensorsFile } from '../files/safetensors.js';
import type { NetworkShape } from './architecture.js';
import { inferenceModel } from './inference.js';
import { type ActivationRanges, floatTensors, integerTensors } from './integer-kernels.js';
import { quantisedModel } from './quantise.js';
import { networkWeights } from './weight-names.js';
import { shapeOfWeights, type Weights } from './weights.js';

/** Weights ready for use. */
export interface Model {
  /** The name or file that it was read from, for messages. */
  readonly name: string;
  /** Twelve plain convolutions `conv1a … convDb` (ten for MagicPoint), float32. */
  readonly weights: Weights;
  /** Widths of the layers. */
  readonly shape: NetworkShape;
  /** Length of a descriptor; 0 for a detector alone (MagicPoint). */
  readonly descriptorDim: number;
  /** The largest value of each layer's map: given, the model runs in int8; undefined, in floats. */
  readonly ranges?: ActivationRanges;
  /** Free text that the file holds: recipe, stage, what it was made from. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * A model of named tensors, under any names that `networkWeights` knows.
 * @throws FormatError, which names the tensor, where they are no weights of SuperPoint or MagicPoint.
 */
export function modelOf({ tensors, metadata }: SafetensorsFile, name = 'model'): Model {
  const { tensors: floats, ranges } = floatTensors(tensors);
  const weights = networkWeights(floats);
  const shape = shapeOfWeights(weights);
  return { name, weights, shape, descriptorDim: shape.descriptor, ...(ranges ? { ranges } : {}), metadata };
}

/** The ONNX file of a model, from `image` to `logits` and `descriptors`; in int8 where the model is. */
export function onnxModel({ weights, ranges, metadata }: Model): Uint8Array {
  return ranges ? quantisedModel(weights, ranges, metadata) : inferenceModel(weights, metadata);
}

/**
 * A model as a safetensors file, which `readModel` reads; in int8 where the model is.
 * @param half stores floats in 16 bits: half the size, 11 bits of precision.
 */
export function encodeModel({ weights, ranges, metadata }: Model, { half = false } = {}): Uint8Array {
  const tensors = ranges ? integerTensors(weights, ranges) : weights;
  return encodeSafetensors(tensors, metadata, { half });
}
