#!/usr/bin/env node
/** The command line: `npx superpoint <command>`. Each command stands in a file of its own. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { registerAdapt } from './adapt.js';
import { registerDetect } from './detect.js';
import { report } from './errors.js';
import { registerEvaluate } from './evaluate.js';
import { registerExport } from './export.js';
import { registerMatch } from './match.js';
import { registerReproduce } from './reproduce.js';
import { registerSynthesize } from './synthesize.js';
import { registerTrain } from './train.js';

const COMMANDS = [
  registerDetect,
  registerMatch,
  registerSynthesize,
  registerTrain,
  registerAdapt,
  registerEvaluate,
  registerExport,
  registerReproduce,
];

function packageVersion(): string {
  const description = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(description) as { version: string }).version;
}

async function main(): Promise<void> {
  const program = new Command('superpoint')
    .description('Finds, describes and matches interest points, and trains the network that does it.')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .showHelpAfterError(false);
  for (const register of COMMANDS) register(program);
  // The reader of a pipe may have seen enough (`superpoint … | head`).
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = report(error);
  }
}

await main();
