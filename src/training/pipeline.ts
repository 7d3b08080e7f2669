/**
 * The way from nothing to SuperPoint (§4 to §6), stage after stage: MagicPoint on shapes, labels by
 * Homographic Adaptation, in further rounds MagicPoint on photographs, and the joint training. Each stage
 * leaves its files in a folder, so that a run that was stopped goes on where it was.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type AdaptFolderSummary, adaptFolder } from '../adaptation/adapt-folder.js';
import type { Device } from '../graph/session.js';
import type { Weights } from '../network/weights.js';
import type { BatchSpec } from './batch-source.js';
import { readCheckpoint } from './checkpoint.js';
import { readLabels } from './labels.js';
import { selectPhotographs } from './photo-selection.js';
import { openPhotoStore } from './photo-store.js';
import { openProgress, type Progress } from './progress.js';
import type { Recipe } from './recipe.js';
import { type RunOptions, type RunResult, runStage, type Stage } from './run.js';
import { runFiles } from './run-files.js';
import {
  magicPointStage,
  type PhotoStores,
  photographStage,
  type StartingPoint,
  superPointStage,
} from './stages.js';

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

/**
 * The training-form weights of an earlier run.
 * @param path a run's folder, or a checkpoint file.
 */
export async function readStartingPoint(path: string): Promise<StartingPoint> {
  const isFolder = (await stat(path)).isDirectory();
  const { state, average } = await readCheckpoint(isFolder ? runFiles(path).checkpoint : path);
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
  /** Shows the progress of a stage. @default a line on standard error */
  readonly progress?: (title: string) => Progress;
}

export interface ReproduceResult {
  /** Undefined where the time was up or the run interrupted before the end. */
  readonly weights: Weights | undefined;
  /** Photographs that could not be labelled. */
  readonly failures: AdaptFolderSummary['failures'];
}

/** Runs all stages of a recipe in order; what is done already is not done again. */
export async function reproduce(recipe: Recipe, options: ReproduceOptions): Promise<ReproduceResult> {
  const { photos, output, device, workers, signal, progress = openProgress } = options;
  const began = performance.now();
  const secondsLeft = () =>
    (options.maxSeconds ?? Number.POSITIVE_INFINITY) - (performance.now() - began) / 1000;
  const failures: AdaptFolderSummary['failures'][number][] = [];
  let places = 0;
  const place = (name: string) => join(output, `${++places}-${name}`);

  const train = async <Spec extends BatchSpec>(
    stage: Stage<Spec>,
  ): Promise<RunResult & { folder: string }> => {
    const folder = place(stage.name);
    const run: RunOptions = {
      output: folder,
      resume: true,
      maxSeconds: secondsLeft(),
      progress: progress(stage.name),
      ...(device ? { device } : {}),
      ...(workers !== undefined ? { workers } : {}),
      ...(signal ? { signal } : {}),
    };
    return { ...(await runStage(stage, run)), folder };
  };

  const { training, heldBack } = selectPhotographs(options.files, recipe);
  const labelled = [...training, ...heldBack].sort();
  let network = await train(magicPointStage(recipe));
  if (!network.finished) return { weights: undefined, failures };
  let labels = '';
  for (const [index, round] of recipe.adaptation.entries()) {
    if (index > 0) {
      const stores = await openPhotoStores(photos, labels, recipe);
      network = await train(photographStage(recipe, stores, await readStartingPoint(network.folder)));
      if (!network.finished) return { weights: undefined, failures };
    }
    labels = place('labels.jsonl');
    const labelling = progress('labels');
    const summary = await adaptFolder({
      photos,
      files: labelled,
      weights: network.weights,
      output: labels,
      round,
      seed: recipe.seed,
      progress: labelling,
      ...(device ? { device } : {}),
      ...(signal ? { signal } : {}),
    }).finally(() => labelling.stop());
    failures.push(...summary.failures);
    if (summary.interrupted || secondsLeft() <= 0) return { weights: undefined, failures };
  }
  const stores = await openPhotoStores(photos, labels, recipe);
  const final = await train(superPointStage(recipe, stores, await readStartingPoint(network.folder)));
  return { weights: final.finished ? final.weights : undefined, failures };
}
