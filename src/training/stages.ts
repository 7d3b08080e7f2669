/** The stages of a recipe: MagicPoint on shapes (§4) and on photographs (§5), and the joint training (§6). */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../files/atomic-file.js';
import { type Origin, originOf, weightsOrigin } from '../files/origin.js';
import { encodePng } from '../image/codec.js';
import { allLayers, architecture, type NetworkShape } from '../network/architecture.js';
import type { Weights } from '../network/weights.js';
import { Random } from '../random.js';
import type { PairBatchSpec, PhotoBatchSpec, SyntheticBatchSpec } from './batch-source.js';
import type { DetectorBatch, PairBatch } from './batches.js';
import type { PhotoStores } from './labelled-photographs.js';
import { detectorObjective, jointObjective } from './objective.js';
import { makePairBatch } from './pair-batches.js';
import { makePhotoBatch } from './photo-batches.js';
import { type Recipe, RecipeError } from './recipe.js';
import type { Stage } from './run.js';
import { contactSheet } from './samples.js';
import { type StartingPoint, startingState, startOrigin } from './starting-point.js';
import { makeSyntheticBatch } from './synthetic-batches.js';
import { validateDetector } from './validate.js';
import { validateDescriptors } from './validate-descriptors.js';

type MagicPointRecipe = NonNullable<Recipe['magicpoint']>;
type PhotographRecipe = NonNullable<Recipe['photographs']>;

/** Pictures that a validation looks at. */
const VALIDATION_PICTURES = 128;
const VALIDATION_PAIRS = 32;

/** Weights for use, and what made them where that is known. */
export interface MadeWeights {
  readonly weights: Weights;
  readonly madeBy?: Origin | undefined;
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

/** What a stage is made from: its part of the recipe, and what it reads. */
function stageOrigin(
  recipe: Recipe,
  stage: 'magicpoint' | 'photographs' | 'superpoint',
  stores?: PhotoStores,
  start?: StartingPoint,
  teacher?: MadeWeights,
): Origin {
  const { seed, network, heldBack, maxPhotographs, stretch } = recipe;
  const selection = stores ? { heldBack, maxPhotographs, ...(stretch ? { stretch } : {}) } : {};
  const settings = { stage, seed, network, ...selection, ...recipe[stage] };
  return originOf('training', settings, {
    ...stores?.origins,
    start: start && startOrigin(start),
    teacher: teacher && weightsOrigin(teacher.weights, teacher.madeBy),
  });
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
    initial: () => startingState(shape, undefined, new Random(recipe.seed).fork('weights')),
    validate: detectorValidation(async () => [makeSyntheticBatch(heldBack, 0)]),
    origin: stageOrigin(recipe, 'magicpoint'),
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
    origin: stageOrigin(recipe, 'photographs', stores, start),
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
  teacher?: MadeWeights,
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
  const from = given.startFrom === 'magicpoint' ? start : undefined;
  const { encoder } = architecture(shape);
  const frozen = new Set(encoder.slice(0, given.frozenLayers).map(({ name }) => name));
  const folded = given.normalisation === 'folded' ? allLayers(shape).map(({ name }) => name) : frozen;
  return {
    name: 'superpoint',
    shape,
    objective: jointObjective(given.descriptorLoss, {
      position: given.positionLoss,
      teacher: given.teacher && teacher && { ...given.teacher, weights: teacher.weights },
    }),
    batches: { kind: 'pairs', settings, store: stores.training },
    ...schedule(given),
    shareOfStart: given.shareOfStart,
    frozen,
    initial: () => {
      const random = new Random(recipe.seed).fork('weights');
      return startingState(shape, from, random, new Set(folded));
    },
    validate: pairValidation(() => makePairBatch(heldBack, 0, stores.heldBack)),
    origin: stageOrigin(recipe, 'superpoint', stores, from, teacher),
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
