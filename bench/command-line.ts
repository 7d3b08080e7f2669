/** What a user of the command line waits for, from the start of the process to its end, and its largest memory. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { encodePng, readImage } from '../src/image/codec.js';
import { cropImage, fitWithin } from '../src/image/resize.js';
import { type Group, timed } from './measure.js';
import { scene } from './scene.js';

const MAIN = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const PHOTOGRAPHS = fileURLToPath(new URL('../../examples/photographs/', import.meta.url));
const PEAK_MEMORY = new URL('./peak-memory.js', import.meta.url).href;

const MODELS = ['superpoint', 'superpoint-small-int8'];

/** What `match` is called with, by name: two photographs of 480x640, written into a folder. */
async function matches(folder: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const pair = ['graf1.png', 'graf3.png'].map((name) => [join(PHOTOGRAPHS, name), join(folder, name)]);
  for (const [from, to] of pair) {
    const picture = fitWithin(await readImage(from), 640);
    await writeFile(to, await encodePng(cropImage(picture, 0, 16, 640, 480)));
  }
  const files = pair.map(([, file]) => file);
  return Object.fromEntries(
    MODELS.map((model) => [`match ${model}`, ['match', ...files, '--model', model, '--json']]),
  );
}

const openFolder = () => mkdtemp(join(tmpdir(), 'superpoint-bench-'));

/** Runs the command line; standard error of it. */
async function superpoint(args: readonly string[]): Promise<string> {
  const options = ['--import', PEAK_MEMORY, MAIN, ...args];
  return (await promisify(execFile)(process.execPath, options, { maxBuffer: 2 ** 28 })).stderr;
}

/** `match` of two files. */
export async function start(): Promise<Group> {
  const folder = await openFolder();
  return {
    title: 'command line, two pictures of 480x640, start to end',
    unit: 'ms',
    contenders: Object.entries(await matches(folder)).map(([name, args]) => ({
      name,
      run: () => timed(() => superpoint(args)),
    })),
    close: () => rm(folder, { recursive: true }),
  };
}

/** `match` of two files, and `detect` of a large one. */
export async function memory(): Promise<Group> {
  const folder = await openFolder();
  const large = join(folder, 'large.png');
  await writeFile(large, await encodePng(scene(4000, 3000)));
  const works = {
    ...(await matches(folder)),
    'detect 3000x4000, superpoint': ['detect', large, '--output', join(folder, 'large.json')],
  };
  return {
    title: 'peak memory of the command line',
    unit: 'MiB',
    contenders: Object.entries(works).map(([name, args]) => ({
      name,
      run: async () => Number(/peak memory (\S+)$/.exec(await superpoint(args))?.[1]),
    })),
    close: () => rm(folder, { recursive: true }),
  };
}
