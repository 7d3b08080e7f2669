/** `superpoint export`: weights as a file for other programs. */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { writeFileAtomic } from '../files/atomic-file.js';
import { readImage } from '../image/codec.js';
import { activationRanges } from '../network/calibrate.js';
import { inferenceModel } from '../network/inference.js';
import { quantisedModel } from '../network/quantise.js';
import { parameterCount } from '../network/weights.js';
import { NoImagesError, UsageError } from './errors.js';
import { imagesBelow } from './find-images.js';
import { type LoadedModel, loadModel, modelBytes } from './model.js';
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

/** Photographs that the ranges of a network in bytes are measured on. */
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
      `as ONNX in 8-bit integers, by the ranges of its values on ${CALIBRATION_PHOTOGRAPHS} photographs of this folder`,
    )
    .option('--json', 'print the result as JSON');
  addModelOption(command).action(runExport);
}

async function runExport({ model, format, output, int8, json }: ExportOptions): Promise<void> {
  exitOnSignals();
  if (int8 !== undefined && format !== 'onnx') throw new UsageError('--int8 goes with --format onnx alone');
  const loaded = await loadModel(model);
  const bytes = format === 'onnx' ? await onnxBytes(loaded, int8) : modelBytes(loaded);
  await writeFileAtomic(output, bytes);
  const parameters = parameterCount(loaded.weights);
  if (json) printJson({ model: loaded.path, format, output, parameters, bytes: bytes.length });
  else printLines(`${parameters} parameters of ${loaded.path} written to ${output} (${bytes.length} bytes)`);
}

async function onnxBytes({ weights, metadata }: LoadedModel, int8: string | undefined): Promise<Uint8Array> {
  if (int8 === undefined) return inferenceModel(weights, metadata);
  const files = await imagesBelow(int8);
  if (files.length === 0) throw new NoImagesError(int8);
  // Spread over the folder, where names often go by kind.
  const stride = Math.max(1, files.length / CALIBRATION_PHOTOGRAPHS);
  const chosen = Array.from(
    { length: Math.min(files.length, CALIBRATION_PHOTOGRAPHS) },
    (_, i) => files[Math.floor(i * stride)]!,
  );
  async function* photographs() {
    for (const file of chosen) yield await readImage(join(int8!, file));
  }
  return quantisedModel(weights, await activationRanges(weights, photographs()), metadata);
}
