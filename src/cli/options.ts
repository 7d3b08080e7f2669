/** Options that several commands share, and the parsers that check them. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseShard } from '../adaptation/shard.js';
import { scaleOptions } from '../features/scales.js';
import type { DetectOptions } from '../features/superpoint.js';
import type { Device } from '../graph/session.js';
import type { ReadOptions } from '../image/read-options.js';
import { parseDuration } from './duration.js';

/** What `addModelOptions` adds. */
export interface ModelOptions {
  readonly model?: string;
  readonly device: Device;
}

/** What `addDetectionOptions` adds; what is not given takes the library's default. */
export type DetectionOptions = Pick<
  DetectOptions,
  | 'maxKeypoints'
  | 'detectionThreshold'
  | 'nmsRadius'
  | 'borderMargin'
  | 'cornerRadius'
  | 'resize'
  | 'scales'
  | 'subpixel'
  | 'interpolation'
  | 'samplingGrid'
>;

/** `--scales`. @param usual said to be the default. */
export function scalesOption(usual: string): Option {
  return new Option(
    '--scales <list>',
    `sizes at which the network sees a picture, as factors (default: ${usual})`,
  ).argParser((text) => {
    const scales = text.split(',').map(parseNumber);
    orInvalid(() => scaleOptions({ scales }));
    return scales;
  });
}

/** Where a network may be asked to run in Node. */
export const DEVICES: readonly Device[] = ['cpu', 'webgpu', 'cuda'];

/** `--device`. */
export function deviceOption(): Option {
  return new Option('--device <device>', 'where the network runs').choices(DEVICES).default('cpu');
}

/** `--overwrite`. */
export function overwriteOption(): Option {
  return new Option(
    '--overwrite',
    'make again what other settings or inputs made at the output, which is refused otherwise',
  );
}

/** `--shard`. @param whole how the parts become the whole, in words. */
export function shardOption(whole: string): Option {
  return new Option('--shard <i/n>', `only part i of n; ${whole}`).argParser((text) =>
    orInvalid(() => parseShard(text)),
  );
}

/** What `--model` takes. */
export const MODEL_KINDS =
  'superpoint, superpoint-small, superpoint-tiny (each with -int8) or magicpoint; a file (.safetensors, .pth, .onnx); ' +
  'or the folder of a run';

/** `--model`. @param usual the model where none is named. */
export function addModelOption(command: Command, usual = 'superpoint'): Command {
  return command.option('--model <path>', `${MODEL_KINDS} (default: ${usual})`);
}

/** `--model` and `--device`. */
export function addModelOptions(command: Command, usual?: string): Command {
  return addModelOption(command, usual).addOption(deviceOption());
}

/** Said of `--stretch` where a recipe may ask for it. */
export const FROM_RECIPE = ', as the key `stretch` of a recipe does';

/** What `addTrainingOptions` adds. */
export interface TrainingOptions {
  readonly overwrite?: boolean;
  readonly stretch?: boolean;
  readonly maxTime?: number;
  readonly checkpointEvery?: number;
  readonly workers?: number;
  readonly device: Device;
  readonly json?: boolean;
}

/** The options of everything that trains. */
export function addTrainingOptions(command: Command): Command {
  return command
    .addOption(overwriteOption())
    .addOption(stretchOption(FROM_RECIPE))
    .option(
      '--max-time <span>',
      'stop with everything kept after a time such as 90s, 150m or 2h, with exit code 75',
      duration,
    )
    .option('--checkpoint-every <span>', 'what a killed run loses at most (default: 2m)', duration)
    .option('--workers <n>', 'threads that prepare batches (default: 1)', wholeNumber(0))
    .addOption(deviceOption())
    .option('--json', 'print the result as JSON');
}

