/** A disk that is full at a random write: a small file system in memory, where such a one may be mounted. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wordsOfFailure } from './commands.js';
import { cutOff } from './contents.js';
import { PHOTOS, Place, type Torture } from './trial.js';

const BLOCK = 4096;
const ROOMY = 2 ** 28;
/** What is written before it takes its name needs room too. */
const MOST_OF_NEEDED = 1.5;

const mount = (...args: string[]) => execFileSync('mount', args, { stdio: 'ignore' });
const umount = (folder: string) => execFileSync('umount', [folder], { stdio: 'ignore' });

/** Whether this process may mount. */
export function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'superpoint-mount-'));
  try {
    mount('-t', 'tmpfs', '-o', `size=${BLOCK}`, 'none', folder);
    umount(folder);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
}

export const fullDisk: Torture = async ({ job, base, contents, bytes }, random, times) => {
  const commands = job.commands(PHOTOS);
  const faults: string[] = [];
  let full = 0;
  for (let round = 0; full < times && round < 4 * times; round++) {
    const place = await Place.make(base, `full-${job.name}-${round}`);
    const size = BLOCK * random.integer(2, Math.ceil((MOST_OF_NEEDED * bytes) / BLOCK));
    mount('-t', 'tmpfs', '-o', `size=${size}`, 'none', place.out);
    try {
      const run = await place.run(commands);
      if (run.code !== 0) {
        full++;
        const when = `with a disk of ${size} bytes`;
        place.note(when, wordsOfFailure(run, /no space left/));
        place.note(when, await cutOff(place.out, contents));
        mount('-o', `remount,size=${ROOMY}`, place.out);
        await place.finish(commands, contents);
      }
    } finally {
      umount(place.out);
    }
    faults.push(...place.faults);
    await place.leave();
  }
  return { times: full, faults };
};
