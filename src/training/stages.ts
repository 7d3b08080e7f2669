/** The stages of a recipe: MagicPoint on shapes (§4) and on photographs (§5), and the joint training (§6). */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../files/atomic-file.js';
import { encodePng } from '../image/codec.js';
import { allLayers, architecture, type NetworkShape } from '../network/architecture.js';
import { initialParameters, initialStatistics, type Weights } from '../network/weights.js';
import { Random } from '../random.js';
import type { PairBatchSpec, PhotoBatchSpec, SyntheticBatchSpec } from './batch-source.js';
import type { DetectorBatch, PairBatch } from './batches.js';
import { detectorObjective, jointObjective } from './objective.js';
import { makePairBatch } from './pair-batches.js';
import { makePhotoBatch } from './photo-batches.js';
import type { PhotoStore } from './photo-store.js';
import { type Recipe, RecipeError } from './recipe.js';
import type { Stage } from './run.js';
import { contactSheet } from './samples.js';
import { type StartingPoint, startingState } from './starting-point.js';
import { initialState } from './step.js';
import { makeSyntheticBatch } from './synthetic-batches.js';
import { validateDetector } from './validate.js';
import { validateDescriptors } from './validate-descriptors.js';

type MagicPointRecipe = NonNullable<Recipe['magicpoint']>;
type PhotographRecipe = NonNullable<Recipe['photographs']>;

/** Pictures that a validation looks at. */
const VALIDATION_PICTURES = 128;
const VALIDATION_PAIRS = 32;

/** Labelled photographs to train on, and others to look at while training. */
export interface PhotoStores {
  readonly training: PhotoStore;
  readonly heldBack: PhotoStore;
}

/** Validation of a detector on given batches: numbers, and a sheet of pictures with heatmaps. */
export function detectorValidation(makeBatches: () => Promise<DetectorBatch[]>) {
  let batches: Promise<DetectorBatch[]> | undefined;
  return async (weights: Weights, folder: string, step: number): Promise<Record<string, number>> => {
    batches ??= makeBatches();
    const sheet = contactSheet();
    const { loss, precision, recall } = await validateDetector(weights, await batches, sheet.add);
    await mkdir(join(folder, 'samples'), { recursive: true });
    const name = `step-${String(step).padStart(6, '0')}.png`;
    await writeFileAtomic(join(folder, 'samples', name), await encodePng(sheet.picture()));
    return { validationLoss: loss, precision, recall };
  };
}

/** What a stage depends on, as JSON: the rest of a recipe may change without making the stage another. */
function recipePart(recipe: Recipe, stage: 'magicpoint' | 'photographs' | 'superpoint'): string {
  const { seed, network, heldBack, maxPhotographs } = recipe;
  const selection = stage === 'magicpoint' ? {} : { heldBack, maxPhotographs };
  return JSON.stringify({ seed, network, ...selection, [stage]: recipe[stage] });
}

/** How long and how fast a stage trains, and on how much at a time. */
function schedule({
  width,
  height,
  batch,
  ...given
}: MagicPointRecipe | PhotographRecipe | Recipe['superpoint']) {
  const { replicas, steps, learningRate, ema, validateEvery } = given;
  return { size: { count: batch, width, height }, replicas, steps, learningRate, ema, validateEvery };
}

/**
 * MagicPoint from random weights on Synthetic Shapes.
 * @throws RecipeError for a recipe that comes after another and has no such stage.
 */
export function magicPointStage(recipe: Recipe): Stage<SyntheticBatchSpec> {
  const given = recipe.magicpoint;
  if (!given)
    throw new RecipeError(`recipe ${recipe.name} has no stage "magicpoint": it comes after another`);
  const { width, height, batch, targets, synthetic } = given;
  const shape: NetworkShape = { ...recipe.network, descriptor: 0 };
  const settings = { seed: recipe.seed, width, height, batch, targets, synthetic };
  // Another seed than the training's: shapes that it never sees.
  const heldBack = { ...settings, seed: recipe.seed + 1_000_003, batch: VALIDATION_PICTURES };
  return {
    name: 'magicpoint',
    shape,
    objective: detectorObjective,
    batches: { kind: 'synthetic', settings },
    ...schedule(given),
    initial: () =>
      initialState(
        initialParameters(shape, new Random(recipe.seed).fork('weights')),
        initialStatistics(shape),
      ),
    validate: detectorValidation(async () => [makeSyntheticBatch(heldBack, 0)]),
    recipe: recipePart(recipe, 'magicpoint'),
  };
}

