#!/usr/bin/env node
/** The command line: `npx superpoint <command>`. Each command stands in a file of its own. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { report } from './errors.js';

/** Loaded when it is called: all commands together take half a second to load. */
const COMMANDS: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  detect: async () => (await import('./detect.js')).registerDetect,
  match: async () => (await import('./match.js')).registerMatch,
  colmap: async () => (await import('./colmap.js')).registerColmap,
  synthesize: async () => (await import('./synthesize.js')).registerSynthesize,
  train: async () => (await import('./train.js')).registerTrain,
  adapt: async () => (await import('./adapt.js')).registerAdapt,
  join: async () => (await import('./join.js')).registerJoin,
  track: async () => (await import('./track.js')).registerTrack,
  evaluate: async () => (await import('./evaluate.js')).registerEvaluate,
  export: async () => (await import('./export.js')).registerExport,
  reproduce: async () => (await import('./reproduce.js')).registerReproduce,
  recipes: async () => (await import('./recipes.js')).registerRecipes,
  doctor: async () => (await import('./doctor.js')).registerDoctor,
  completion: async () => (await import('./completion.js')).registerCompletion,
};

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
  // Completion is about all of them.
  const called = Object.keys(COMMANDS).filter((name) => name === process.argv[2] && name !== 'completion');
  for (const name of called.length > 0 ? called : Object.keys(COMMANDS)) {
    const register = await COMMANDS[name]();
    register(program);
  }
  // The reader of a pipe may have seen enough (`superpoint … | head`).
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = report(error, process.argv.includes('--json'));
  }
}

await main();
