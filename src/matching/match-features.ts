/** Matches: pairs of keypoints that are each other's nearest neighbour. */
import type { Features } from '../features/features.js';
import type { Matches } from './matches.js';
import { type Neighbours, nearestNeighbours } from './nearest-neighbours.js';

export interface MatchOptions {
  /**
   * Lowe's test: the distance to the nearest neighbour must be below this share of the distance to the
   * second nearest, seen from either picture; in (0, 1]. @default no test
   */
  readonly ratio?: number;
  /**
   * Least cosine of the angle between the descriptors, in [-1, 1]; a limit d on their Euclidean distance
   * is 1 - d² / 2. @default -1, no limit
   */
  readonly minSimilarity?: number;
}

/** Lowe's test on unit vectors, whose squared distance is 2 - 2 similarity; one alone passes. */
function passesRatio({ k, similarities }: Neighbours, at: number, ratio: number): boolean {
  if (k < 2) return true;
  const nearest = Math.max(0, 2 - 2 * similarities[k * at]);
  const second = Math.max(0, 2 - 2 * similarities[k * at + 1]);
  return nearest < ratio * ratio * second;
}

/**
 * Matches two sets of features: pairs that are each other's nearest neighbour (§7.3 of DeTone et al. 2018).
 *
 * @returns by ascending index in the first set; empty where a set is empty.
 * @throws RangeError for features without descriptors, of different lengths or not finite, or options out
 *   of range.
 */
export async function matchFeatures(
  features0: Features,
  features1: Features,
  options: MatchOptions = {},
): Promise<Matches> {
  const { ratio, minSimilarity = -1 } = options;
  if (ratio !== undefined && !(ratio > 0 && ratio <= 1)) {
    throw new RangeError(`expected ratio in (0, 1], got ${ratio}`);
  }
  if (!(minSimilarity >= -1 && minSimilarity <= 1)) {
    throw new RangeError(`expected minSimilarity in [-1, 1], got ${minSimilarity}`);
  }
  return mutualMatches(
    ...(await nearestNeighbours(features0, features1, ratio === undefined ? 1 : 2)),
    options,
  );
}

/** The pairs of keypoints that are each other's nearest, from the neighbours in both directions. */
export function mutualMatches(
  neighbours0: Neighbours,
  neighbours1: Neighbours,
  { ratio, minSimilarity = -1 }: MatchOptions = {},
): Matches {
  const pairs: number[] = [];
  for (let index0 = 0; index0 * neighbours0.k < neighbours0.indices.length; index0++) {
    const index1 = neighbours0.indices[index0 * neighbours0.k];
    // Rounding may lift the similarity of equal or opposite vectors a hair beyond ±1.
    const similarity = Math.min(1, Math.max(-1, neighbours0.similarities[index0 * neighbours0.k]));
    if (neighbours1.indices[index1 * neighbours1.k] !== index0 || similarity < minSimilarity) continue;
    if (ratio !== undefined) {
      if (!passesRatio(neighbours0, index0, ratio) || !passesRatio(neighbours1, index1, ratio)) continue;
    }
    pairs.push(index0, index1, similarity);
  }
  const count = pairs.length / 3;
  const column = (offset: number) => (_: unknown, m: number) => pairs[3 * m + offset];
  return {
    count,
    indices0: Int32Array.from({ length: count }, column(0)),
    indices1: Int32Array.from({ length: count }, column(1)),
    similarities: Float32Array.from({ length: count }, column(2)),
  };
}
