/**
 * The way from nothing to SuperPoint (§4 to §6), stage after stage: MagicPoint on shapes, labels by
 * Homographic Adaptation, in further rounds MagicPoint on photographs, and the joint training. Each stage
 * leaves its files in a folder, so that a run that was stopped goes on where it was.
 */
import { join } from 'node:path';
import { type AdaptFolderSummary, adaptFolder } from '../adaptation/adapt-folder.js';
import { readLabels } from '../adaptation/labels.js';
import type { Device } from '../graph/session.js';
import { readImageSize } from '../image/codec.js';
import type { Weights } from '../network/weights.js';
import type { Progress } from '../progress.js';
import type { BatchSpec } from './batch-source.js';
import { readCheckpoint } from './checkpoint.js';
import { selectPhotographs } from './photo-selection.js';
import { openPhotoStore } from './photo-store.js';
import { type Recipe, RecipeError, readRecipe } from './recipe.js';
import { type RunOptions, type RunResult, runStage, type Stage } from './run.js';
import { runFiles } from './run-files.js';
import { magicPointStage, type PhotoStores, photographStage, superPointStage } from './stages.js';
import type { StartingPoint } from './starting-point.js';

/**
 * Opens the photographs that a labels file names: those that the recipe trains on, and those held back
 * (the same ones for every stage and round; with none held back, the training ones are looked at).
 * @throws LabelsError for labels that cannot be used.
 */
export async function openPhotoStores(
  folder: string,
  labelsPath: string,
  recipe: Recipe,
): Promise<PhotoStores> {
  const labels = await readLabels(labelsPath);
  const selection = selectPhotographs(
    labels.map(({ file }) => file),
    recipe,
  );
  const held = new Set(selection.heldBack);
  const chosen = new Set(selection.training);
  const training = await openPhotoStore(
    folder,
    labels.filter(({ file }) => chosen.has(file)),
  );
  const heldBack =
    held.size > 0
      ? await openPhotoStore(
          folder,
          labels.filter(({ file }) => held.has(file)),
        )
      : training;
  return { training, heldBack };
}

/** The weights of the training run in `folder`, in training form. */
export async function readStartingPoint(folder: string): Promise<StartingPoint> {
  const { state, average } = await readCheckpoint(runFiles(folder).checkpoint);
  return { parameters: average ?? state.parameters, statistics: average ?? state.statistics };
}

export interface ReproduceOptions {
  /** Folder of photographs. */
  readonly photos: string;
  /** Their paths relative to the folder, with forward slashes. */
  readonly files: readonly string[];
  /** Folder for what the stages leave. */
  readonly output: string;
  readonly device?: Device;
  /** Threads that prepare batches. @default 1 */
  readonly workers?: number;
  /** Stop, with everything kept, after so many seconds. */
  readonly maxSeconds?: number;
  readonly signal?: AbortSignal;
  /** Shows the progress of a stage. @default silent */
  readonly progress?: (title: string) => Progress;
}

export interface ReproduceResult {
  /** Undefined where the time was up or the run interrupted before the end. */
  readonly weights: Weights | undefined;
  /** Photographs that could not be labelled. */
  readonly failures: AdaptFolderSummary['failures'];
}

/** The network that a pipeline ended with, and the folder of its training. */
interface Made {
  readonly weights: Weights;
  readonly folder: string;
}

/** Runs all stages of a recipe in order; what is done already is not done again. */
export async function reproduce(recipe: Recipe, options: ReproduceOptions): Promise<ReproduceResult> {
  const failures: AdaptFolderSummary['failures'][number][] = [];
  const made = await make(recipe, options, { failures, began: performance.now(), within: [] });
  return { weights: made?.weights, failures };
}

/** What the recipes that one command follows share. */
interface Following {
  readonly failures: AdaptFolderSummary['failures'][number][];
  /** When the whole command began. */
  readonly began: number;
  /** Names of the recipes that this one is followed for. */
  readonly within: readonly string[];
}

