/**
 * Trains the detector to say where: two views of a scene should choose the same point of it. Each view
 * proposes a place in a small window about a keypoint, by the squared probabilities of its heatmap; the loss is
 * the chance that both propose the same one. This is the expected reward of being found again, as policy
 * gradients sample it (Tyszkiewicz et al. 2020, DISK), in closed form: true places are known exactly.
 */
import type { Value } from '../graph/graph.js';
import {
  add,
  divide,
  gather,
  log,
  maximum,
  multiply,
  negate,
  reduceSum,
  reshape,
  softmax,
} from '../graph/operators.js';

/** Where to read the heatmaps of both views about K keypoints of a batch, S places about each. */
export interface WindowValues {
  /** [K, S] places in the finer view: indices into the flat [2N, 65, Hc, Wc] classes of both views. */
  readonly fine: Value;
  /** [K, S, 4] the four pixels around each place in the coarser view, and [K, S, 4] their bilinear weights. */
  readonly coarse: Value;
  readonly coarseWeights: Value;
  /** [K] 1 where a window counts, 0 where it only fills up. */
  readonly counts: Value;
}

/** Added to each squared probability: a window without any heat asks for nothing in particular. */
const FLOOR = 1e-6;

/**
 * Mean over the windows of -log of the probability that both views choose the same place.
 * @param logits [2N, 65, Hc, Wc]; all views 0 first.
 * @returns a scalar: log S where nothing is known, 0 where both are sure and agree.
 */
export function positionLoss(logits: Value, { fine, coarse, coarseWeights, counts }: WindowValues): Value {
  const size = logits.dims.reduce<number>((product, dim) => product * Number(dim), 1);
  const classes = reshape(softmax(logits, 1), [size]);
  const first = distribution(gather(classes, fine));
  const second = distribution(reduceSum(multiply(gather(classes, coarse), coarseWeights), [2], false));
  const agreement = reduceSum(multiply(first, second), [1], false);
  const total = reduceSum(multiply(negate(log(agreement)), counts), [0], false);
  return divide(total, maximum(reduceSum(counts, [0], false), 1));
}

/** Squares of a window's values as shares of their sum: the peak counts, not the wide foot that it stands on. */
function distribution(window: Value): Value {
  const heat = add(multiply(window, window), FLOOR);
  return divide(heat, reduceSum(heat, [1]));
}
