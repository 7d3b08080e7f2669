/** The detector's loss: cross-entropy over the 65 classes of each cell (§3.4, L_p). */
import type { Value } from '../graph/graph.js';
import { divide, logSoftmax, maximum, multiply, negate, reduceSum, reshape } from '../graph/operators.js';

/**
 * Mean cross-entropy over the cells that count.
 * @param logits [N, 65, H / 8, W / 8]
 * @param targets the same shape: for each cell a distribution over the classes.
 * @param mask [N, H / 8, W / 8]: 1 where a cell counts, 0 where it does not.
 * @returns a scalar.
 */
export function detectorLoss(logits: Value, targets: Value, mask: Value): Value {
  const [batch, rows, columns] = mask.dims.map(Number) as [number, number, number];
  const crossEntropy = negate(reduceSum(multiply(logSoftmax(logits, 1), targets), [1]));
  const counted = multiply(crossEntropy, reshape(mask, [batch, 1, rows, columns]));
  const total = reduceSum(counted, [0, 1, 2, 3], false);
  return divide(total, maximum(reduceSum(mask, [0, 1, 2], false), 1));
}
