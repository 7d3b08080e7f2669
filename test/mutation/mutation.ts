/**
 * `npm run mutation -- --files geometry,matching/mutual-matches --sample 20 --seed x`: changes an operator, a number or
 * a condition of the built modules, one at a time, and runs the tests of their folder. A mutant that no test notices
 * survives: a test is missing there, or the change changes nothing. `--near` asks only the tests that import the module,
 * or where there is none, those that import what imports it: quick, and stricter.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '../../src/random.js';
import { MUTANT, type Mutant } from './load.js';
import { mutationsOf } from './operators.js';

const DIST = fileURLToPath(new URL('../../', import.meta.url));
const HOOK = new URL('./hook.js', import.meta.url).href;
/** A loop that does not end counts as noticed: a test gets this many times what it takes without any change. */
const PATIENCE = 10;
const LEAST_SECONDS = 20;
const MOST_SECONDS = 900;

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: 'features,geometry,matching,graph,formats,evaluation/metrics' },
    sample: { type: 'string', default: '60' },
    seed: { type: 'string', default: 'mutation' },
    near: { type: 'boolean', default: false },
  },
});

/** The built modules under a path that is given without ending. */
async function modulesOf(path: string): Promise<string[]> {
  const root = join(DIST, 'src');
  const all = (await readdir(root, { recursive: true }))
    .filter((file) => file.endsWith('.js') && !file.includes('browser'))
    .sort();
  const found = all.filter((file) => file === `${path}.js` || file.startsWith(`${path}/`));
  if (found.length === 0) throw new RangeError(`expected a folder or module of src, got ${path}`);
  return found.map((file) => join(root, file));
}

/** Text of each built file by its path. */
async function builtFiles(): Promise<ReadonlyMap<string, string>> {
  const files = (await readdir(DIST, { recursive: true })).filter((file) => file.endsWith('.js'));
  const paths = files.map((file) => join(DIST, file));
  return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(path, 'utf8')] as const)));
}

/** The tests that reach a module by the fewest imports. */
function nearestTests(module: string, built: ReadonlyMap<string, string>): string[] {
  const importedBy = ([path, text]: [string, string]) =>
    [...text.matchAll(/ from '(\.[^']+)'/g)].map(([, specifier]) => join(dirname(path), specifier));
  const imports = [...built].map((file) => ({ path: file[0], imported: importedBy(file) }));
  const seen = new Set([module]);
  for (let reached = [module]; reached.length > 0; ) {
    const targets = new Set(reached);
    reached = imports
      .filter(({ path, imported }) => !seen.has(path) && imported.some((each) => targets.has(each)))
      .map(({ path }) => path);
    const tests = reached.filter((path) => path.endsWith('.test.js'));
    if (tests.length > 0) return tests;
    for (const path of reached) seen.add(path);
  }
  return [];
}

/** The tests of a module's folder: first the one that bears its name, then the shortest, which take the least time. */
async function testsOf(module: string): Promise<string[]> {
  let folder = join(DIST, 'test', relative(join(DIST, 'src'), dirname(module)));
  const testsIn = () =>
    readdir(folder, { recursive: true }).then(
      (files) => files.filter((file) => file.endsWith('.test.js')),
      () => [],
    );
  let tests = await testsIn();
  while (tests.length === 0) {
    folder = dirname(folder);
    tests = await testsIn();
  }
  const sized = tests.map((file) => {
    const path = join(folder, file);
    return {
      path,
      isNamed: basename(file) === `${basename(module, '.js')}.test.js`,
      size: statSync(path).size,
    };
  });
  sized.sort((a, b) => Number(b.isNamed) - Number(a.isNamed) || a.size - b.size);
  return sized.map(({ path }) => path);
}

/** Runs a test file. @returns the seconds that it took to pass; undefined where it failed, or took too long. */
async function secondsOf(test: string, limit: number, mutant?: Mutant): Promise<number | undefined> {
  const env = mutant
    ? { ...process.env, NODE_OPTIONS: `--import=${HOOK}`, [MUTANT]: JSON.stringify(mutant) }
    : process.env;
  const began = performance.now();
  const child = spawn(process.execPath, [test], { env, stdio: 'ignore' });
  const timer = setTimeout(() => child.kill('SIGKILL'), 1000 * limit);
  const [code] = await once(child, 'exit');
  clearTimeout(timer);
  return code === 0 ? (performance.now() - began) / 1000 : undefined;
}

/** Seconds that each test takes without any change; undefined where it fails, as one that takes times may on a busy machine. */
const usual = new Map<string, number | undefined>();

async function usualSeconds(test: string): Promise<number | undefined> {
  if (usual.has(test)) return usual.get(test);
  const seconds = await secondsOf(test, MOST_SECONDS);
  if (seconds === undefined) console.log(`left out: ${basename(test)} fails without any change`);
  usual.set(test, seconds);
  return seconds;
}

/** The test that notices a mutant; undefined where none does. */
async function noticing(mutant: Mutant, tests: readonly string[]): Promise<string | undefined> {
  for (const test of tests) {
    const seconds = await usualSeconds(test);
    if (seconds === undefined) continue;
    const limit = Math.min(LEAST_SECONDS + PATIENCE * seconds, MOST_SECONDS);
    if ((await secondsOf(test, limit, mutant)) === undefined) return test;
  }
  return undefined;
}

const built = await builtFiles();
const random = new Random(values.seed);
const modules = (await Promise.all(values.files.split(',').map(modulesOf))).flat();
const mutants: { module: string; source: string; mutant: Mutant }[] = [];
for (const module of modules) {
  const source = await readFile(module, 'utf8');
  const url = pathToFileURL(module).href;
  for (const mutation of mutationsOf(source)) mutants.push({ module, source, mutant: { ...mutation, url } });
}
random.shuffle(mutants);
let [tried, noticed] = [0, 0];
for (const { module, source, mutant } of mutants.slice(0, Number(values.sample))) {
  const by = await noticing(mutant, values.near ? nearestTests(module, built) : await testsOf(module));
  tried++;
  if (by) noticed++;
  const before = source.slice(0, mutant.start).split('\n');
  const line = source.split('\n')[before.length - 1].trim();
  const changed = `${source.slice(mutant.start, mutant.end)} → ${mutant.text}`;
  const where = `${relative(join(DIST, 'src'), module)}:${before.length}`;
  console.log(`${by ? `noticed by ${basename(by)}` : 'SURVIVES'}: ${where}: ${changed} in ${line}`);
}
console.log(`${noticed} of ${tried} mutants noticed, of ${mutants.length} in ${modules.length} modules`);
