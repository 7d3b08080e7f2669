/** Weights of an untrained network, for tests. */
import type { NetworkShape } from '../../src/network/architecture.js';
import {
  foldNormalisation,
  initialParameters,
  initialStatistics,
  type Weights,
} from '../../src/network/weights.js';
import { Random } from '../../src/random.js';

export function randomWeights(shape: NetworkShape, seed = 'weights'): Weights {
  const folded = foldNormalisation(
    shape,
    initialParameters(shape, new Random(seed)),
    initialStatistics(shape),
  );
  // Biases that are not zero, so that losing one shows.
  const random = new Random(seed).fork('biases');
  for (const [name, { data }] of Object.entries(folded)) {
    if (name.endsWith('.bias')) data.set(data.map(() => random.normal(0, 0.1)));
  }
  return folded;
}
