/** `superpoint join`: the labels of all shards as one file. */
import type { Command } from 'commander';
import { joinLabels } from '../adaptation/join-labels.js';
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
    .description('put the labels of all shards of `adapt` together to what is made without shards')
    .argument('<file...>', "the shards' files, in any order")
    .requiredOption('--output <file>', 'the labels of all photographs')
    .addOption(overwriteOption())
    .option('--json', 'print the result as JSON')
    .action(runJoin);
}

async function runJoin(files: string[], { output, overwrite, json }: JoinOptions): Promise<void> {
  exitOnSignals();
  const { shards, labelled, failures } = await joinLabels(files, output, { overwrite });
  if (json) printJson({ shards, labelled, failures, output });
  else {
    const without = failures.length > 0 ? `, ${failures.length} could not be read` : '';
    printLines(`${labelled} labelled photographs of ${shards} shards in ${output}${without}`);
  }
}
