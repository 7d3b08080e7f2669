/** `superpoint export`: weights as a file for other programs. */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { pointsModel } from '../features/points-model.js';
import { writeFileAtomic } from '../files/atomic-file.js';
import { transformersFolder } from '../formats/transformers.js';
import { readImage } from '../image/codec.js';
import { activationRanges } from '../network/calibrate.js';
import { encodeModel, type Model, onnxModel } from '../network/model.js';
import { readModel } from '../network/model-file.js';
import type { ActivationRanges } from '../network/quantise.js';
import { parameterCount } from '../network/weights.js';
import { UsageError } from './errors.js';
import { imagesBelow, tellLeftOut } from './find-images.js';
import { addModelOption, wholeNumber } from './options.js';
import { printJson, printLines } from './output.js';
import { exitOnSignals } from './signals.js';

interface ExportOptions {
  readonly model?: string;
  readonly format: 'onnx' | 'safetensors' | 'transformers';
  readonly output: string;
  readonly int8?: string;
  readonly half?: boolean;
  readonly points?: number;
  readonly json?: boolean;
}

/** Photographs that the ranges of an int8 network are measured on. */
const CALIBRATION_PHOTOGRAPHS = 100;

/** Adds the command. */
export function registerExport(program: Command): void {
  const command = program
    .command('export')
    .description(
      'write the network as ONNX (any height and width in multiples of 8), or its weights alone: under the ' +
        'published names (safetensors), or as a folder for Hugging Face transformers',
    )
    .addOption(
      new Option('--format <format>', 'kind of file')
        .choices(['onnx', 'safetensors', 'transformers'])
        .makeOptionMandatory(),
    )
    .requiredOption('--output <path>', 'the file, or with transformers the folder, to write')
    .option(
      '--int8 <dir>',
      `in 8-bit integers, by the ranges of its values on ${CALIBRATION_PHOTOGRAPHS} photographs of this folder`,
    )
    .option('--half', 'with safetensors: floats in 16 bits, half the size')
    .option(
      '--points <n>',
      'with onnx: the whole of detection, from a picture of any size to n keypoints with descriptors',
      wholeNumber(1),
    )
    .option('--json', 'print the result as JSON');
  addModelOption(command).action(runExport);
}

async function runExport(options: ExportOptions): Promise<void> {
  const { model, format, output, int8, half, points, json } = options;
  exitOnSignals();
  if (half && format !== 'safetensors') throw new UsageError('--half goes with --format safetensors alone');
  if (points !== undefined && format !== 'onnx') {
    throw new UsageError('--points goes with --format onnx alone');
  }
  if (int8 !== undefined && format === 'transformers') {
    throw new UsageError('--int8 goes with --format onnx and safetensors alone');
  }
  const given = await readModel(model);
  const network = int8 === undefined ? given : { ...given, ranges: await rangesOn(int8, given) };
  let bytes = 0;
  for (const [file, content] of Object.entries(exported(network, options))) {
    await writeFileAtomic(join(output, file), content);
    bytes += content.length;
  }
  const parameters = parameterCount(network.weights);
  if (json) printJson({ model: network.name, format, output, parameters, bytes });
  else printLines(`${parameters} parameters of ${network.name} written to ${output} (${bytes} bytes)`);
}

/** What is written, by paths below the output; the output itself is ''. */
function exported(
  model: Model,
  { format, half, points }: ExportOptions,
): Readonly<Record<string, Uint8Array>> {
  if (format === 'transformers') return transformersFolder(model);
  if (format === 'safetensors') return { '': encodeModel(model, { half }) };
  return { '': points === undefined ? onnxModel(model) : pointsModel(model, points) };
}

/** The ranges of a network's values on photographs of a folder. */
async function rangesOn(folder: string, { weights }: Model): Promise<ActivationRanges> {
  const { names: files, leftOut } = await imagesBelow(folder);
  tellLeftOut(leftOut);
  // Spread over the folder, where names often go by kind.
  const stride = Math.max(1, files.length / CALIBRATION_PHOTOGRAPHS);
  const chosen = Array.from(
    { length: Math.min(files.length, CALIBRATION_PHOTOGRAPHS) },
    (_, i) => files[Math.floor(i * stride)]!,
  );
  async function* photographs() {
    for (const file of chosen) yield await readImage(join(folder, file));
  }
  return activationRanges(weights, photographs());
}
