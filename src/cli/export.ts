/** `superpoint export`: weights as a file for other programs. */
import { type Command, Option } from 'commander';
import { writeFileAtomic } from '../formats/atomic-file.js';
import { inferenceModel } from '../network/inference.js';
import { parameterCount } from '../network/weights.js';
import { loadModel, modelBytes } from './model.js';
import { addModelOption } from './options.js';
import { printJson, printLines } from './output.js';
import { exitOnSignals } from './signals.js';

interface ExportOptions {
  readonly model?: string;
  readonly format: 'onnx' | 'safetensors';
  readonly output: string;
  readonly json?: boolean;
}

/** Adds the command. */
export function registerExport(program: Command): void {
  const command = program
    .command('export')
    .description('write the network as ONNX (any height and width in multiples of 8) or its weights alone')
    .addOption(
      new Option('--format <format>', 'kind of file').choices(['onnx', 'safetensors']).makeOptionMandatory(),
    )
    .requiredOption('--output <file>', 'the file to write')
    .option('--json', 'print the result as JSON');
  addModelOption(command).action(runExport);
}

async function runExport({ model, format, output, json }: ExportOptions): Promise<void> {
  exitOnSignals();
  const loaded = await loadModel(model);
  const bytes = format === 'onnx' ? inferenceModel(loaded.weights, loaded.metadata) : modelBytes(loaded);
  await writeFileAtomic(output, bytes);
  const parameters = parameterCount(loaded.weights);
  if (json) printJson({ model: loaded.path, format, output, parameters, bytes: bytes.length });
  else printLines(`${parameters} parameters of ${loaded.path} written to ${output} (${bytes.length} bytes)`);
}
