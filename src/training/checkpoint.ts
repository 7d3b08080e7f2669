/**
 * Checkpoints: everything that a run needs to go on, in one safetensors file that is written whole.
 * Batches follow from seed and step, so the step is all the random state that there is.
 */
import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '../files/atomic-file.js';
import { type Origin, originMetadata, originOfMetadata } from '../files/origin.js';
import { decodeSafetensors, encodeSafetensors } from '../files/safetensors.js';
import type { Weights } from '../network/weights.js';
import type { TrainingState } from './step.js';

export interface Checkpoint {
  readonly state: TrainingState;
  /** Moving average of parameters and statistics, where the recipe asks for one. */
  readonly average: Weights | undefined;
  /** `magicpoint`, `photographs` or `superpoint`. */
  readonly stage: string;
  /** What makes the weights; undefined in checkpoints of an earlier version, which can be started from alone. */
  readonly origin: Origin | undefined;
}

/** What the weights and the checkpoint of a run say of themselves. */
export const runMetadata = (stage: string, step: number, origin: Origin) => ({
  stage,
  step: String(step),
  ...originMetadata(origin),
});

const SETS = ['parameters', 'firstMoments', 'secondMoments', 'statistics'] as const;

export async function writeCheckpoint(
  path: string,
  { state, average, stage, origin }: Checkpoint & { readonly origin: Origin },
): Promise<void> {
  const tensors: Record<string, Weights[string]> = {};
  const put = (set: string, weights: Weights) => {
    for (const [name, value] of Object.entries(weights)) tensors[`${set}/${name}`] = value;
  };
  for (const set of SETS) put(set, state[set]);
  if (average) put('average', average);
  await writeFileAtomic(path, encodeSafetensors(tensors, runMetadata(stage, state.step, origin)));
}

/** @throws RangeError where the file is not a checkpoint of this project. */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const { tensors, metadata } = decodeSafetensors(await readFile(path));
  const { step, stage } = metadata;
  if (step === undefined || stage === undefined) {
    throw new RangeError(`${path}: expected a training checkpoint, got a file without step and stage`);
  }
  if (!/^\d{1,15}$/.test(step))
    throw new RangeError(`${path}: expected a whole number of steps, got "${step}"`);
  const take = (set: string): Weights =>
    Object.fromEntries(
      Object.entries(tensors)
        .filter(([name]) => name.startsWith(`${set}/`))
        .map(([name, value]) => [name.slice(set.length + 1), value as Weights[string]]),
    );
  const average = take('average');
  return {
    state: {
      step: Number(step),
      parameters: take('parameters'),
      firstMoments: take('firstMoments'),
      secondMoments: take('secondMoments'),
      statistics: take('statistics'),
    },
    average: Object.keys(average).length > 0 ? average : undefined,
    stage,
    origin: originOfMetadata(metadata),
  };
}
