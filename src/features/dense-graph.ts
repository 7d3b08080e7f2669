/**
 * Everything after the network that looks at each pixel, as parts of a graph: the heatmap, which is always one; and,
 * for models that other programs run (points-model.ts), corner strength and saliency, which saliency.ts computes here.
 */
import {
  binomialMean,
  depthToSpace,
  earlierMax,
  padEdges,
  squareMean,
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
  exp,
  greater,
  lessOrEqual,
  multiply,
  reduceMax,
  reduceSum,
  relu,
  slice,
  split,
  subtract,
  TO_END,
  transpose,
} from '../graph/operators.js';
import { CELL, CLASSES } from '../network/architecture.js';
import { imageInput, type NetworkMaps, networkMaps } from '../network/inference.js';
import type { Model } from '../network/model.js';
import { quantisedMaps } from '../network/quantise.js';
import { COARSE_WEIGHT, SMALLEST_TRACE } from './corners.js';

/** What of a model a graph is made of. */
export type NetworkModel = Pick<Model, 'weights' | 'ranges'>;

/** Pixels around one above the threshold, in each direction, where its keypoint may be. */
const REACH = 2;
/** Half the side of the square whose mean, taken twice, smooths the heatmap: a deviation of 2 pixels. */
const HEAT_RADIUS = 2;

/**
 * The probability of an interest point at each pixel (§3.2): softmax over the 65 classes of each cell, the
 * dustbin dropped, the others laid out as the 8x8 pixels of the cell.
 *
 * @param logits [N, 65, H, W]
 * @returns [N, 1, 8 H, 8 W]
 */
export function heatmapOf(logits: Value): Value {
  // Five times as fast as Softmax along an axis that is not the last.
  const exponentials = exp(subtract(logits, reduceMax(logits, [1])));
  const places = slice(exponentials, [1], [0], [CLASSES - 1]);
  return depthToSpace(divide(places, reduceSum(exponentials, [1])), CELL);
}

/** [N, D, H, W] → [N, H, W, D], each cell's vector in one piece. */
export function vectorsOfCells(descriptors: Value): Value {
  return transpose(descriptors, [0, 2, 3, 1]);
}

/** A mean over 3x3 pixels, so many times, edges continued. */
function smoothed(map: Value, mean: (map: Value) => Value, times: number): Value {
  let result = padEdges(map, times);
  for (let i = 0; i < times; i++) result = mean(result);
  return result;
}

/**
 * How much of a corner each pixel of a picture [1, 1, H, W] is: the structure tensor's det / trace (Harris and
 * Stephens 1988, Noble 1988) at two scales, one for the place of sharp corners, one that still tells corners where
 * the picture is blurred, dark or noisy; edges continued. A network of strides knows what is a corner, but where
 * only to a pixel or two; this finds the place again to a fraction of a pixel.
 *
 * @returns [1, 1, H, W] >= 0, of the order of the squared contrast.
 */
export function cornerStrengthOf(image: Value): Value {
  const fine = smoothed(image, binomialMean, 1);
  const coarse = smoothed(fine, squareMean, 2);
  // Binomials, 1 2 1 above and 1 4 6 4 1 here, as means: pooling is quicker than convolution.
  const sharp = detOverTrace(smoothed(gradientProducts(fine), binomialMean, 2));
  const blurred = detOverTrace(smoothed(gradientProducts(coarse), squareMean, 3));
  return add(sharp, multiply(blurred, COARSE_WEIGHT));
}

/** The products xx, xy, yy of the gradient [1, 3, H, W], over two pixels. */
function gradientProducts(map: Value): Value {
  const padded = padEdges(map, 1);
  const part = (starts: number[], ends: number[]) => slice(padded, [2, 3], starts, ends);
  const gx = subtract(part([1, 2], [-1, TO_END]), part([1, 0], [-1, -2]));
  const gy = subtract(part([2, 1], [TO_END, -1]), part([0, 1], [-2, -1]));
  return concat([multiply(gx, gx), multiply(gx, gy), multiply(gy, gy)], 1);
}

/** Determinant over trace of matrices xx, xy, yy [1, 3, H, W]. */
function detOverTrace(products: Value): Value {
  const [xx, xy, yy] = split(products, 3, 1) as [Value, Value, Value];
  const determinant = subtract(multiply(xx, yy), multiply(xy, xy));
  return relu(divide(determinant, add(add(xx, yy), SMALLEST_TRACE)));
}

/**
 * What stands out both for the network and in the picture: the heatmap, smoothed, times the corner strength;
 * 0 more than two pixels from a probability above the threshold.
 */
export function saliencyOf(heatmap: Value, strength: Value, threshold: Value): Value {
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
