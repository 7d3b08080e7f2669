/**
 * Everything after the network that looks at each pixel, as parts of a graph: heatmap, corner strength of the
 * picture, the product of both, and the pixels that may survive suppression. What is left for each point is
 * done outside (keypoints.ts).
 */
import {
  depthToSpace,
  earlierMax,
  neighbourMean,
  padEdges,
  windowMax,
  windowMean,
} from '../graph/convolution.js';
import { Graph, type Value } from '../graph/graph.js';
import { encodeModel } from '../graph/onnx.js';
import {
  add,
  and,
  cast,
  concat,
  divide,
  equal,
  flatten,
  gather,
  greater,
  indicesWhere,
  lessOrEqual,
  multiply,
  or,
  relu,
  slice,
  softmax,
  split,
  subtract,
  TO_END,
  transpose,
} from '../graph/operators.js';
import { CELL, CLASSES } from '../network/architecture.js';
import { imageInput, type NetworkMaps, networkMaps } from '../network/inference.js';
import type { Model } from '../network/model.js';
import { quantisedMaps } from '../network/quantise.js';

/** What of a model a graph is made of. */
export type NetworkModel = Pick<Model, 'weights' | 'ranges'>;

/** Pixels around one above the threshold, in each direction, where its keypoint may be. */
const REACH = 2;
/** Half the side of the square whose mean, taken twice, smooths the heatmap: a deviation of 2 pixels. */
const HEAT_RADIUS = 2;
/** Keeps the strength of flat places at 0. */
const SMALLEST_TRACE = 1e-6;
/** Pixels around one that its corner strength, or its smoothed heat, depends on. */
export const DENSE_REACH = 4;

/**
 * The probability of an interest point at each pixel (§3.2): softmax over the 65 classes of each cell, the
 * dustbin dropped, the others laid out as the 8x8 pixels of the cell.
 *
 * @param logits [N, 65, H, W]
 * @returns [N, 1, 8 H, 8 W]
 */
export function heatmapOf(logits: Value): Value {
  return depthToSpace(slice(softmax(logits, 1), [1], [0], [CLASSES - 1]), CELL);
}

/** [N, D, H, W] → [N, H, W, D], each cell's vector in one piece. */
export function vectorsOfCells(descriptors: Value): Value {
  return transpose(descriptors, [0, 2, 3, 1]);
}

/**
 * How much of a corner each pixel of a picture [1, 1, H, W] is: the structure tensor's det / trace (Harris and
 * Stephens 1988, Noble 1988), smoothed by 1 2 1 before and a binomial of 5x5 pixels after, edges continued. A
 * network of strides knows what is a corner, but where only to a pixel or two; this finds the place again to a
 * fraction of a pixel.
 *
 * @returns [1, 1, H, W] >= 0, of the order of the squared contrast.
 */
export function cornerStrengthOf(image: Value): Value {
  const smoothed = padEdges(neighbourMean(neighbourMean(padEdges(image, 1))), 1);
  const part = (starts: number[], ends: number[]) => slice(smoothed, [2, 3], starts, ends);
  const gx = subtract(part([1, 2], [-1, TO_END]), part([1, 0], [-1, -2]));
  const gy = subtract(part([2, 1], [TO_END, -1]), part([0, 1], [-2, -1]));
  let products = padEdges(concat([multiply(gx, gx), multiply(gx, gy), multiply(gy, gy)], 1), 2);
  // Four means of two neighbours are the binomial 1 4 6 4 1, and pooling is quicker than convolution.
  for (let i = 0; i < 4; i++) products = neighbourMean(products);
  const [xx, xy, yy] = split(products, 3, 1) as [Value, Value, Value];
  const determinant = subtract(multiply(xx, yy), multiply(xy, xy));
  return relu(divide(determinant, add(add(xx, yy), SMALLEST_TRACE)));
}

/**
 * What stands out both for the network and in the picture: the heatmap, smoothed, times the corner strength;
 * 0 more than two pixels from a probability above the threshold.
 */
export function standingOut(heatmap: Value, strength: Value, threshold: Value): Value {
  const heat = windowMean(windowMean(heatmap, HEAT_RADIUS), HEAT_RADIUS);
  const near = greater(windowMax(heatmap, REACH), threshold);
  return multiply(multiply(heat, strength), cast(near, 'float32'));
}

/**
 * A round of greedy suppression on a map >= 0: which pixels are above 0, which of them are the best of their square,
 * the earlier of equal ones, and which pixels have none of these in their square.
 */
export function suppressionRound(map: Value, radius: number) {
  const isSome = greater(map, 0);
  const isLargest = and(isSome, equal(map, windowMax(map, radius)));
  const isBest = radius > 0 ? and(isLargest, greater(map, earlierMax(map, radius))) : isSome;
  const isFree = lessOrEqual(windowMax(cast(isBest, 'float32'), radius), 0);
  return { isSome, isBest, isFree };
}

/**
 * The pixels of a map >= 0 that greedy suppression may keep: those that are the best of their square, which it
 * keeps for certain, and those above 0 in the square of none of these.
 *
 * @returns indices (int32, row-major, ascending) and values.
 */
export function survivors(map: Value, radius: number): { indices: Value; values: Value } {
  const { isSome, isBest, isFree } = suppressionRound(map, radius);
  const indices = indicesWhere(flatten(or(isBest, and(isSome, isFree))), 'candidates');
  return { indices: cast(indices, 'int32'), values: gather(flatten(map), indices) };
}

/** Adds a network to a graph, in floats or in int8. @param image [N, 1, H, W], H and W multiples of 8. */
export function mapsOf(image: Value, { weights, ranges }: NetworkModel): NetworkMaps {
  return ranges ? quantisedMaps(image, weights, ranges) : networkMaps(image, weights);
}

/**
 * A network with what follows it at each pixel and cell, as ONNX: from `image` [N, 1, H, W] to `heatmap`
 * [N, 1, H, W] and `cells` [N, H / 8, W / 8, D], no cells for MagicPoint.
 */
export function denseModel(model: NetworkModel): Uint8Array {
  const graph = new Graph('SuperPoint');
  const { logits, descriptors } = mapsOf(imageInput(graph), model);
  graph.output('heatmap', heatmapOf(logits));
  if (descriptors) graph.output('cells', vectorsOfCells(descriptors));
  return encodeModel(graph);
}

/**
 * The model that finds what may be a keypoint, from `image` and `heatmap` [1, 1, H, W] and `threshold` [] to
 * `indices` and `values` of the candidates (`survivors`) and `strength` [1, 1, H, W] (`cornerStrengthOf`).
 *
 * @param nmsRadius half the side of the square that a keypoint silences, pixels.
 */
export function candidatesModel(nmsRadius: number): Uint8Array {
  const graph = new Graph('candidates');
  const image = graph.input('image', 'float32', [1, 1, 'height', 'width']);
  const heatmap = graph.input('heatmap', 'float32', [1, 1, 'height', 'width']);
  const threshold = graph.input('threshold', 'float32', []);
  const strength = cornerStrengthOf(image);
  const { indices, values } = survivors(standingOut(heatmap, strength, threshold), nmsRadius);
  graph.output('strength', strength);
  graph.output('indices', indices);
  graph.output('values', values);
  return encodeModel(graph);
}
