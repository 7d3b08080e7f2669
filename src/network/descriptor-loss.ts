/**
 * The descriptor's losses. `hingeLoss` is the paper's (§3.4, L_d), over all pairs of cells of two views.
 * `dualSoftmaxLoss` asks that each of a set of true correspondences be told from all others, both ways.
 */
import type { Value } from '../graph/graph.js';
import {
  add,
  cast,
  divide,
  equal,
  lessOrEqual,
  logSoftmax,
  matMul,
  maximum,
  multiply,
  negate,
  reduceMax,
  reduceSum,
  reshape,
  slice,
  softmax,
  sqrt,
  subtract,
  transpose,
} from '../graph/operators.js';
import { CELL } from './architecture.js';

/** Keeps the square root's gradient finite at a vector of zeros. */
const SMALLEST_SQUARE = 1e-12;

/** A logit that no softmax can see. */
const EXCLUDED = -1e4;

/** Vectors along `axis` at length 1. */
export function unitLength(x: Value, axis: number): Value {
  return divide(x, sqrt(add(reduceSum(multiply(x, x), [axis]), SMALLEST_SQUARE)));
}

/** Views 0 and 1 of a batch [2N, …] that holds all views 0 first. */
export function splitViews(x: Value): [Value, Value] {
  const both = Number(x.dims[0]);
  return [slice(x, [0], [0], [both / 2]), slice(x, [0], [both / 2], [both])];
}

/** Squared distances between points a [N, P, 2] and b [N, Q, 2]: [N, P, Q]. */
function squaredDistances(a: Value, b: Value): Value {
  const [batch, rows] = a.dims.map(Number) as [number, number];
  const columns = Number(b.dims[1]);
  const along = (axis: number) => {
    const left = reshape(slice(a, [2], [axis], [axis + 1]), [batch, rows, 1]);
    const right = reshape(slice(b, [2], [axis], [axis + 1]), [Number(b.dims[0]), 1, columns]);
    const difference = subtract(left, right);
    return multiply(difference, difference);
  };
  return add(along(0), along(1));
}

export interface HingeSettings {
  /** Weight of corresponding pairs against the others, λ_d. */
  readonly lambdaD: number;
  readonly positiveMargin: number;
  readonly negativeMargin: number;
}

/**
 * Mean over the valid pairs of cells of λ_d s max(0, m_p - d·d') + (1 - s) max(0, d·d' - m_n), where s = 1
 * for cells whose centres lie within 8 pixels of each other. One matrix product of all cells of a pair.
 *
 * @param descriptors [2N, D, Hc, Wc], of length 1 over D; all views 0 first.
 * @param warpedCells [N, Hc * Wc, 2]: the centres of the cells of view 0 in pixels of view 1.
 * @param masks [2N, Hc, Wc]: 1 where a cell counts.
 */
export function hingeLoss(
  descriptors: Value,
  warpedCells: Value,
  masks: Value,
  settings: HingeSettings,
): Value {
  const { graph } = descriptors;
  const [both, dim, rows, columns] = descriptors.dims.map(Number) as [number, number, number, number];
  const [batch, cells] = [both / 2, rows * columns];
  const [view0, view1] = splitViews(reshape(descriptors, [both, dim, cells]));
  const similarity = matMul(view0, view1, { a: true });
  const centres = Float32Array.from({ length: 2 * cells }, (_, i) => {
    const cell = i >> 1;
    return CELL * (i % 2 === 0 ? cell % columns : Math.floor(cell / columns)) + (CELL - 1) / 2;
  });
  const distances = squaredDistances(warpedCells, graph.constant(centres, [1, cells, 2]));
  const positive = cast(lessOrEqual(distances, CELL * CELL), 'float32');
  const [mask0, mask1] = splitViews(reshape(masks, [both, cells]));
  const valid = multiply(reshape(mask0, [batch, cells, 1]), reshape(mask1, [batch, 1, cells]));
  const pull = maximum(subtract(graph.scalar(settings.positiveMargin), similarity), 0);
  const push = maximum(subtract(similarity, settings.negativeMargin), 0);
  const attracted = multiply(multiply(positive, settings.lambdaD), pull);
  const repelled = multiply(subtract(graph.scalar(1), positive), push);
  const total = reduceSum(multiply(valid, add(attracted, repelled)), [0, 1, 2], false);
  return divide(total, maximum(reduceSum(valid, [0, 1, 2], false), 1));
}

