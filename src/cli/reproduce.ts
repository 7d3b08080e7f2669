/** `superpoint reproduce`: from nothing to SuperPoint, all stages of a recipe in order. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { reproduce } from '../training/pipeline.js';
import { failureOf, PartialFailureError, StoppedEarlyError } from './errors.js';
import { imagesBelow, tellLeftOut } from './find-images.js';
import { addTrainingOptions, type TrainingOptions } from './options.js';
import { millisecondsSince, printJson, printLines } from './output.js';
import { openProgressLine } from './progress-line.js';
import { trainingRecipe, trainingRun } from './training.js';

interface ReproduceOptions extends TrainingOptions {
  readonly recipe: string;
  readonly photos: string;
  readonly output: string;
}

/** Adds the command. */
export function registerReproduce(program: Command): void {
  const command = program
    .command('reproduce')
    .description('make SuperPoint from nothing but photographs; called again, it goes on where it was')
    .requiredOption(
      '--recipe <recipe>',
      'tiny, cpu, superpoint, superpoint-small and superpoint-tiny (the shipped weights), paper, or a JSON file',
    )
    .requiredOption('--photos <dir>', 'folder of photographs')
    .requiredOption('--output <dir>', 'folder for what all stages leave');
  addTrainingOptions(command).action(runReproduce);
}

async function runReproduce(options: ReproduceOptions): Promise<void> {
  const { photos, output, json } = options;
  const began = performance.now();
  const recipe = await trainingRecipe(options.recipe, options);
  const { names: files, leftOut } = await imagesBelow(photos);
  const run = await trainingRun(options);
  const progress = openProgressLine();
  const { model, failures } = await reproduce(recipe, {
    photos,
    files,
    output,
    ...run,
    onProgress: progress.show,
  }).finally(() => progress.close());

  tellLeftOut(leftOut);
  const milliseconds = millisecondsSince(began);
  if (json)
    printJson({ finished: model !== undefined, model: model ?? null, failures, leftOut, milliseconds });
  else printLines(model ? `SuperPoint is in ${model}` : 'not finished: the same command goes on from here');
  if (!model) throw new StoppedEarlyError(run.signal);
  if (failures.length > 0) {
    const reasons = failures.map(({ file, problem }) => failureOf(file, join(photos, file), problem));
    throw new PartialFailureError('photographs', files.length, reasons);
  }
}
