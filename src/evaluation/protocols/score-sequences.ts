/** Scores files of features on sequences with known homographies, pair by pair. For Node. */

import type { Features } from '../../features/features.js';
import { pickFeatures } from '../../features/pick-features.js';
import { type Homography, invertHomography } from '../../geometry/homography.js';
import { countProgress, type OnProgress } from '../../progress.js';
import { pointsInSharedView, type Repeatability, repeatability } from '../metrics/detection-metrics.js';
import { cornerError } from '../metrics/homography-metrics.js';
import { type MatchingMetrics, matchingMetrics } from '../metrics/matching-metrics.js';
import { type ByEstimator, estimateWithAll, perEstimator } from '../rivals/homography-estimators.js';
import { matchPair } from '../rivals/match-pair.js';
import type { Category } from './category.js';
import { type FittedFeatures, readFittedSequences } from './feature-files.js';
import { fittedHomography } from './fit-image.js';
import type { DetectorTask, HomographyTask } from './profiles.js';
import { countPairs, type Sequence } from './sequences.js';

/** Which pair a score belongs to. */
export interface PairName {
  readonly sequence: string;
  /** What changes between the two. */
  readonly category: Category;
  /** The picture that picture 1 is compared with. */
  readonly number: number;
}

/** A detector's score on one pair. */
export interface DetectorScore extends PairName {
  /** One for each ε of the task. */
  readonly atEpsilons: readonly Repeatability[];
}

/** A descriptor's score on one pair. */
export interface HomographyScore extends PairName, MatchingMetrics {
  /** Mean corner error in pixels, infinite when the estimation failed. */
  readonly cornerErrors: ByEstimator<number>;
  readonly inliers: ByEstimator<number>;
}

interface FittedPair extends PairName {
  readonly first: FittedFeatures;
  readonly second: FittedFeatures;
  readonly H_0to1: Homography;
}

async function* pairsOf(
  path: string,
  sequences: readonly Sequence[],
  task: DetectorTask | HomographyTask,
): AsyncGenerator<FittedPair> {
  for await (const { sequence, pictures } of readFittedSequences(path, sequences, task.features)) {
    const [first, ...others] = pictures;
    for (const second of others) {
      yield {
        sequence: sequence.name,
        category: second.image.category,
        number: second.image.number,
        first,
        second,
        H_0to1: fittedHomography(second.image.H_1toThis, first.fitted, second.fitted),
      };
    }
  }
}

/** Repeatability of each pair, from the file of features at `path`. */
export async function scoreDetector(
  path: string,
  sequences: readonly Sequence[],
  task: DetectorTask,
  onProgress?: OnProgress,
): Promise<DetectorScore[]> {
  const scores: DetectorScore[] = [];
  const next = countProgress(onProgress, 'score', { of: countPairs(sequences) });
  for await (const { first, second, H_0to1, ...name } of pairsOf(path, sequences, task)) {
    const atEpsilons = repeatability(
      first.features.keypoints,
      second.features.keypoints,
      H_0to1,
      first.fitted,
      second.fitted,
      task.epsilons,
      task.bestAfterSharing ?? undefined,
    );
    scores.push({ ...name, atEpsilons });
    next();
  }
  return scores;
}

/** Matching and homography of each pair, from the file of features at `path`. */
export async function scoreHomographies(
  path: string,
  sequences: readonly Sequence[],
  task: HomographyTask,
  onProgress?: OnProgress,
): Promise<HomographyScore[]> {
  const scores: HomographyScore[] = [];
  const next = countProgress(onProgress, 'score', { of: countPairs(sequences) });
  for await (const { first, second, H_0to1, ...name } of pairsOf(path, sequences, task)) {
    const [features0, features1] = sharedFeatures(first.features, second.features, H_0to1, task);
    scores.push({ ...name, ...(await scorePair(features0, features1, H_0to1, task)) });
    next();
  }
  return scores;
}

function sharedFeatures(
  features0: Features,
  features1: Features,
  H_0to1: Homography,
  { bestAfterSharing }: HomographyTask,
): [Features, Features] {
  if (bestAfterSharing === null) return [features0, features1];
  const shared0 = pointsInSharedView(features0.keypoints, H_0to1, features1).slice(0, bestAfterSharing);
  const H_1to0 = invertHomography(H_0to1);
  const shared1 = pointsInSharedView(features1.keypoints, H_1to0, features0).slice(0, bestAfterSharing);
  return [pickFeatures(features0, shared0), pickFeatures(features1, shared1)];
}

/** What a pair of feature sets is worth against the true homography. */
export async function scorePair(
  features0: Features,
  features1: Features,
  H_0to1: Homography,
  task: Pick<HomographyTask, 'matchEpsilon' | 'robust' | 'corners'>,
): Promise<Omit<HomographyScore, keyof PairName>> {
  const matches = await matchPair(features0, features1);
  const { mutual } = matches;
  const estimates = await estimateWithAll(features0, features1, mutual, task.robust);
  return {
    ...matchingMetrics(features0, features1, matches, H_0to1, task.matchEpsilon),
    cornerErrors: perEstimator(estimates, (estimate) =>
      cornerError(estimate.H_0to1, H_0to1, features0, task.corners),
    ),
    inliers: perEstimator(estimates, ({ inlierCount }) => inlierCount),
  };
}
