/**
 * `npm run mutation -- --files geometry,matching/mutual-matches --sample 20 --seed x`: changes an operator, a number or
 * a condition of the built modules, one at a time, and runs the tests of their folder. A mutant that no test notices
 * survives: a test is missing there, or the change changes nothing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '../../src/random.js';
import { MUTANT, type Mutant } from './load.js';
import { mutationsOf } from './operators.js';

const DIST = fileURLToPath(new URL('../../', import.meta.url));
const HOOK = new URL('./hook.js', import.meta.url).href;
/** A loop that does not end counts as noticed. */
const MOST_SECONDS = 300;

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: 'features,geometry,matching,graph,formats,evaluation/metrics' },
    sample: { type: 'string', default: '60' },
    seed: { type: 'string', default: 'mutation' },
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

/** The tests of a module's folder, those that bear its name first. */
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
  const name = basename(module, '.js');
  const isNamed = (file: string) => basename(file) === `${name}.test.js`;
  return tests.sort((a, b) => Number(isNamed(b)) - Number(isNamed(a))).map((file) => join(folder, file));
}

/** Whether a test file passes. */
async function passes(test: string, mutant?: Mutant): Promise<boolean> {
  const env = mutant
    ? { ...process.env, NODE_OPTIONS: `--import=${HOOK}`, [MUTANT]: JSON.stringify(mutant) }
    : process.env;
  const child = spawn(process.execPath, [test], { env, stdio: 'ignore' });
  const timer = setTimeout(() => child.kill('SIGKILL'), 1000 * MOST_SECONDS);
  const [code] = await once(child, 'exit');
  clearTimeout(timer);
  return code === 0;
}

/** The test that notices a mutant; undefined where none does. */
async function noticing(mutant: Mutant, tests: readonly string[]): Promise<string | undefined> {
  for (const test of tests) if (!(await passes(test, mutant))) return test;
  return undefined;
}

const random = new Random(values.seed);
const modules = (await Promise.all(values.files.split(',').map(modulesOf))).flat();
const mutants: { module: string; source: string; mutant: Mutant }[] = [];
for (const module of modules) {
  const source = await readFile(module, 'utf8');
  const url = pathToFileURL(module).href;
  for (const mutation of mutationsOf(source)) mutants.push({ module, source, mutant: { ...mutation, url } });
}
random.shuffle(mutants);
const sound = new Set<string>();
let [tried, noticed] = [0, 0];
for (const { module, source, mutant } of mutants.slice(0, Number(values.sample))) {
  const tests = await testsOf(module);
  for (const test of tests.filter((each) => !sound.has(each))) {
    if (!(await passes(test))) throw new Error(`${test} fails without any change`);
    sound.add(test);
  }
  const by = await noticing(mutant, tests);
  tried++;
  if (by) noticed++;
  const before = source.slice(0, mutant.start).split('\n');
  const line = source.split('\n')[before.length - 1].trim();
  const changed = `${source.slice(mutant.start, mutant.end)} → ${mutant.text}`;
  const where = `${relative(join(DIST, 'src'), module)}:${before.length}`;
  console.log(`${by ? `noticed by ${basename(by)}` : 'SURVIVES'}: ${where}: ${changed} in ${line}`);
}
console.log(`${noticed} of ${tried} mutants noticed, of ${mutants.length} in ${modules.length} modules`);
