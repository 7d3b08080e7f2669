/** `superpoint export`: weights as a file for other programs. */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { writeFileAtomic } from '../files/atomic-file.js';
import { readImage } from '../image/codec.js';
import { activationRanges } from '../network/calibrate.js';
import { encodeModel, type Model, onnxModel } from '../network/model.js';
import { readModel } from '../network/model-file.js';
import type { ActivationRanges } from '../network/quantise.js';
import { parameterCount } from '../network/weights.js';
import { imagesBelow, tellLeftOut } from './find-images.js';
import { addModelOption } from './options.js';
import { printJson, printLines } from './output.js';
import { exitOnSignals } from './signals.js';

interface ExportOptions {
  readonly model?: string;
  readonly format: 'onnx' | 'safetensors';
  readonly output: string;
  readonly int8?: string;
  readonly json?: boolean;
}

/** Photographs that the ranges of an int8 network are measured on. */
const CALIBRATION_PHOTOGRAPHS = 100;

/** Adds the command. */
export function registerExport(program: Command): void {
  const command = program
    .command('export')
    .description('write the network as ONNX (any height and width in multiples of 8) or its weights alone')
    .addOption(
      new Option('--format <format>', 'kind of file').choices(['onnx', 'safetensors']).makeOptionMandatory(),
    )
    .requiredOption('--output <file>', 'the file to write')
    .option(
      '--int8 <dir>',
      `in 8-bit integers, by the ranges of its values on ${CALIBRATION_PHOTOGRAPHS} photographs of this folder`,
    )
    .option('--json', 'print the result as JSON');
  addModelOption(command).action(runExport);
}

async function runExport({ model, format, output, int8, json }: ExportOptions): Promise<void> {
  exitOnSignals();
  const given = await readModel(model);
  const network = int8 === undefined ? given : { ...given, ranges: await rangesOn(int8, given) };
  const bytes = format === 'onnx' ? onnxModel(network) : encodeModel(network);
  await writeFileAtomic(output, bytes);
  const parameters = parameterCount(network.weights);
  if (json) printJson({ model: network.name, format, output, parameters, bytes: bytes.length });
  else printLines(`${parameters} parameters of ${network.name} written to ${output} (${bytes.length} bytes)`);
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