/**
 * Follows a recipe in a folder, and in folders beside its stages' the recipes that it builds on, each once.
 * @returns undefined where it stopped before the end.
 * @throws RecipeError for one that builds on itself.
 */
async function make(
  recipe: Recipe,
  options: ReproduceOptions,
  following: Following,
  folder = options.output,
): Promise<Made | undefined> {
  const { photos, output, device, workers, signal } = options;
  const { failures, began, within } = following;
  const secondsLeft = () =>
    (options.maxSeconds ?? Number.POSITIVE_INFINITY) - (performance.now() - began) / 1000;
  let places = 0;
  const place = (name: string) => join(folder, `${++places}-${name}`);

  const follow = async (name: string): Promise<Made | undefined> => {
    const first = await readRecipe(name);
    const path = [...within, recipe.name];
    if (path.includes(first.name)) {
      throw new RecipeError(
        `recipe ${first.name} builds on itself: ${[...path, first.name].join(' after ')}`,
      );
    }
    const made = await make(first, options, { ...following, within: path }, join(output, first.name));
    return secondsLeft() > 0 ? made : undefined;
  };

  const train = async <Spec extends BatchSpec>(
    stage: Stage<Spec>,
  ): Promise<RunResult & { folder: string }> => {
    const folder = place(stage.name);
    const run: RunOptions = {
      output: folder,
      resume: true,
      maxSeconds: secondsLeft(),
      progress: options.progress?.(stage.name),
      ...(device ? { device } : {}),
      ...(workers !== undefined ? { workers } : {}),
      ...(signal ? { signal } : {}),
    };
    return { ...(await runStage(stage, run)), folder };
  };

  let network: Made;
  if (recipe.after === undefined) {
    const trained = await train(magicPointStage(recipe));
    if (!trained.finished) return undefined;
    network = trained;
  } else {
    const made = await follow(recipe.after);
    if (!made) return undefined;
    network = made;
  }
  let labeller: Weights | undefined;
  if (recipe.labeller !== undefined) {
    labeller = (await follow(recipe.labeller))?.weights;
    if (!labeller) return undefined;
  }
  const files = await photographsOfSize(photos, options.files, recipe.smallestPhotograph);
  const { training, heldBack } = selectPhotographs(files, recipe);
  const labelled = [...training, ...heldBack].sort();
  let labels = '';
  for (const [index, round] of recipe.adaptation.entries()) {
    if (index > 0) {
      const stores = await openPhotoStores(photos, labels, recipe);
      const trained = await train(photographStage(recipe, stores, await readStartingPoint(network.folder)));
      if (!trained.finished) return undefined;
      network = trained;
    }
    labels = place('labels.jsonl');
    const labelling = options.progress?.('labels');
    const summary = await adaptFolder({
      photos,
      files: labelled,
      weights: labeller ?? network.weights,
      output: labels,
      round,
      seed: recipe.seed,
      progress: labelling,
      ...(device ? { device } : {}),
      ...(signal ? { signal } : {}),
    }).finally(() => labelling?.stop());
    failures.push(...summary.failures);
    if (summary.interrupted || secondsLeft() <= 0) return undefined;
  }
  const stores = await openPhotoStores(photos, labels, recipe);
  const final = await train(superPointStage(recipe, stores, await readStartingPoint(network.folder)));
  return final.finished ? final : undefined;
}

/** The photographs of at least this size; those that cannot be read stay, for the labelling to report. */
async function photographsOfSize(
  folder: string,
  files: readonly string[],
  smallest: Recipe['smallestPhotograph'],
): Promise<string[]> {
  if (!smallest) return [...files];
  const [longer, shorter] = smallest;
  const kept: string[] = [];
  for (const file of files) {
    const size = await readImageSize(join(folder, file)).catch(() => undefined);
    const fits =
      !size || (Math.max(size.width, size.height) >= longer && Math.min(size.width, size.height) >= shorter);
    if (fits) kept.push(file);
  }
  return kept;
}
