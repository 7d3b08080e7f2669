/** The rivals by the names that the command line takes. */
import { akaze, orb } from './binary-features.js';
import { fast, harris, randomPoints, shiTomasi } from './classical-detectors.js';
import type { Method } from './method.js';
import { sift } from './sift.js';

const RIVALS: Readonly<Record<string, (seed: number) => Promise<Method>>> = {
  sift,
  orb,
  akaze,
  harris,
  'shi-tomasi': shiTomasi,
  fast,
  random: async (seed) => randomPoints(seed),
};

/** Names of all rivals. */
export const RIVAL_NAMES: readonly string[] = Object.keys(RIVALS);

/** @throws RangeError for a name that is none of them. */
export function openRival(name: string, seed: number): Promise<Method> {
  const open = RIVALS[name];
  if (!open) throw new RangeError(`expected a rival of ${RIVAL_NAMES.join(', ')}, got ${name}`);
  return open(seed);
}
