/** Matches from nearest neighbours in both directions, in this thread. */
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
  /**
   * Whether a worker compares them, so that the thread that asks stays free; where none can be had that thread does.
   * @default true for about a thousand keypoints on both sides and more, which take more than a few milliseconds
   */
  readonly thread?: boolean;
}

/** Lowe's test on unit vectors, whose squared distance is 2 - 2 similarity; one alone passes. */
function passesRatio({ k, similarities }: Neighbours, at: number, ratio: number): boolean {
  if (k < 2) return true;
  const nearest = Math.max(0, 2 - 2 * similarities[k * at]);
  const second = Math.max(0, 2 - 2 * similarities[k * at + 1]);
  return nearest < ratio * ratio * second;
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

/** As `matchFeatures`, in this thread. @param options checked. */
export async function matchHere(
  features0: Features,
  features1: Features,
  options: MatchOptions,
): Promise<Matches> {
  const neighbours = await nearestNeighbours(features0, features1, options.ratio === undefined ? 1 : 2);
  return mutualMatches(...neighbours, options);
}
