/** Photographs that are edited, cut off, taken away and added while a command reads their folder. */
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../src/random.js';
import { testImage, writeImage } from '../cli/command.js';
import { wordsOfFailure } from './commands.js';
import { contentsOf } from './contents.js';
import { photographName, writePhotographs } from './jobs.js';
import { Place, type Torture } from './trial.js';

/** A change. @returns what makes the folder sound again. */
type Change = (folder: string, random: Random) => Promise<(() => Promise<void>) | undefined>;

/** The first photographs stay: some must be left to work on. */
const some = (folder: string, random: Random) => join(folder, photographName(random.integer(2, 5)));
const ignoreMissing = () => {};

const CHANGES: Readonly<Record<string, Change>> = {
  async edit(folder, random) {
    await writeImage(some(folder, random), testImage(random.integer(10, 99)));
    return undefined;
  },
  async resize(folder, random) {
    await writeImage(some(folder, random), testImage(random.integer(10, 99), 80, 64));
    return undefined;
  },
  async cutOff(folder, random) {
    const path = some(folder, random);
    const bytes = await readFile(path).catch(() => undefined);
    if (!bytes) return undefined;
    await writeFile(path, bytes.subarray(0, bytes.length / 2));
    return () => writeFile(path, bytes);
  },
  async remove(folder, random) {
    await rm(some(folder, random), { force: true });
    return undefined;
  },
  async add(folder, random) {
    const number = random.integer(10, 99);
    await writeImage(join(folder, photographName(number)), testImage(number));
    return undefined;
  },
  async rename(folder, random) {
    const path = some(folder, random);
    await rename(path, path.replace('.png', '-renamed.png')).catch(ignoreMissing);
    return undefined;
  },
};

const MOST_AT_ONCE = 4;

export const changingFolder: Torture = async ({ job, base, seconds }, random, times) => {
  const commands = job.commands('photos');
  const faults: string[] = [];
  let changes = 0;
  for (let round = 0; changes < times; round++) {
    const place = await Place.make(base, `changing-${job.name}-${round}`);
    const photos = join(place.folder, 'photos');
    await writePhotographs(photos);
    const repairs: (() => Promise<void>)[] = [];
    const made: string[] = [];
    const disturb = async () => {
      for (let left = random.integer(1, MOST_AT_ONCE); left > 0; left--) {
        await sleep(((1000 * seconds) / MOST_AT_ONCE) * random.uniform());
        const names = Object.keys(CHANGES);
        const name = names[random.integer(0, names.length - 1)];
        const repair = await CHANGES[name](photos, random);
        if (repair) repairs.push(repair);
        made.push(name);
      }
    };
    const [run] = await Promise.all([place.run(commands), disturb()]);
    const when = made.join(', ');
    if (run.code !== 0) place.note(when, wordsOfFailures(run));
    for (const repair of repairs.reverse()) await repair();
    changes += made.length;

    const fresh = await Place.make(base, `fresh-${job.name}-${round}`);
    const undisturbed = await fresh.run(job.commands(join('..', basename(place.folder), 'photos')));
    if (undisturbed.code !== 0) place.note(when, [`a fresh run failed: ${undisturbed.stderr}`]);
    const there = new Set(await readdir(photos, { recursive: true }));
    await place.finish(commands, await contentsOf(fresh.out, there), there);
    faults.push(...place.faults);
    await fresh.leave();
    await place.leave();
  }
  return { times: changes, faults };
};

/** One line, or a list of the pictures that failed. */
function wordsOfFailures(run: Parameters<typeof wordsOfFailure>[0]): string[] {
  const list = /superpoint: \d+ of \d+ (pictures|photographs|pairs) failed:(\n {2}\S.*)+\n$/;
  return list.test(run.stderr) ? [] : wordsOfFailure(run, /./);
}
