/**
 * The whole of detection in one ONNX model, for programs in other languages: a picture of any size in, a fixed number
 * of keypoints with scores and descriptors out. It takes the steps of `detect` at one size (`cornerKeypoints`,
 * `sampleDescriptors`) by standard operators alone; suppression and climbing end after a fixed number of rounds.
 */
import { Graph, type Value } from '../graph/graph.js';
import { encodeModel } from '../graph/onnx.js';
import {
  add,
  and,
  argMax,
  cast,
  concat,
  divide,
  equal,
  flatten,
  floor,
  gather,
  gatherRows,
  greater,
  lessOrEqual,
  log,
  matMul,
  maximum,
  minimum,
  modulo,
  multiply,
  pad,
  reduceL2,
  reduceMax,
  reshape,
  shapeOf,
  slice,
  split,
  sqrt,
  subtract,
  topK,
  where,
} from '../graph/operators.js';
import { CELL } from '../network/architecture.js';
import type { Model } from '../network/model.js';
import { SMALLEST_STRENGTH } from './corners.js';
import {
  cornerStrengthOf,
  heatmapOf,
  mapsOf,
  saliencyOf,
  suppressionRound,
  vectorsOfCells,
} from './dense-graph.js';
import { type KeypointOptions, keypointOptions } from './extract-keypoints.js';

/** After so many rounds of suppression what is left is left out. */
const SUPPRESSION_ROUNDS = 6;
/** Steps to a neighbour that a keypoint climbs at most. */
const CLIMBING_STEPS = 8;

/** Whole pixels of a picture, one a candidate. */
interface Pixels {
  /** Row-major, [M] int64. */
  readonly index: Value;
  /** [M] */
  readonly x: Value;
  readonly y: Value;
}

/** Height and width of a picture [1, 1, H, W], [1] int64 each. */
function sizeOf(image: Value): { height: Value; width: Value } {
  const shape = shapeOf(image);
  return { height: slice(shape, [0], [2], [3]), width: slice(shape, [0], [3], [4]) };
}

/** The picture padded to whole cells by repeating the right and bottom edge. */
function paddedToCells(image: Value): Value {
  const { graph } = image;
  const sizes = slice(shapeOf(image), [0], [2], [4]);
  const cell = graph.integers([CELL]);
  const extra = modulo(subtract(cell, modulo(sizes, cell)), cell);
  const amounts = concat([graph.integers([0, 0, 0, 0, 0, 0]), extra], 0);
  const result = [{ type: image.type, dims: [1, 1, 'padded height', 'padded width'] }];
  return graph.node('Pad', [image, amounts], result, { mode: 'edge' })[0];
}

/** The top-left part of a map that is as large as the picture. */
function croppedTo(image: Value, map: Value): Value {
  const { graph } = map;
  const sizes = slice(shapeOf(image), [0], [2], [4]);
  return graph.node('Slice', [map, graph.integers([0, 0]), sizes, graph.integers([2, 3])], [image])[0];
}

/** What a few rounds of greedy suppression keep of a map, 0 elsewhere and nearer to an edge than the margin. */
function suppressed(map: Value, radius: number, margin: number): Value {
  let left = map;
  let kept: Value | undefined;
  for (let round = 0; round < SUPPRESSION_ROUNDS; round++) {
    const { isBest, isFree } = suppressionRound(left, radius);
    const best = multiply(left, cast(isBest, 'float32'));
    kept = kept ? add(kept, best) : best;
    left = multiply(left, cast(isFree, 'float32'));
  }
  const shrink = [0, 0, -margin, -margin];
  const grow = [0, 0, margin, margin];
  return pad(pad(kept as Value, shrink, shrink), grow, grow);
}

function pixelsAt(index: Value, width: Value): Pixels {
  return {
    index,
    x: cast(modulo(index, width), 'float32'),
    y: cast(divide(index, width), 'float32'),
  };
}

/** Of each pixel itself and its eight neighbours (left, right, above, below first) the values of a map, [M, 9]. */
function neighbours(map: Value, index: Value, offsets: Value): Value {
  const count = Number(index.dims[0]);
  return gather(map, within(map, add(reshape(index, [count, 1]), offsets)));
}

/** Indices, kept within those of a row. */
function within(row: Value, indices: Value): Value {
  const last = subtract(shapeOf(row), row.graph.integers([1]));
  return minimum(maximum(indices, row.graph.integers([0])), last);
}