/** MagicPoint trained on with photographs that Homographic Adaptation labelled (§5). */
export function photographStage(
  recipe: Recipe,
  stores: PhotoStores,
  start: StartingPoint,
): Stage<PhotoBatchSpec> {
  const given = recipe.photographs;
  if (!given) throw new RangeError('expected a recipe with a stage "photographs"');
  const shape: NetworkShape = { ...recipe.network, descriptor: 0 };
  const settings = { ...given, seed: recipe.seed };
  const heldBack = { ...settings, seed: recipe.seed + 1_000_003, batch: VALIDATION_PICTURES };
  return {
    name: 'photographs',
    shape,
    objective: detectorObjective,
    batches: { kind: 'photos', settings, store: stores.training },
    ...schedule(given),
    initial: () => startingState(shape, start, new Random(recipe.seed).fork('weights')),
    validate: detectorValidation(async () => [await makePhotoBatch(heldBack, 0, stores.heldBack)]),
    recipe: recipePart(recipe, 'photographs'),
  };
}

/**
 * Detector and descriptor together, on pairs of views of labelled photographs (§6).
 * @param teacher weights for use, where the recipe asks for a teacher.
 * @throws RecipeError for a teacher that is missing or that the recipe does not ask for.
 */
export function superPointStage(
  recipe: Recipe,
  stores: PhotoStores,
  start: StartingPoint | undefined,
  teacher?: Weights,
): Stage<PairBatchSpec> {
  const given = recipe.superpoint;
  if ((given.teacher === undefined) !== (teacher === undefined)) {
    throw new RecipeError(
      `recipe ${recipe.name} ${given.teacher ? 'asks for a teacher, none is given' : 'asks for no teacher, one is given'}`,
    );
  }
  const shape: NetworkShape = recipe.network;
  const settings = { ...given, seed: recipe.seed };
  const heldBack = {
    ...settings,
    seed: recipe.seed + 1_000_003,
    batch: VALIDATION_PAIRS,
    // Descriptors are looked at by their correspondences, whatever the loss.
    descriptorLoss: { kind: 'dualSoftmax' },
    teacher: undefined,
  };
  const { encoder } = architecture(shape);
  const frozen = new Set(encoder.slice(0, given.frozenLayers).map(({ name }) => name));
  const folded = given.normalisation === 'folded' ? allLayers(shape).map(({ name }) => name) : frozen;
  return {
    name: 'superpoint',
    shape,
    objective: jointObjective(given.descriptorLoss, {
      position: given.positionLoss,
      teacher: given.teacher && teacher && { ...given.teacher, weights: teacher },
    }),
    batches: { kind: 'pairs', settings, store: stores.training },
    ...schedule(given),
    frozen,
    initial: () => {
      const random = new Random(recipe.seed).fork('weights');
      return startingState(
        shape,
        given.startFrom === 'magicpoint' ? start : undefined,
        random,
        new Set(folded),
      );
    },
    validate: pairValidation(() => makePairBatch(heldBack, 0, stores.heldBack)),
    recipe: recipePart(recipe, 'superpoint'),
  };
}

/** Validation of both heads on held-back pairs. */
function pairValidation(makePairs: () => Promise<PairBatch>) {
  let pairs: Promise<PairBatch> | undefined;
  const firstViews = async (): Promise<DetectorBatch[]> => {
    pairs ??= makePairs();
    return [(await pairs).view0];
  };
  const detector = detectorValidation(firstViews);
  return async (weights: Weights, folder: string, step: number): Promise<Record<string, number>> => {
    const detection = await detector(weights, folder, step);
    return { ...detection, ...(await validateDescriptors(weights, await pairs!)) };
  };
}
