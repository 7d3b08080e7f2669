/** `superpoint detect`: the features of pictures as an HDF5, NumPy or JSON file. */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { drawKeypoints } from '../drawing/draw.js';
import type { Features } from '../features/features.js';
import type { SuperPoint } from '../features/superpoint.js';
import { writeFileAtomic, writeFileAtomicFrom } from '../files/atomic-file.js';
import { lockFile, lockFolder } from '../files/lock.js';
import { encodeFeaturesJson, type NamedFeatures } from '../formats/features-json.js';
import { encodeFeaturesNpz } from '../formats/features-npz.js';
import { writeHlocFeatures } from '../formats/hloc.js';
import { readImage } from '../image/codec.js';
import type { GrayImage } from '../image/image.js';
import { countProgress } from '../progress.js';
import { readAhead } from '../threads/read-ahead.js';
import { ContrastCheck } from './contrast.js';
import { type Failure, failureOf, PartialFailureError, UsageError } from './errors.js';
import { findImages, type ImageFile, isFolder, tellLeftOut } from './find-images.js';
import { openSuperPoint } from './model.js';
import {
  addDetectionOptions,
  addModelOptions,
  addReadOptions,
  type DetectionOptions,
  detectionOf,
  type ModelOptions,
  type ReadingOptions,
  readingOf,
} from './options.js';
import { millisecondsSince, printJson, printLines, writePicture } from './output.js';
import { openProgressLine } from './progress-line.js';
import { exitOnSignals } from './signals.js';

interface DetectOptions extends ModelOptions, DetectionOptions, ReadingOptions {
  readonly output: string;
  readonly format: 'hloc' | 'npz' | 'json';
  readonly draw?: string;
  readonly json?: boolean;
}

/** What a run over many pictures came to. */
interface Tally {
  images: number;
  keypoints: number;
  readonly contrast: ContrastCheck;
  readonly failures: Failure[];
}

/** Adds the command. */
export function registerDetect(program: Command): void {
  const command = program
    .command('detect')
    .description('find and describe interest points in pictures or folders of pictures')
    .argument('<path...>', 'pictures and folders')
    .requiredOption('--output <file>', 'file of features; with --format npz and several pictures, a folder')
    .addOption(
      new Option('--format <format>', 'hloc: one HDF5 file; npz: one NumPy file a picture; json: one file')
        .choices(['hloc', 'npz', 'json'])
        .default('hloc'),
    )
    .option('--draw <dir>', 'also write the pictures with their keypoints drawn in')
    .option('--json', 'print the result as JSON');
  addReadOptions(addDetectionOptions(addModelOptions(command))).action(runDetect);
}

async function runDetect(paths: string[], options: DetectOptions): Promise<void> {
  exitOnSignals();
  const began = performance.now();
  const { images, leftOut } = await findImages(paths);
  const single = images.length === 1 && images[0].path === paths[0];
  await checkOutput(options, single);
  const { output, json } = options;
  const superpoint = await openSuperPoint(options);
  const contrast = new ContrastCheck(options.stretch);
  const tally: Tally = { images: 0, keypoints: 0, contrast, failures: [] };
  try {
    const lock = wantsFolder(options, single) ? await lockFolder(output) : await lockFile(output);
    try {
      await writeFeatures(detectEach(superpoint, images, options, tally), options, single);
    } finally {
      lock.release();
    }
  } finally {
    await superpoint.dispose();
  }
  tellLeftOut(leftOut);
  contrast.tell();
  const { images: done, keypoints, failures } = tally;
  if (json) {
    const milliseconds = millisecondsSince(began);
    printJson({
      images: done,
      keypoints,
      failures,
      leftOut,
      lowContrast: contrast.names,
      output,
      milliseconds,
    });
  } else {
    printLines(
      `${keypoints} keypoints in ${done} ${done === 1 ? 'picture' : 'pictures'}, written to ${output}`,
    );
  }
  if (failures.length > 0) throw new PartialFailureError('pictures', images.length, failures);
}

/** Says so before the work, not after it, when the result could not take its name. */
async function checkOutput(options: DetectOptions, single: boolean): Promise<void> {
  const { output, format } = options;
  if (!wantsFolder(options, single) && (await isFolder(output))) {
    throw new UsageError(`--output ${output} is a folder, expected the name of a ${format} file`);
  }
}

const wantsFolder = ({ format }: DetectOptions, single: boolean) => format === 'npz' && !single;

/**
 * Features of one picture after the other; the next one is decoded meanwhile. Pictures that fail are
 * noted and left out. Throws at the end if none is left.
 */
async function* detectEach(
  superpoint: SuperPoint,
  images: readonly ImageFile[],
  options: DetectOptions,
  tally: Tally,
): AsyncGenerator<NamedFeatures> {
  const progress = openProgressLine();
  const next = countProgress(progress.show, 'detect', { of: images.length, unit: 'images' });
  try {
    const decoding = readAhead(images, ({ path }) => readImage(path, readingOf(options)));
    for await (const { item, result } of decoding) {
      const { name, path } = item;
      try {
        const decoded = await result;
        const features = await superpoint.detect(decoded, detectionOf(options));
        tally.contrast.note(path, decoded);
        await drawInto(options.draw, name, decoded, features);
        tally.images += 1;
        tally.keypoints += features.count;
        yield { name, features };
      } catch (error) {
        if (images.length === 1) throw error;
        tally.failures.push(failureOf(name, path, error));
      }
      next();
    }
  } finally {
    progress.close();
  }
  if (tally.images === 0) throw new PartialFailureError('pictures', images.length, tally.failures);
}

async function drawInto(
  folder: string | undefined,
  name: string,
  image: GrayImage,
  features: Features,
): Promise<void> {
  if (folder !== undefined) await writePicture(join(folder, `${name}.png`), drawKeypoints(image, features));
}

async function writeFeatures(
  pictures: AsyncGenerator<NamedFeatures>,
  { output, format }: DetectOptions,
  single: boolean,
): Promise<void> {
  if (format === 'hloc') {
    await writeHlocFeatures(output, pictures);
  } else if (format === 'json') {
    await writeFileAtomicFrom(output, encodeFeaturesJson(pictures));
  } else {
    for await (const { name, features } of pictures) {
      const path = single ? output : join(output, `${name}.npz`);
      await writeFileAtomic(path, encodeFeaturesNpz(features));
    }
  }
}
