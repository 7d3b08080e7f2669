/** The stages of a recipe: MagicPoint on Synthetic Shapes (§4), and what follows it. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../formats/atomic-file.js';
import { encodePng } from '../image/codec.js';
import type { NetworkShape } from '../network/architecture.js';
import { initialParameters, initialStatistics, type Weights } from '../network/weights.js';
import { Random } from '../random.js';
import type { SyntheticBatchSpec } from './batch-source.js';
import type { DetectorBatch } from './batches.js';
import { detectorObjective } from './objective.js';
import type { Recipe } from './recipe.js';
import type { Stage } from './run.js';
import { contactSheet } from './samples.js';
import { initialState } from './step.js';
import { makeSyntheticBatch } from './synthetic-batches.js';
import { validateDetector } from './validate.js';

/** Pictures that a validation looks at. */
const VALIDATION_PICTURES = 128;

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

/** MagicPoint from random weights on Synthetic Shapes. */
export function magicPointStage(recipe: Recipe): Stage<SyntheticBatchSpec> {
  const { width, height, batch, replicas, steps, learningRate, targets, ema, validateEvery, synthetic } =
    recipe.magicpoint;
  const shape: NetworkShape = { ...recipe.network, descriptor: 0 };
  const settings = {
    seed: recipe.seed,
    width,
    height,
    batch,
    targets,
    synthetic,
  };
  // Another seed than the training's: shapes that it never sees.
  const heldBack = { ...settings, seed: recipe.seed + 1_000_003, batch: VALIDATION_PICTURES };
  return {
    name: 'magicpoint',
    shape,
    objective: detectorObjective,
    batches: { kind: 'synthetic', settings },
    size: { count: batch, width, height },
    replicas,
    steps,
    learningRate,
    ema,
    validateEvery,
    initial: () =>
      initialState(
        initialParameters(shape, new Random(recipe.seed).fork('weights')),
        initialStatistics(shape),
      ),
    validate: detectorValidation(async () => [makeSyntheticBatch(heldBack, 0)]),
    recipe: JSON.stringify(recipe),
  };
}
