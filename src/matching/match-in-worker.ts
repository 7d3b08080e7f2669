/** One worker for all matching of a process, started when it is first needed. */
import { startMatcher } from '#start-matcher';
import type { Features } from '../features/features.js';
import { buffersIn, Caller, NoWorkerError } from '../threads/calls.js';
import type { Matches } from './matches.js';
import { type MatchOptions, matchHere } from './mutual-matches.js';

let started: Promise<Caller> | undefined;

/** The worker, or the next one where it has died. */
async function living(): Promise<Caller> {
  const current = started;
  const caller = await current?.catch(() => undefined);
  if (caller && !caller.ended) return caller;
  // The first call that notices starts it for all.
  if (started === current) started = Caller.start(startMatcher, 'the worker of matching');
  return started as Promise<Caller>;
}

/** What the worker needs of features, in memory of its own. */
function packed({ count, descriptors, descriptorDim }: Features) {
  return { count, descriptors: descriptors.slice(), descriptorDim };
}

/** As `matchHere`, in a worker; in this thread where none can be had. */
export async function matchInWorker(
  features0: Features,
  features1: Features,
  options: MatchOptions,
): Promise<Matches> {
  try {
    const caller = await living();
    const argument = { features0: packed(features0), features1: packed(features1), options };
    return await caller.call<Matches>('match', argument, { moved: buffersIn(argument) });
  } catch (error) {
    if (!(error instanceof NoWorkerError)) throw error;
    return matchHere(features0, features1, options);
  }
}
