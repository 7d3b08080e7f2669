/**
 * The way from nothing to SuperPoint (§4 to §6), stage after stage: MagicPoint on shapes, labels by
 * Homographic Adaptation, in further rounds MagicPoint on photographs, and the joint training. Each stage
 * leaves its files in a folder, so that a run that was stopped goes on where it was.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AdaptFolderSummary, adaptFolder } from '../adaptation/adapt-folder.js';
import { writeFileAtomic } from '../files/atomic-file.js';
import { lockFolder } from '../files/lock.js';
import type { Origin } from '../files/origin.js';
import type { Device } from '../graph/session.js';
import type { Weights } from '../network/weights.js';
import type { OnProgress } from '../progress.js';
import type { BatchSpec } from './batch-source.js';
import { openPhotoStores } from './labelled-photographs.js';
import { photographsOfSize, selectPhotographs } from './photo-selection.js';
import { type Recipe, RecipeError, readRecipe } from './recipe.js';
import { runStage, type Stage } from './run.js';
import { runFiles } from './run-files.js';
import { magicPointStage, photographStage, superPointStage } from './stages.js';
import { readStartingPoint } from './starting-point.js';

export interface ReproduceOptions {
  /** Folder of photographs. */
  readonly photos: string;
  /** Their paths relative to the folder, with forward slashes. */
  readonly files: readonly string[];
  /** Folder for what the stages leave. */
  readonly output: string;
  /** Make again what other settings or inputs left in the folder, and what follows from it. @default false */
  readonly overwrite?: boolean | undefined;
  readonly device?: Device;
  /** Threads that prepare batches. @default 1 */
  readonly workers?: number;
  /** Stop, with everything kept, after so many seconds. */
  readonly maxSeconds?: number;
  /** Seconds between checkpoints. @default 120 */
  readonly checkpointSeconds?: number;
  readonly signal?: AbortSignal;
  /** Told of each step and each photograph. */
  readonly onProgress?: OnProgress;
}

export interface ReproduceResult {
  /** Undefined where the time was up or the run interrupted before the end. */
  readonly weights: Weights | undefined;
  /** The file of these weights, `superpoint.safetensors` in the folder; it says what made them. */
  readonly model: string | undefined;
  /** Photographs that could not be labelled. */
  readonly failures: AdaptFolderSummary['failures'];
}

/** A network that a pipeline came to, and the folder of its training. */
interface Made {
  readonly weights: Weights;
  readonly origin: Origin;
  readonly folder: string;
}

/** What the recipes that one command follows share. */
interface Following {
  readonly options: ReproduceOptions;
  readonly failures: AdaptFolderSummary['failures'][number][];
  readonly secondsLeft: () => number;
}

/**
 * Runs all stages of a recipe in order; what is done already is not done again.
 *
 * @throws OriginError where something in the folder was made from other settings or photographs: the message
 *   names what differs; InUseError where another process is at work in the folder.
 */
export async function reproduce(recipe: Recipe, options: ReproduceOptions): Promise<ReproduceResult> {
  const { output, maxSeconds = Number.POSITIVE_INFINITY } = options;
  const failures: Following['failures'] = [];
  const began = performance.now();
  const secondsLeft = () => maxSeconds - (performance.now() - began) / 1000;
  const lock = await lockFolder(output);
  try {
    const made = await follow(recipe, output, [], { options, failures, secondsLeft });
    if (!made) return { weights: undefined, model: undefined, failures };
    const model = join(output, 'superpoint.safetensors');
    lock.check();
    await writeFileAtomic(model, await readFile(runFiles(made.folder).weights));
    return { weights: made.weights, model, failures };
  } finally {
    lock.release();
  }
}

/**
 * Follows a recipe in a folder, and in folders beside its stages' the recipes that it builds on, each once.
 * @param within names of the recipes that this one is followed for.
 * @returns undefined where it stopped before the end.
 * @throws RecipeError for one that builds on itself.
 */