/** By how much the indices of a pixel and its neighbours differ, [9]. */
function neighbourOffsets(width: Value): Value {
  const { graph } = width;
  const right = graph.integers([0, -1, 1, 0, 0, -1, 1, -1, 1]);
  const down = graph.integers([0, 0, 0, -1, 1, -1, -1, 1, 1]);
  return add(multiply(down, width), right);
}

/** The places between the pixels that candidates climb to, as `snapToCorners` finds them. */
function climbed(start: Pixels, strength: Value, radius: number, height: Value, width: Value) {
  const { graph } = strength;
  const map = flatten(strength);
  const offsets = neighbourOffsets(width);
  let index = start.index;
  for (let step = 0; step < CLIMBING_STEPS; step++) {
    index = within(map, add(index, gather(offsets, argMax(neighbours(map, index, offsets), 1))));
  }
  const end = pixelsAt(index, width);
  const around = neighbours(map, index, offsets);
  const isTop = equal(argMax(around, 1), graph.integers([0]));
  const between = (value: Value, from: Value | number, to: Value) =>
    and(greater(value, from), lessOrEqual(value, to));
  const near = (from: Value, to: Value) => between(to, subtract(from, radius + 0.5), add(from, radius + 0.5));
  const inside = (value: Value, size: Value) => between(value, 0.5, subtract(cast(size, 'float32'), 2));
  const isCorner = [
    near(start.x, end.x),
    near(start.y, end.y),
    inside(end.x, width),
    inside(end.y, height),
    greater(gather(map, index), 0),
  ].reduce(and, isTop);
  const [dx, dy] = peakBetweenPixels(around);
  return { x: where(isCorner, add(end.x, dx), start.x), y: where(isCorner, add(end.y, dy), start.y) };
}

/** Where the quadratic through the logarithms of a maximum and its neighbours, [M, 9], has its peak. */
function peakBetweenPixels(around: Value): [Value, Value] {
  const { graph } = around;
  const count = Number(around.dims[0]);
  const parts = split(log(add(around, SMALLEST_STRENGTH)), 9, 1).map((part) => reshape(part, [count]));
  const [middle, left, right, above, below, aboveLeft, aboveRight, belowLeft, belowRight] = parts;
  const xx = subtract(add(left, right), multiply(middle, 2));
  const yy = subtract(add(above, below), multiply(middle, 2));
  const xy = multiply(subtract(add(belowRight, aboveLeft), add(aboveRight, belowLeft)), 0.25);
  const dx = multiply(subtract(right, left), 0.5);
  const dy = multiply(subtract(below, above), 0.5);
  const determinant = subtract(multiply(xx, yy), multiply(xy, xy));
  const isPeak = greater(determinant, 0);
  const zero = graph.scalar(0);
  const offset = (numerator: Value) => {
    const whole = divide(numerator, where(isPeak, determinant, graph.scalar(1)));
    return where(isPeak, minimum(maximum(whole, -1), 1), zero);
  };
  return [
    offset(subtract(multiply(xy, dy), multiply(yy, dx))),
    offset(subtract(multiply(xy, dx), multiply(xx, dy))),
  ];
}

/** The scores, 0 for a point in the pixel of an earlier one. */
function firstOfEachPixel(scores: Value, x: Value, y: Value, width: Value): Value {
  const { graph } = scores;
  const count = Number(scores.dims[0]);
  const nearest = (value: Value) => floor(add(value, 0.5));
  const pixel = add(multiply(nearest(y), cast(width, 'float32')), nearest(x));
  const rank = Float32Array.from({ length: count }, (_, n) => n);
  const isLater = greater(graph.constant(rank, [count, 1]), graph.constant(rank, [1, count]));
  const isSame = equal(reshape(pixel, [count, 1]), reshape(pixel, [1, count]));
  const repeats = reduceMax(cast(and(isSame, isLater), 'float32'), [1], false);
  return multiply(scores, subtract(graph.scalar(1), repeats));
}

