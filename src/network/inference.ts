/** The network for use: twelve convolutions as an ONNX model for pictures of any size (§3). */
import type { StoredTensor } from '../files/raw-numbers.js';
import { convolution, maxPool } from '../graph/convolution.js';
import { Graph, type Value } from '../graph/graph.js';
import { encodeModel } from '../graph/onnx.js';
import { add, divide, multiply, relu, sqrt } from '../graph/operators.js';
import { architecture, type Layer } from './architecture.js';
import { networkWeights } from './weight-names.js';
import { shapeOfWeights, type Weights } from './weights.js';

/** Keeps the division finite where a descriptor is all zeros; too small to change another's length. */
const SMALLEST_SQUARE = 1e-24;

/** One layer, its ReLU and pooling included. */
export function runLayer(x: Value, { name, activated, pooled }: Layer, weights: Weights): Value {
  const [kernel, bias] = ['weight', 'bias'].map((part) => {
    const { data, dims } = weights[`${name}.${part}`]!;
    return x.graph.constant(data, dims as number[], `${name}.${part}`);
  });
  const filtered = convolution(x, kernel!, bias!);
  const map = activated ? relu(filtered) : filtered;
  return pooled ? maxPool(map) : map;
}

function runLayers(x: Value, layers: readonly Layer[], weights: Weights): Value {
  return layers.reduce((map, layer) => runLayer(map, layer, weights), x);
}

/**
 * Each cell's vector of a map [N, D, Hc, Wc] at length 1. The sum of squares is a convolution: as quick as a
 * reduction, and OpenCV 4.6 cannot reduce maps of unknown size.
 */
export function normalisedDescriptors(coarse: Value): Value {
  const channels = Number(coarse.dims[1]);
  const ones = coarse.graph.constant(new Float32Array(channels).fill(1), [1, channels, 1, 1]);
  const squares = convolution(multiply(coarse, coarse), ones);
  return divide(coarse, sqrt(add(squares, SMALLEST_SQUARE)));
}

/** What the network says of a picture, as values of a graph. */
export interface NetworkMaps {
  /** [N, 65, H / 8, W / 8] */
  readonly logits: Value;
  /** [N, D, H / 8, W / 8], of length 1 over their D channels; undefined for MagicPoint. */
  readonly descriptors?: Value;
}

/** Adds the network to a graph, in floats. @param image [N, 1, H, W], grey in [0, 1], H and W multiples of 8. */
export function networkMaps(image: Value, weights: Weights): NetworkMaps {
  const layers = architecture(shapeOfWeights(weights));
  const encoded = runLayers(image, layers.encoder, weights);
  const logits = runLayers(encoded, layers.detector, weights);
  if (layers.descriptor.length === 0) return { logits };
  return { logits, descriptors: normalisedDescriptors(runLayers(encoded, layers.descriptor, weights)) };
}

/** The picture that a network takes, as the input of a graph. */
export function imageInput(graph: Graph): Value {
  return graph.input('image', 'float32', ['batch', 1, 'height', 'width']);
}

/**
 * The graph from `image` [batch, 1, height, width], grey in [0, 1], height and width multiples of 8, to
 * `logits` [batch, 65, height / 8, width / 8] and `descriptors` [batch, D, height / 8, width / 8], of
 * length 1 over their D channels; MagicPoint's weights give `logits` alone.
 */
export function inferenceGraph(weights: Weights): Graph {
  const graph = new Graph('SuperPoint');
  return withOutputs(graph, networkMaps(imageInput(graph), weights));
}

/** The graph with a network's maps as its outputs. */
export function withOutputs(graph: Graph, { logits, descriptors }: NetworkMaps): Graph {
  graph.output('logits', logits);
  if (descriptors) graph.output('descriptors', descriptors);
  return graph;
}

/**
 * The graph of `inferenceGraph` as the bytes of an ONNX file.
 * @param tensors what `decodeSafetensors` or `decodePytorchCheckpoint` gives of a model in floats.
 * @throws FormatError as `networkWeights`.
 */
export function inferenceModel(
  tensors: Readonly<Record<string, StoredTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  return encodeModel(inferenceGraph(networkWeights(tensors)), metadata);
}