async function follow(
  recipe: Recipe,
  folder: string,
  within: readonly string[],
  following: Following,
): Promise<Made | undefined> {
  const { options, secondsLeft } = following;
  let places = 0;
  const place = (name: string) => join(folder, `${++places}-${name}`);
  const path = [...within, recipe.name];
  const followFirst = async (name: string) => {
    const read = await readRecipe(name);
    const first = recipe.stretch ? { ...read, stretch: true } : read;
    if (path.includes(first.name)) {
      throw new RecipeError(
        `recipe ${first.name} builds on itself: ${[...path, first.name].join(' after ')}`,
      );
    }
    const made = await follow(first, join(options.output, first.name), path, following);
    return secondsLeft() > 0 ? made : undefined;
  };

  let network =
    recipe.after === undefined
      ? await train(magicPointStage(recipe), place('magicpoint'), following)
      : await followFirst(recipe.after);
  if (!network) return undefined;
  const labeller = recipe.labeller === undefined ? undefined : await followFirst(recipe.labeller);
  if (recipe.labeller !== undefined && !labeller) return undefined;
  const teacher = recipe.teacher === undefined ? undefined : await followFirst(recipe.teacher);
  if (recipe.teacher !== undefined && !teacher) return undefined;

  const files = await photographsToLabel(recipe, options);
  let labels = '';
  for (const [index, round] of recipe.adaptation.entries()) {
    if (index > 0) {
      const stores = await openPhotoStores(options.photos, labels, recipe, files);
      const stage = photographStage(recipe, stores, await readStartingPoint(network.folder));
      network = await train(stage, place('photographs'), following);
      if (!network) return undefined;
    }
    labels = place('labels.jsonl');
    const work = { files, output: labels, round, seed: recipe.seed, stretch: recipe.stretch };
    if (!(await label(labeller ?? network, work, following))) return undefined;
  }
  const stores = await openPhotoStores(options.photos, labels, recipe, files);
  const start = await readStartingPoint(network.folder);
  const teaching = teacher && { weights: teacher.weights, madeBy: teacher.origin };
  const stage = superPointStage(recipe, stores, start, teaching);
  return train(stage, place('superpoint'), following);
}

/** Trains a stage in a folder. @returns undefined where it stopped before its end. */
async function train<Spec extends BatchSpec>(
  stage: Stage<Spec>,
  folder: string,
  { options, secondsLeft }: Following,
): Promise<Made | undefined> {
  const { overwrite, checkpointSeconds, device, workers, signal, onProgress } = options;
  const { finished, weights } = await runStage(stage, {
    output: folder,
    overwrite,
    maxSeconds: secondsLeft(),
    checkpointSeconds,
    onProgress,
    ...(device ? { device } : {}),
    ...(workers !== undefined ? { workers } : {}),
    ...(signal ? { signal } : {}),
  });
  return finished ? { weights, origin: stage.origin, folder } : undefined;
}

/** Labels photographs with a network. @returns whether all are done. */
async function label(
  { weights, origin }: Made,
  work: Pick<Parameters<typeof adaptFolder>[0], 'files' | 'output' | 'round' | 'seed' | 'stretch'>,
  { options, failures, secondsLeft }: Following,
): Promise<boolean> {
  const { photos, overwrite, device, signal, onProgress } = options;
  const timeUp = new AbortController();
  // A timer counts to 24 days at most.
  const timer = setTimeout(() => timeUp.abort(), Math.min(2 ** 31 - 1, Math.max(0, 1000 * secondsLeft())));
  const summary = await adaptFolder({
    photos,
    ...work,
    weights,
    madeBy: origin,
    overwrite,
    signal: AbortSignal.any([timeUp.signal, ...(signal ? [signal] : [])]),
    onProgress,
    ...(device ? { device } : {}),
  }).finally(() => clearTimeout(timer));
  failures.push(...summary.failures);
  return !summary.interrupted && secondsLeft() > 0;
}

/** The photographs that the recipe trains on or holds back, in the order of their names. */
async function photographsToLabel(
  recipe: Recipe,
  { photos, files }: ReproduceOptions,
): Promise<readonly string[]> {
  const large = await photographsOfSize(photos, files, recipe.smallestPhotograph);
  const { training, heldBack } = selectPhotographs(large, recipe);
  return [...training, ...heldBack].sort();
}
