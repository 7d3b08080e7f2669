/** Matches: pairs of keypoints that are each other's nearest neighbour, compared in a worker where they are many. */
import type { Features } from '../features/features.js';
import { matchInWorker } from './match-in-worker.js';
import type { Matches } from './matches.js';
import { type MatchOptions, matchHere } from './mutual-matches.js';

export type { MatchOptions } from './mutual-matches.js';

/** Products of two numbers from which on a worker compares the descriptors. */
const MANY = 2 ** 28;

/**
 * Matches two sets of features: pairs that are each other's nearest neighbour (§7.3 of DeTone et al. 2018).
 *
 * @returns by ascending index in the first set; empty where a set is empty.
 * @throws RangeError for features without descriptors, of different lengths or not finite, or options out
 *   of range; Error in one line where the worker dies: the next call starts a new one.
 */
export async function matchFeatures(
  features0: Features,
  features1: Features,
  options: MatchOptions = {},
): Promise<Matches> {
  const { ratio, minSimilarity = -1, thread } = options;
  if (ratio !== undefined && !(ratio > 0 && ratio <= 1)) {
    throw new RangeError(`expected ratio in (0, 1], got ${ratio}`);
  }
  if (!(minSimilarity >= -1 && minSimilarity <= 1)) {
    throw new RangeError(`expected minSimilarity in [-1, 1], got ${minSimilarity}`);
  }
  const products = features0.count * features1.count * features0.descriptorDim;
  return (thread ?? products >= MANY)
    ? matchInWorker(features0, features1, { ratio, minSimilarity })
    : matchHere(features0, features1, options);
}
