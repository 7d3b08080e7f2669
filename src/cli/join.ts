/** `superpoint join`: the labels, features or matches of all shards as one file. */
import { open } from 'node:fs/promises';
import type { Command } from 'commander';
import { joinLabels } from '../adaptation/join-labels.js';
import { isHdf5, joinHdf5 } from '../formats/join-hdf5.js';
import { overwriteOption } from './options.js';
import { printJson, printLines } from './output.js';
import { exitOnSignals } from './signals.js';

interface JoinOptions {
  readonly output: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

/** Adds the command. */
export function registerJoin(program: Command): void {
  program
    .command('join')
    .description('put the shards of `adapt`, `detect` or `match` together to what is made without shards')
    .argument('<file...>', "the shards' files, in any order")
    .requiredOption('--output <file>', 'the labels, features or matches of all')
    .addOption(overwriteOption())
    .option('--json', 'print the result as JSON')
    .action(runJoin);
}

async function runJoin(files: string[], { output, overwrite, json }: JoinOptions): Promise<void> {
  exitOnSignals();
  if (isHdf5(await startOf(files[0]))) {
    const { shards, count, kind, failed } = await joinHdf5(files, output);
    if (json) printJson({ shards, [kind]: count, failures: failed, output });
    else printLines(`${count} ${kind} of ${shards} shards in ${output}${without(failed.length)}`);
    return;
  }
  const { shards, labelled, failures } = await joinLabels(files, output, { overwrite });
  if (json) printJson({ shards, labelled, failures, output });
  else
    printLines(
      `${labelled} labelled photographs of ${shards} shards in ${output}${without(failures.length)}`,
    );
}

const without = (failures: number) => (failures > 0 ? `, ${failures} could not be read` : '');

async function startOf(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    return (await file.read(Buffer.alloc(8), 0, 8, 0)).buffer;
  } finally {
    await file.close();
  }
}
