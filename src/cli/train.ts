/** `superpoint train`: one stage of a recipe, MagicPoint (§4) or the joint training (§6). */
import { existsSync } from 'node:fs';
import { Argument, type Command, Option } from 'commander';
import { originOfMetadata } from '../files/origin.js';
import { readModel } from '../network/model-file.js';
import type { BatchSpec } from '../training/batch-source.js';
import { openPhotoStores } from '../training/labelled-photographs.js';
import type { Recipe } from '../training/recipe.js';
import { type RunOptions, type RunResult, runStage, type Stage } from '../training/run.js';
import { runFiles } from '../training/run-files.js';
import { type MadeWeights, magicPointStage, photographStage, superPointStage } from '../training/stages.js';
import { readStartingPoint, type StartingPoint } from '../training/starting-point.js';
import { StoppedEarlyError, UsageError } from './errors.js';
import { addTrainingOptions, type TrainingOptions } from './options.js';
import { printJson, printLines } from './output.js';
import { openProgressLine } from './progress-line.js';
import { trainingRecipe, trainingRun } from './training.js';

interface TrainOptions extends TrainingOptions {
  readonly recipe: string;
  readonly output: string;
  readonly photos?: string;
  readonly labels?: string;
  readonly model?: string;
  readonly teacher?: string;
}

/** Adds the command. */
export function registerTrain(program: Command): void {
  const command = program
    .command('train')
    .description('train MagicPoint on shapes, or with labels on photographs; or SuperPoint on photographs')
    .addArgument(new Argument('<network>', 'what is trained').choices(['magicpoint', 'superpoint']))
    .requiredOption('--recipe <recipe>', 'tiny, cpu, superpoint (the shipped weights), paper, or a JSON file')
    .requiredOption(
      '--output <dir>',
      'folder for checkpoint, weights, metrics and sample pictures; a run of the same settings goes on',
    )
    .option('--photos <dir>', 'folder of photographs')
    .option('--labels <file>', 'their labels, as `superpoint adapt` writes them')
    .option(
      '--model <path>',
      'start: the folder of a training run; or weights, then the recipe trains them on folded (default: random)',
    )
    .option('--teacher <path>', 'weights to learn from, for a recipe that asks for a teacher')
    // What happens anyway; scripts that say so go on working.
    .addOption(new Option('--resume').hideHelp());
  addTrainingOptions(command).action(runTrain);
}

async function runTrain(network: 'magicpoint' | 'superpoint', options: TrainOptions): Promise<void> {
  const { output, json } = options;
  checkUsage(network, options);
  const recipe = await trainingRecipe(options.recipe, options);
  const run = { output, ...(await trainingRun(options)) };
  const result = await trainStage(network, recipe, options, run);
  const { finished, step } = result;
  const { weights } = runFiles(output);
  if (json) printJson({ network, finished, step, output, weights });
  else printLines(`${finished ? 'trained' : 'stopped'} after step ${step}, weights in ${weights}`);
  if (!finished) throw new StoppedEarlyError(run.signal);
}

function checkUsage(network: string, { photos, labels }: TrainOptions): void {
  if ((photos === undefined) !== (labels === undefined)) {
    throw new UsageError('--photos and --labels belong together, only one is given');
  }
  if (network === 'superpoint' && photos === undefined) {
    throw new UsageError('SuperPoint is trained on photographs: --photos and --labels are missing');
  }
}

async function trainStage(
  network: string,
  recipe: Recipe,
  { photos, labels, model, teacher }: TrainOptions,
  run: RunOptions,
): Promise<RunResult> {
  const start = model === undefined ? undefined : await startingPoint(model);
  if (photos === undefined || labels === undefined) {
    if (start) throw new UsageError('on shapes MagicPoint starts from random weights, not from --model');
    return follow(magicPointStage(recipe), run);
  }
  const stores = await openPhotoStores(photos, labels, recipe);
  if (network === 'superpoint') {
    const teaching = teacher === undefined ? undefined : await madeWeights(teacher);
    return follow(superPointStage(recipe, stores, start, teaching), run);
  }
  if (!start) throw new UsageError('on photographs MagicPoint goes on from a run: --model is missing');
  return follow(photographStage(recipe, stores, start), run);
}

/** A run's weights with their normalisation, or weights for use, which have it folded. */
async function startingPoint(model: string): Promise<StartingPoint> {
  if (existsSync(runFiles(model).checkpoint)) return readStartingPoint(model);
  const { weights, madeBy } = await madeWeights(model);
  return { parameters: weights, statistics: {}, madeBy };
}

async function madeWeights(model: string): Promise<MadeWeights> {
  const { weights, metadata } = await readModel(model);
  return { weights, madeBy: originOfMetadata(metadata) };
}

/** Runs the stage with its progress on stderr. */
function follow<Spec extends BatchSpec>(stage: Stage<Spec>, run: RunOptions): Promise<RunResult> {
  const progress = openProgressLine();
  return runStage(stage, { ...run, onProgress: progress.show }).finally(() => progress.close());
}
