/** The package as it lies in somebody's folder, beside such packages only as they chose to install. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Ended } from './cli/command.js';

const ROOT = join(import.meta.dirname, '../..');

/** A project that has the package installed. */
export interface Project {
  readonly folder: string;
  /** Runs `superpoint` with these arguments there. */
  superpoint(...args: string[]): Promise<Ended>;
  /** Runs a program there. */
  program(code: string): Promise<Ended>;
  remove(): Promise<void>;
}

/** @param more the packages beside those that come with ours. */
export async function installedWith(...more: string[]): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), 'installed-'));
  const packages = join(folder, 'node_modules');
  const ours = join(packages, 'superpoint');
  // a copy, since Node looks for packages where a link leads to
  await cp(join(ROOT, 'dist/src'), join(ours, 'dist/src'), { recursive: true });
  await cp(join(ROOT, 'package.json'), join(ours, 'package.json'));
  for (const name of ['models', 'recipes']) await symlink(join(ROOT, name), join(ours, name));
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  for (const name of [...Object.keys(dependencies), ...more]) {
    await mkdir(dirname(join(packages, name)), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), join(packages, name));
  }
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  return {
    folder,
    superpoint: (...args) => run(folder, [join(ours, 'dist/src/cli/main.js'), ...args]),
    async program(code) {
      await writeFile(join(folder, 'program.js'), code);
      return run(folder, ['program.js']);
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

function run(cwd: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
