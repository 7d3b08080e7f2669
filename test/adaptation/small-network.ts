/** A network of few channels with random weights: wrong about corners, but quick and always the same. */
import {
  foldNormalisation,
  initialParameters,
  initialStatistics,
  type Weights,
} from '../../src/network/weights.js';
import { Random } from '../../src/random.js';

/** Folded MagicPoint weights, four channels a layer. */
export function smallWeights(seed = 1): Weights {
  const shape = { encoder: [4, 4, 4, 4], head: 8, descriptor: 0 } as const;
  return foldNormalisation(shape, initialParameters(shape, new Random(seed)), initialStatistics(shape));
}
