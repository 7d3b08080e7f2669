/** The worker of matching. */
import { parentPort } from '#port';
import type { Features } from '../features/features.js';
import { serveCalls } from '../threads/calls.js';
import { type MatchOptions, matchHere } from './mutual-matches.js';

/** What comes over of a call. */
interface MatchOrder {
  readonly features0: Features;
  readonly features1: Features;
  readonly options: MatchOptions;
}

serveCalls(parentPort(), {
  match: ({ features0, features1, options }: MatchOrder) => matchHere(features0, features1, options),
});