/** Keys' weights (a = -1/2) of the cells before, at and after a position, [N, 4]. */
function cubicWeightsOf(t: Value): Value {
  const count = Number(t.dims[0]);
  const square = multiply(t, t);
  const cube = multiply(square, t);
  const sum = (a: number, b: number, c: number, constant = 0) =>
    reshape(add(add(multiply(t, a), multiply(square, b)), add(multiply(cube, c), constant)), [count, 1]);
  return concat([sum(-0.5, 1, -0.5), sum(0, -2.5, 1.5, 1), sum(0.5, 2, -1.5), sum(0, -0.5, 0.5)], 1);
}

/** Descriptors [N, D] of points, bicubic between the vectors [1, Hc, Wc, D] of the cells. */
function sampled(cells: Value, x: Value, y: Value): Value {
  const { graph } = cells;
  const count = Number(x.dims[0]);
  const dim = Number(cells.dims[3]);
  const shape = shapeOf(cells);
  const wide = slice(shape, [0], [2], [3]);
  const along = (position: Value, cellsAlong: Value) => {
    const place = divide(subtract(position, (CELL - 1) / 2), CELL);
    const first = floor(place);
    const four = add(reshape(cast(first, 'int64'), [count, 1]), graph.integers([-1, 0, 1, 2]));
    const last = subtract(cellsAlong, graph.integers([1]));
    const clamped = minimum(maximum(four, graph.integers([0])), last);
    return { places: clamped, weights: cubicWeightsOf(subtract(place, first)) };
  };
  const columns = along(x, wide);
  const rows = along(y, slice(shape, [0], [1], [2]));
  const indices = add(
    multiply(reshape(rows.places, [count, 4, 1]), wide),
    reshape(columns.places, [count, 1, 4]),
  );
  const weights = multiply(reshape(rows.weights, [count, 4, 1]), reshape(columns.weights, [count, 1, 4]));
  const table = [{ type: cells.type, dims: ['cells', dim] }];
  const vectors = graph.node('Reshape', [cells, graph.integers([-1, dim])], table)[0];
  const taps = gatherRows(vectors, reshape(indices, [count, 16]));
  const sums = reshape(matMul(reshape(weights, [count, 1, 16]), taps), [count, dim]);
  return divide(sums, maximum(reduceL2(sums, [1]), 1e-12));
}

/**
 * The ONNX model from `image` [1, 1, H, W], grey in [0, 1], at least 8x8 pixels, to `keypoints` [N, 2] x, y in its
 * pixels, `scores` [N], descending, and `descriptors` [N, D] (none for MagicPoint). Where the picture has fewer
 * points the last scores are 0, and their rows mean nothing.
 *
 * @param points N, whole, > 0.
 * @throws RangeError for options out of range.
 */
export function pointsModel(
  model: Pick<Model, 'weights' | 'ranges' | 'metadata'>,
  points: number,
  options: Omit<KeypointOptions, 'maxKeypoints' | 'subpixel'> = {},
): Uint8Array {
  const settings = keypointOptions({ ...options, maxKeypoints: points });
  if (!Number.isInteger(points)) throw new RangeError(`expected a whole number of points > 0, got ${points}`);
  const { detectionThreshold, nmsRadius, borderMargin, cornerRadius } = settings;
  const graph = new Graph('SuperPoint');
  const image = graph.input('image', 'float32', [1, 1, 'height', 'width']);
  const { height, width } = sizeOf(image);
  const { logits, descriptors } = mapsOf(paddedToCells(image), model);
  const heatmap = croppedTo(image, heatmapOf(logits));
  const strength = cornerStrengthOf(image);
  const saliency = saliencyOf(heatmap, strength, graph.scalar(detectionThreshold));
  const kept = flatten(suppressed(saliency, nmsRadius, borderMargin));
  // Twice as many: some climb to one corner. A picture of fewer pixels has zeros behind its last.
  const candidates = 2 * points;
  const row = pad(kept, [0], [candidates]);
  const best = topK(row, candidates);
  const start = pixelsAt(within(kept, best.indices), width);
  const end = cornerRadius > 0 ? climbed(start, strength, cornerRadius, height, width) : start;
  const chosen = topK(firstOfEachPixel(sqrt(best.values), end.x, end.y, width), points);
  const [x, y] = [end.x, end.y].map((value) => gather(value, chosen.indices));
  graph.output('keypoints', concat([reshape(x, [points, 1]), reshape(y, [points, 1])], 1));
  graph.output('scores', chosen.values);
  if (descriptors) graph.output('descriptors', sampled(vectorsOfCells(descriptors), x, y));
  return encodeModel(graph, model.metadata);
}
