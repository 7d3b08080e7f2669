/** `superpoint adapt`: labels for a folder of photographs by Homographic Adaptation (§5). */
import { join } from 'node:path';
import type { Command } from 'commander';
import { adaptFolder } from '../adaptation/adapt-folder.js';
import type { AdaptationRound } from '../adaptation/labeller.js';
import type { Shard } from '../adaptation/shard.js';
import { originOfMetadata } from '../files/origin.js';
import type { Device } from '../graph/session.js';
import { readModel } from '../network/model-file.js';
import { readRecipe } from '../training/recipe.js';
import { failureOf, PartialFailureError, StoppedEarlyError } from './errors.js';
import { imagesBelow, tellLeftOut } from './find-images.js';
import { tellFallback } from './model.js';
import {
  deviceOption,
  FROM_RECIPE,
  MODEL_KINDS,
  numberIn,
  overwriteOption,
  shardOption,
  stretchOption,
  wholeNumber,
} from './options.js';
import { printJson, printLines } from './output.js';
import { openProgressLine } from './progress-line.js';
import { abortOnSignals } from './signals.js';

interface AdaptOptions {
  readonly model: string;
  readonly output: string;
  readonly recipe: string;
  readonly warps?: number;
  readonly detectionThreshold?: number;
  readonly nmsRadius?: number;
  readonly cornerRadius?: number;
  readonly maxKeypoints?: number;
  readonly resize?: number;
  readonly seed: number;
  readonly shard?: Shard;
  readonly stretch?: boolean;
  readonly overwrite?: boolean;
  readonly workers?: number;
  readonly device: Device;
  readonly json?: boolean;
}

/** Adds the command. */
export function registerAdapt(program: Command): void {
  program
    .command('adapt')
    .description('label photographs with the points that a network finds from many viewpoints')
    .argument('<dir>', 'folder of photographs')
    .requiredOption('--model <path>', MODEL_KINDS)
    .requiredOption(
      '--output <file>',
      'labels, one line of JSON a photograph; a file of the same settings is continued',
    )
    .addOption(overwriteOption())
    .option('--warps <n>', 'views a photograph', wholeNumber(1))
    .option('--detection-threshold <p>', 'smallest mean probability of a point', numberIn(0, 1))
    .option('--nms-radius <pixels>', 'smallest distance of two points', wholeNumber(0))
    .option(
      '--corner-radius <pixels>',
      'label corners of the photograph within so many pixels of the points, 0 the points',
      wholeNumber(0),
    )
    .option('--max-keypoints <n>', 'keep the best n of a photograph', wholeNumber(1))
    .option('--resize <pixels>', 'longest side at which photographs are labelled', wholeNumber(8))
    .option('--recipe <recipe>', 'recipe whose first round fills in what these options leave out', 'paper')
    .option('--seed <s>', 'decides on the views, with the name of the photograph', wholeNumber(0), 1)
    .addOption(stretchOption(FROM_RECIPE))
    .addOption(shardOption('`superpoint join` makes the whole of them'))
    .option('--workers <n>', 'threads with a network each (default: one for each core)', wholeNumber(0))
    .addOption(deviceOption())
    .option('--json', 'print the result as JSON')
    .action(runAdapt);
}

async function runAdapt(photos: string, options: AdaptOptions): Promise<void> {
  const { output, overwrite, seed, workers, device, json } = options;
  const signal = abortOnSignals('the photograph');
  const { adaptation, stretch } = await readRecipe(options.recipe);
  const [first] = adaptation;
  const { names: files, leftOut } = await imagesBelow(photos);
  const { weights, metadata } = await readModel(options.model);
  await tellFallback(device);
  const progress = openProgressLine();
  const madeBy = originOfMetadata(metadata);
  const settings = {
    photos,
    files,
    weights,
    madeBy,
    output,
    overwrite,
    round: roundOf(first, options),
    seed,
    stretch: options.stretch ?? stretch,
  };
  const summary = await adaptFolder({
    ...settings,
    shard: options.shard,
    device,
    workers,
    onProgress: progress.show,
    signal,
  }).finally(() => progress.close());
  const { labelled, skipped, keypoints, failures, interrupted } = summary;
  tellLeftOut(leftOut);
  if (json) printJson({ ...summary, leftOut, output });
  else {
    const earlier = skipped > 0 ? `, ${skipped} were labelled before` : '';
    printLines(`${labelled} photographs labelled with ${keypoints} points in ${output}${earlier}`);
  }
  if (interrupted) throw new StoppedEarlyError(signal);
  if (failures.length > 0) {
    const reasons = failures.map(({ file, problem }) => failureOf(file, join(photos, file), problem));
    throw new PartialFailureError('photographs', labelled + skipped + failures.length, reasons);
  }
}

function roundOf(recipe: AdaptationRound, options: AdaptOptions): AdaptationRound {
  return {
    ...recipe,
    warps: options.warps ?? recipe.warps,
    detectionThreshold: options.detectionThreshold ?? recipe.detectionThreshold,
    nmsRadius: options.nmsRadius ?? recipe.nmsRadius,
    maxKeypoints: options.maxKeypoints ?? recipe.maxKeypoints,
    cornerRadius: options.cornerRadius ?? recipe.cornerRadius,
    longestSide: options.resize ?? recipe.longestSide,
  };
}