/** P correspondences a pair, and how to read the descriptor map at their points. */
export interface CorrespondenceValues {
  /** [2N, P, 2]: the points in pixels of their view; point p of view 0 shows what point p of view 1 shows. */
  readonly points: Value;
  /** [2N, P, Hc] and [2N, P, Wc]: weights of the map's rows and columns in the descriptor of each point. */
  readonly rowWeights: Value;
  readonly columnWeights: Value;
  /** [N, P]: how much a correspondence counts; 0 where a view does not show it. */
  readonly importance: Value;
  /** [2N, P]: 1 where the view shows the point. A point that only one view shows is a counter-example in that view. */
  readonly present: Value;
}

export interface DualSoftmaxSettings {
  readonly temperature: number;
  /** Points nearer than so many pixels to the true one are no counter-examples. */
  readonly exclusionRadius: number;
}

/** A network that has learnt already, and how far it is believed. */
export interface TeacherDescriptors {
  /** [2N, D', Hc, Wc], of length 1 over D', of the same views; D' may differ. */
  readonly descriptors: Value;
  /** In [0, 1]: 0 asks for the true correspondence alone, 1 for what the teacher takes for it. */
  readonly share: number;
}

/** Similarities of the points of view 0 to those of view 1: [N, P, P], cosines. */
function similarities(
  descriptors: Value,
  { points, rowWeights, columnWeights }: CorrespondenceValues,
): Value {
  const [both, dim, rows, columns] = descriptors.dims.map(Number) as [number, number, number, number];
  const count = Number(points.dims[1]);
  const weights = multiply(
    reshape(rowWeights, [both, count, rows, 1]),
    reshape(columnWeights, [both, count, 1, columns]),
  );
  const sampled = matMul(
    reshape(weights, [both, count, rows * columns]),
    reshape(descriptors, [both, dim, rows * columns]),
    { b: true },
  );
  const [view0, view1] = splitViews(unitLength(sampled, 2));
  return matMul(view0, view1, { b: true });
}

/** [N, P, P]: 1 where a point of view 1 is no counter-example for a point of view 0. */
function excluded({ points, present }: CorrespondenceValues, diagonal: Value, radius: number): Value {
  const { graph } = points;
  const [both, count] = points.dims.map(Number) as [number, number];
  const near = splitViews(points).map((view) =>
    cast(lessOrEqual(squaredDistances(view, view), radius ** 2), 'float32'),
  );
  const ambiguous = subtract(maximum(near[0], near[1]), diagonal);
  const [absent0, absent1] = splitViews(subtract(graph.scalar(1), present));
  const hidden = maximum(reshape(absent0, [both / 2, count, 1]), reshape(absent1, [both / 2, 1, count]));
  return maximum(ambiguous, hidden);
}

/**
 * Cross-entropy of finding each correspondence among all points of the other view, from both sides, by
 * softmax over the similarities divided by the temperature.
 *
 * @param descriptors [2N, D, Hc, Wc], of length 1 over D; all views 0 first.
 * @param teacher whose own softmax is mixed into the true answer (Hinton et al. 2015, distillation).
 * @returns the loss, and the share of correspondences that are the nearest neighbour of their point.
 */
export function dualSoftmaxLoss(
  descriptors: Value,
  correspondences: CorrespondenceValues,
  { temperature, exclusionRadius }: DualSoftmaxSettings,
  teacher?: TeacherDescriptors,
): { loss: Value; matched: Value } {
  const { graph } = descriptors;
  const { points, importance } = correspondences;
  const count = Number(points.dims[1]);
  const batch = Number(points.dims[0]) / 2;
  const diagonal = graph.constant(
    Float32Array.from({ length: count * count }, (_, i) => (i % (count + 1) === 0 ? 1 : 0)),
    [1, count, count],
  );
  const bias = multiply(excluded(correspondences, diagonal, exclusionRadius), EXCLUDED);
  const scoresOf = (map: Value) => add(multiply(similarities(map, correspondences), 1 / temperature), bias);
  const scores = scoresOf(descriptors);
  const taught = teacher && scoresOf(teacher.descriptors);

  const weight = reshape(importance, [batch, count, 1]);
  const total = maximum(reduceSum(importance, [0, 1], false), 1e-6);
  /** From one side: the rows of `map` are distributions over the points of the other view. */
  const likelihood = (side: (map: Value) => Value) => {
    const answer = taught
      ? add(multiply(diagonal, 1 - teacher.share), multiply(softmax(side(taught), 2), teacher.share))
      : diagonal;
    return reduceSum(multiply(logSoftmax(side(scores), 2), multiply(answer, weight)), [0, 1, 2], false);
  };
  const there = likelihood((map) => map);
  const back = likelihood((map) => transpose(map, [0, 2, 1]));
  const best = cast(equal(scores, reduceMax(scores, [2])), 'float32');
  const found = reduceSum(multiply(best, multiply(diagonal, weight)), [0, 1, 2], false);
  return { loss: negate(divide(multiply(add(there, back), 0.5), total)), matched: divide(found, total) };
}
