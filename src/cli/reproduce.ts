/** `superpoint reproduce`: from nothing to SuperPoint, all stages of a recipe in order. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { reproduce } from '../training/pipeline.js';
import { readRecipe } from '../training/recipe.js';
import { failureOf, PartialFailureError, StoppedEarlyError } from './errors.js';
import { imagesBelow, tellLeftOut } from './find-images.js';
import { tellFallback } from './model.js';
import { addTrainingOptions, type TrainingOptions } from './options.js';
import { millisecondsSince, printJson, printLines } from './output.js';
import { openProgressLine } from './progress-line.js';
import { abortOnSignals } from './signals.js';

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
      'tiny, cpu, superpoint and superpoint-small (the shipped weights), paper, or a JSON file',
    )
    .requiredOption('--photos <dir>', 'folder of photographs')
    .requiredOption('--output <dir>', 'folder for what all stages leave');
  addTrainingOptions(command).action(runReproduce);
}

async function runReproduce(options: ReproduceOptions): Promise<void> {
  const { photos, output, overwrite, maxTime, checkpointEvery, workers, device, json } = options;
  const began = performance.now();
  const given = await readRecipe(options.recipe);
  const recipe = options.stretch ? { ...given, stretch: true } : given;
  const { names: files, leftOut } = await imagesBelow(photos);
  const signal = abortOnSignals('the step');
  await tellFallback(device);
  const progress = openProgressLine();
  const { model, failures } = await reproduce(recipe, {
    photos,
    files,
    output,
    overwrite,
    maxSeconds: maxTime,
    checkpointSeconds: checkpointEvery,
    workers,
    device,
    signal,
    onProgress: progress.show,
  }).finally(() => progress.close());

  tellLeftOut(leftOut);
  const milliseconds = millisecondsSince(began);
  if (json)
    printJson({ finished: model !== undefined, model: model ?? null, failures, leftOut, milliseconds });
  else printLines(model ? `SuperPoint is in ${model}` : 'not finished: the same command goes on from here');
  if (!model) throw new StoppedEarlyError(signal);
  if (failures.length > 0) {
    const reasons = failures.map(({ file, problem }) => failureOf(file, join(photos, file), problem));
    throw new PartialFailureError('photographs', files.length, reasons);
  }
}
