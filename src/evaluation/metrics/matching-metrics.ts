/**
 * How well descriptors tell points apart (§7.2 and appendix of DeTone et al. 2018), judged by the true
 * homography, never by one estimated from the same matches.
 */
import type { Features } from '../../features/features.js';
import { type Homography, invertHomography, warpPoints } from '../../geometry/homography.js';
import type { Matches } from '../../matching/matches.js';
import type { Neighbours } from '../../matching/nearest-neighbours.js';
import { rankedPrecision } from './average-precision.js';
import { pointsInSharedView } from './detection-metrics.js';

/** What the descriptors of a pair say. */
export interface PairMatches {
  /** Of each keypoint of view 0 the nearest in view 1. */
  readonly neighbours0: Neighbours;
  /** Pairs that are each other's nearest. */
  readonly mutual: Matches;
}

/** Figures of one pair. */
export interface MatchingMetrics {
  /** Average precision of the nearest neighbours, see `matchingMetrics`. */
  readonly nnMap: number;
  /** Correct mutual matches over the mean number of points in the shared view; 0 when there are none. */
  readonly matchingScore: number;
  /** Correct mutual matches over all mutual matches; 0 when there are none. */
  readonly precision: number;
  /** Mutual nearest neighbours. */
  readonly matches: number;
  readonly correctMatches: number;
}

/**
 * Distance in pixels, in view 1, between where the truth maps each keypoint of view 0 and its partner.
 * @param indices1 partner of each keypoint named by `indices0`.
 */
export function matchErrors(
  features0: Features,
  features1: Features,
  indices0: ArrayLike<number>,
  indices1: ArrayLike<number>,
  H_0to1: Homography,
): Float64Array {
  const warped = warpPoints(H_0to1, features0.keypoints);
  const errors = new Float64Array(indices0.length);
  for (let n = 0; n < errors.length; n++) {
    const [i, j] = [2 * indices0[n], 2 * indices1[n]];
    errors[n] = Math.hypot(warped[i] - features1.keypoints[j], warped[i + 1] - features1.keypoints[j + 1]);
  }
  return errors;
}

/**
 * NN mAP and matching score of a pair.
 *
 * NN mAP: each keypoint of view 0 that lies in the shared view proposes its nearest neighbour among all
 * keypoints of view 1; the proposals are ranked by descriptor distance, one is correct when it lies within
 * ε of the true place, and the average precision is the mean precision at the correct ones.
 *
 * Matching score: mutual nearest neighbours within ε of the true place, over the mean of the two numbers
 * of keypoints in the shared view.
 *
 * @param epsilon pixels, in view 1; a distance of exactly ε counts.
 */
export function matchingMetrics(
  features0: Features,
  features1: Features,
  { neighbours0, mutual }: PairMatches,
  H_0to1: Homography,
  epsilon: number,
): MatchingMetrics {
  const shared0 = pointsInSharedView(features0.keypoints, H_0to1, features1);
  const shared1 = pointsInSharedView(features1.keypoints, invertHomography(H_0to1), features0);
  const proposals = features1.count === 0 ? new Int32Array() : shared0;
  const partners = proposals.map((i) => neighbours0.indices[i * neighbours0.k]);
  const proposalErrors = matchErrors(features0, features1, proposals, partners, H_0to1);
  const ranked = Array.from(proposals, (i, n) => ({
    similarity: neighbours0.similarities[i * neighbours0.k],
    error: proposalErrors[n],
  }));
  ranked.sort((a, b) => b.similarity - a.similarity);
  const errors = matchErrors(features0, features1, mutual.indices0, mutual.indices1, H_0to1);
  const correctMatches = errors.filter((error) => error <= epsilon).length;
  const points = shared0.length + shared1.length;
  return {
    nnMap: rankedPrecision(ranked.map(({ error }) => error <= epsilon)),
    matchingScore: points === 0 ? 0 : (2 * correctMatches) / points,
    precision: mutual.count === 0 ? 0 : correctMatches / mutual.count,
    matches: mutual.count,
    correctMatches,
  };
}