/** The options that choose keypoints. @param scales said to be the default. */
export function addDetectionOptions(command: Command, scales = '1,0.5'): Command {
  return command
    .option('--max-keypoints <n>', 'keep the best n (default: all)', wholeNumber(1))
    .option('--detection-threshold <p>', 'smallest probability of a keypoint (default: 0.01)', numberIn(0, 1))
    .option('--nms-radius <pixels>', 'smallest distance of two keypoints (default: 4)', wholeNumber(0))
    .option('--border-margin <pixels>', 'no keypoints nearer to an edge (default: 4)', wholeNumber(0))
    .option(
      '--corner-radius <pixels>',
      'how far a keypoint may move to a corner of the picture, 0 for the heatmap alone (default: 5)',
      wholeNumber(0),
    )
    .option('--resize <pixels>', 'longest side that the network sees (default: as it is)', wholeNumber(8))
    .addOption(scalesOption(scales))
    .option('--no-subpixel', 'keypoints at whole pixels, the peaks of the heatmap alone')
    .addOption(
      new Option('--interpolation <kind>', 'of descriptors between cells (default: bicubic)').choices([
        'bicubic',
        'bilinear',
      ]),
    )
    .addOption(
      new Option(
        '--sampling-grid <grid>',
        'where descriptors are read: superglue or magicleap as the code of those names does, for weights of theirs ' +
          '(default: exact)',
      ).choices(['exact', 'superglue', 'magicleap']),
    );
}

/** `--stretch`. @param also said behind it. */
export function stretchOption(also = ''): Option {
  return new Option(
    '--stretch',
    `spread the values of each picture over black to white: for a narrow band of 16 bits, for floats on any scale${also}`,
  );
}

/** What `addReadOptions` adds. */
export type ReadingOptions = Pick<ReadOptions, 'stretch' | 'exif' | 'maxPixels'>;

/** `--exif`. @param usual what happens without it, in words. */
function exifOption(usual: string): Option {
  const what = 'turn pictures as their EXIF says, or leave them as they are stored';
  return new Option('--exif <use>', `${what} (default: ${usual})`).choices(['apply', 'ignore']);
}

/** The options of how images are read. @param exif said to be the default. */
export function addReadOptions(command: Command, exif = 'apply'): Command {
  return command
    .addOption(stretchOption())
    .addOption(exifOption(exif))
    .option('--max-pixels <n>', 'largest picture that is decoded (default: 200 million)', wholeNumber(1));
}

/** The part of a command's options that says how images are read. */
export function readingOf({ stretch, exif, maxPixels }: ReadingOptions): ReadingOptions {
  return { stretch, exif, maxPixels };
}

/** The part of a command's options that chooses keypoints. */
export function detectionOf(options: DetectionOptions): DetectionOptions {
  const { maxKeypoints, detectionThreshold, nmsRadius, borderMargin, cornerRadius, resize, scales } = options;
  const { subpixel, interpolation, samplingGrid } = options;
  return {
    maxKeypoints,
    detectionThreshold,
    nmsRadius,
    borderMargin,
    cornerRadius,
    resize,
    scales,
    subpixel,
    interpolation,
    samplingGrid,
  };
}

/** Parses a whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = parseNumber(text);
    if (!Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`);
    }
    return value;
  };
}

/** Parses a number from `low` to `high`, both included. */
export function numberIn(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = parseNumber(text);
    if (value >= low && value <= high) return value;
    throw new InvalidArgumentError(`Expected a number from ${low} to ${high}.`);
  };
}

/** Parses a number above 0 and up to `high`. */
export function positiveNumber(high = Number.MAX_VALUE): (text: string) => number {
  return (text) => {
    const value = parseNumber(text);
    if (value > 0 && value <= high) return value;
    const limit = high < Number.MAX_VALUE ? ` and at most ${high}` : '';
    throw new InvalidArgumentError(`Expected a number above 0${limit}.`);
  };
}

/** Parses a span of time into seconds. */
function duration(text: string): number {
  return orInvalid(() => parseDuration(text));
}

/** Runs the parser of another folder; its error is the user's wrong option. */
export function orInvalid<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new InvalidArgumentError(`${message[0].toUpperCase()}${message.slice(1)}.`);
  }
}

/** NaN for what is no number; the empty text among them, which `Number` takes for 0. */
function parseNumber(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}
