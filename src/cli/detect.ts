/** `superpoint detect`: the features of pictures as HDF5, NumPy, safetensors or JSON files. */
import { type Command, Option } from 'commander';
import type { Shard } from '../adaptation/shard.js';
import type { FeaturesFormat } from '../formats/growing-features.js';
import { type DetectionSettings, detectInto } from './detect-into.js';
import { PartialFailureError, UsageError } from './errors.js';
import { findImages, isFolder, tellLeftOut } from './find-images.js';
import { addDetectionOptions, addModelOptions, addReadOptions, shardOption } from './options.js';
import { millisecondsSince, printJson, printLines } from './output.js';
import { requireForDrawing } from './parts.js';
import { abortOnSignals } from './signals.js';

interface DetectOptions extends DetectionSettings {
  readonly output: string;
  readonly format: FeaturesFormat;
  readonly half?: boolean;
  readonly shard?: Shard;
  readonly draw?: string;
  readonly json?: boolean;
}

/** Adds the command. */
export function registerDetect(program: Command): void {
  const command = program
    .command('detect')
    .description('find and describe interest points in pictures or folders of pictures')
    .argument('<path...>', 'pictures and folders')
    .requiredOption(
      '--output <file>',
      'file of features, in which what is up to date is kept; with --format npz or safetensors and several pictures, ' +
        'a folder',
    )
    .addOption(
      new Option(
        '--format <format>',
        'hloc: one HDF5 file; npz: one NumPy file a picture; safetensors: one file a picture; json: one file',
      )
        .choices(['hloc', 'npz', 'safetensors', 'json'])
        .default('hloc'),
    )
    .option('--half', 'descriptors in 16 bits, for hloc to five decimals (not in JSON)')
    .addOption(
      shardOption('`superpoint join` makes the whole of HDF5 files, files a picture may go into one folder'),
    )
    .option('--draw <dir>', 'also write the pictures with their keypoints drawn in; makes all features again')
    .option('--json', 'print the result as JSON');
  addReadOptions(
    addDetectionOptions(addModelOptions(command)),
    'ignore for hloc, whose other tools do, apply for the other formats',
  ).action(runDetect);
}

async function runDetect(paths: string[], options: DetectOptions): Promise<void> {
  requireForDrawing(options.draw);
  const signal = abortOnSignals('the picture');
  const began = performance.now();
  const { images, leftOut } = await findImages(paths);
  const single = images.length === 1 && images[0].path === paths[0];
  await checkOutput(options, single);
  const { output, format, half, shard, draw, json } = options;
  const target = { output, isFolder: wantsFolder(options, single), format, half, shard, draw };
  const { contrast, ...summary } = await detectInto(images, target, options, signal);
  tellLeftOut(leftOut);
  contrast.tell();
  const { images: done, keypoints, upToDate, failures } = summary;
  if (json) {
    const milliseconds = millisecondsSince(began);
    printJson({ ...summary, leftOut, lowContrast: contrast.names, output, milliseconds });
  } else {
    const kept = upToDate > 0 ? `, ${upToDate} up to date` : '';
    printLines(
      `${keypoints} keypoints in ${done} ${done === 1 ? 'picture' : 'pictures'}${kept}, written to ${output}`,
    );
  }
  if (failures.length > 0) {
    throw new PartialFailureError('pictures', done + upToDate + failures.length, failures);
  }
}

/** Says so before the work, not after it, when the result could not be as asked for or take its name. */
async function checkOutput(options: DetectOptions, single: boolean): Promise<void> {
  const { output, format, half, shard } = options;
  if (format === 'json' && (half || shard)) {
    const what = half ? '--half' : '--shard';
    throw new UsageError(`${what} is for --format hloc, npz and safetensors, got json`);
  }
  if (!wantsFolder(options, single) && (await isFolder(output))) {
    throw new UsageError(`--output ${output} is a folder, expected the name of a ${format} file`);
  }
}

const wantsFolder = ({ format }: DetectOptions, single: boolean) =>
  (format === 'npz' || format === 'safetensors') && !single;
