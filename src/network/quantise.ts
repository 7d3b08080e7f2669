/**
 * The network for use in 8-bit integers: pictures and maps as unsigned bytes, kernels as signed ones with a
 * scale for each output channel. Written as quantise and dequantise nodes around plain convolutions, which
 * runtimes fuse; the last layer of each head stays in floats, so logits and descriptors keep their precision,
 * and so do the first layers of narrow networks, which are quicker so.
 */
import { convolution, maxPool } from '../graph/convolution.js';
import { type Attribute, Graph, type Value } from '../graph/graph.js';
import { encodeModel } from '../graph/onnx.js';
import { multiply, reduceMax } from '../graph/operators.js';
import { architecture, type Layer } from './architecture.js';
import { imageInput, type NetworkMaps, normalisedDescriptors, runLayer, withOutputs } from './inference.js';
import { type ActivationRanges, IMAGE_SCALE, type IntegerLayer, integerLayers } from './integer-kernels.js';
import { shapeOfWeights, type Weights } from './weights.js';

export type { ActivationRanges } from './integer-kernels.js';

/** The graph from `image` [1, 1, height, width] to the largest value of each layer, [1] each, named by it. */
export function rangesModel(weights: Weights): Uint8Array {
  const graph = new Graph('ranges');
  const { encoder, detector, descriptor } = architecture(shapeOfWeights(weights));
  const run = (x: Value, layers: readonly Layer[]): Value => {
    let map = x;
    for (const layer of layers.filter(({ activated }) => activated)) {
      map = runLayer(map, layer, weights);
      // Pooling of 2 x 2 whole blocks keeps the largest value.
      graph.output(layer.name, reduceMax(map, [0, 1, 2, 3]));
    }
    return map;
  };
  const encoded = run(graph.input('image', 'float32', [1, 1, 'height', 'width']), encoder);
  run(encoded, detector);
  run(encoded, descriptor);
  return encodeModel(graph);
}

/** A map of bytes and what one of them is worth. */
interface ByteMap {
  readonly bytes: Value;
  readonly scale: Value;
}

function single(
  op: string,
  inputs: readonly Value[],
  type: Value['type'],
  like: Value,
  attributes: Readonly<Record<string, Attribute>> = {},
): Value {
  return like.graph.node(op, inputs, [{ type, dims: like.dims }], attributes)[0]!;
}

/** Bytes of a map; what is below 0 becomes 0, so that a ReLU before is done as well. */
function toBytes(map: Value, scale: Value): ByteMap {
  const zero = map.graph.constant(Uint8Array.of(0), []);
  return { bytes: single('QuantizeLinear', [map, scale, zero], 'uint8', map), scale };
}

function toFloats({ bytes, scale }: ByteMap): Value {
  const zero = bytes.graph.constant(Uint8Array.of(0), []);
  return single('DequantizeLinear', [bytes, scale, zero], 'float32', bytes);
}

/** Integers with a scale for each of the first dimension's channels, as floats; the constants bear names. */
function dequantised(
  graph: Graph,
  name: string,
  data: Int8Array | Int32Array,
  dims: readonly number[],
  scales: Float32Array,
): Value {
  const integers = graph.constant(data, dims, name);
  const worth = graph.constant(scales, [scales.length], `${name}_scale`);
  return single('DequantizeLinear', [integers, worth], 'float32', integers, { axis: 0 });
}

/** One layer on bytes, its ReLU and pooling included. */
function byteLayer(
  input: ByteMap,
  { name, pooled }: Layer,
  weights: Weights,
  integers: IntegerLayer,
): ByteMap {
  const { graph } = input.bytes;
  const { kernel, scales, inputScale, outputScale } = integers;
  const bias = weights[`${name}.bias`].data;
  const biasScales = scales.map((scale) => scale * inputScale);
  const biases = Int32Array.from(bias, (value, channel) => Math.round(value / biasScales[channel]));
  const filtered = convolution(
    toFloats(input),
    dequantised(graph, `${name}.weight`, kernel, weights[`${name}.weight`].dims, scales),
    dequantised(graph, `${name}.bias`, biases, [bias.length], biasScales),
  );
  const step = graph.constant(Float32Array.of(outputScale), [], `${name}.output_scale`);
  const output = toBytes(filtered, step);
  return pooled ? { ...output, bytes: maxPool(output.bytes) } : output;
}

/**
 * With fewer channels than so many, the layers at the picture's own size have too little to multiply for what making
 * bytes of their large maps costs: 17 ms in place of 9 with 8 channels at 480x640, 15 in place of 12 with 16; with 64
 * bytes take half the time.
 */
const FEWEST_CHANNELS = 32;

/** How many of the encoder's layers run in floats. */
function layersInFloats(weights: Weights): number {
  const { encoder } = architecture(shapeOfWeights(weights));
  return encoder[0].outputs < FEWEST_CHANNELS ? encoder.findIndex(({ pooled }) => pooled) + 1 : 0;
}

/** The bytes behind layers in floats; those of the picture where there are none. */
function firstBytes(
  image: Value,
  layers: readonly Layer[],
  weights: Weights,
  integers: Readonly<Record<string, IntegerLayer>>,
): ByteMap {
  const last = layers.at(-1);
  if (!last) return toBytes(image, image.graph.scalar(IMAGE_SCALE));
  const { outputScale } = integers[last.name];
  const map = layers.reduce((map, layer) => runLayer(map, layer, weights), image);
  // The runtime does not move the making of bytes across a product: pooling bytes at full size is slow.
  const { bytes } = toBytes(multiply(map, 1 / outputScale), image.graph.scalar(1));
  return { bytes, scale: image.graph.scalar(outputScale) };
}

/**
 * Adds the network to a graph, in int8.
 *
 * @param image [N, 1, H, W], grey in [0, 1], H and W multiples of 8.
 * @param ranges of `rangesModel`'s outputs over pictures like those it is for; larger values are cut off.
 * @param floats how many of the encoder's layers, the first ones, stay in floats. @default as is quickest
 * @throws RangeError where a layer has no range above 0.
 */
export function quantisedMaps(
  image: Value,
  weights: Weights,
  ranges: ActivationRanges,
  floats = layersInFloats(weights),
): NetworkMaps {
  const { encoder, detector, descriptor } = architecture(shapeOfWeights(weights));
  const integers = integerLayers(weights, ranges);
  const run = (input: ByteMap, layers: readonly Layer[]): ByteMap => {
    let map = input;
    for (const layer of layers) map = byteLayer(map, layer, weights, integers[layer.name]);
    return map;
  };
  const head = (encoded: ByteMap, [hidden, last]: readonly Layer[]): Value =>
    runLayer(toFloats(run(encoded, [hidden!])), last!, weights);
  const first = firstBytes(image, encoder.slice(0, floats), weights, integers);
  const encoded = run(first, encoder.slice(floats));
  const logits = head(encoded, detector);
  if (descriptor.length === 0) return { logits };
  return { logits, descriptors: normalisedDescriptors(head(encoded, descriptor)) };
}

/**
 * The network of `inferenceModel` in int8, as an ONNX file of about a quarter of the size, all of it that can be, so
 * that what reads it finds the range of each layer. @throws as `quantisedMaps`.
 */
export function quantisedModel(
  weights: Weights,
  ranges: ActivationRanges,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const graph = new Graph('SuperPoint');
  return encodeModel(withOutputs(graph, quantisedMaps(imageInput(graph), weights, ranges, 0)), metadata);
}
