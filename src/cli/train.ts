/** `superpoint train`: one stage of a recipe, MagicPoint (§4) or the joint training (§6). */
import { Argument, type Command } from 'commander';
import { readModel } from '../network/model-file.js';
import type { BatchSpec } from '../training/batch-source.js';
import { openPhotoStores, readStartingPoint } from '../training/pipeline.js';
import { type Recipe, readRecipe } from '../training/recipe.js';
import { type RunOptions, type RunResult, runStage, type Stage } from '../training/run.js';
import { runFiles } from '../training/run-files.js';
import { magicPointStage, type PhotoStores, photographStage, superPointStage } from '../training/stages.js';
import type { StartingPoint } from '../training/starting-point.js';
import { Interrupted, UsageError } from './errors.js';
import { isFolder } from './find-images.js';
import { addTrainingOptions, type TrainingOptions } from './options.js';
import { printJson, printLines } from './output.js';
import { openProgress } from './progress-bar.js';
import { abortOnSignals } from './signals.js';

interface TrainOptions extends TrainingOptions {
  readonly recipe: string;
  readonly output: string;
  readonly photos?: string;
  readonly labels?: string;
  readonly model?: string;
  readonly teacher?: string;
  readonly resume?: boolean;
}

/** Adds the command. */
export function registerTrain(program: Command): void {
  const command = program
    .command('train')
    .description('train MagicPoint on shapes, or with labels on photographs; or SuperPoint on photographs')
    .addArgument(new Argument('<network>', 'what is trained').choices(['magicpoint', 'superpoint']))
    .requiredOption('--recipe <recipe>', 'tiny, cpu, superpoint (the shipped weights), paper, or a JSON file')
    .requiredOption('--output <dir>', 'folder for checkpoint, weights, metrics and sample pictures')
    .option('--photos <dir>', 'folder of photographs')
    .option('--labels <file>', 'their labels, as `superpoint adapt` writes them')
    .option(
      '--model <path>',
      'start: the folder of a training run; or weights, then the recipe trains them on folded (default: random)',
    )
    .option('--teacher <path>', 'weights to learn from, for a recipe that asks for a teacher')
    .option('--resume', 'go on from the checkpoint in the output folder, if there is one');
  addTrainingOptions(command).action(runTrain);
}

async function runTrain(network: 'magicpoint' | 'superpoint', options: TrainOptions): Promise<void> {
  const { output, resume, maxTime, workers, device, json } = options;
  checkUsage(network, options);
  const recipe = await readRecipe(options.recipe);
  const signal = abortOnSignals('the step');
  const run: RunOptions = { output, resume, maxSeconds: maxTime, workers, device, signal };
  const result = await trainStage(network, recipe, options, run);
  const { finished, step } = result;
  const { weights } = runFiles(output);
  if (json) printJson({ network, finished, step, output, weights });
  else printLines(`${finished ? 'trained' : 'stopped'} after step ${step}, weights in ${weights}`);
  if (!finished && signal.aborted) throw new Interrupted('with --resume the same command goes on from here');
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
  const stores: PhotoStores = await openPhotoStores(photos, labels, recipe);
  if (network === 'superpoint') {
    const teaching = teacher === undefined ? undefined : (await readModel(teacher)).weights;
    return follow(superPointStage(recipe, stores, start, teaching), run);
  }
  if (!start) throw new UsageError('on photographs MagicPoint goes on from a run: --model is missing');
  return follow(photographStage(recipe, stores, start), run);
}

/** A run's weights with their normalisation, or weights for use, which have it folded. */
async function startingPoint(model: string): Promise<StartingPoint> {
  if (await isFolder(model)) return readStartingPoint(model);
  return { parameters: (await readModel(model)).weights, statistics: {} };
}

/** Runs the stage with its progress on stderr. */
function follow<Spec extends BatchSpec>(stage: Stage<Spec>, run: RunOptions): Promise<RunResult> {
  return runStage(stage, { ...run, progress: openProgress(stage.name) });
}
