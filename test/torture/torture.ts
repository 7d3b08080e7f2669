/**
 * `npm run torture`: long commands are killed, meet a full disk, each other, and photographs that change, at random
 * moments. Options: `--times 50` of each kind and job, `--kinds killed,full,two,changing`, `--jobs train,adapt`,
 * `--seed x`. What failed is kept for a look.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../../src/random.js';
import { changingFolder } from './changing-folder.js';
import { canMount, fullDisk } from './full-disk.js';
import { JOBS, writeInputs } from './jobs.js';
import { killed } from './killed.js';
import { sideBySide } from './side-by-side.js';
import { referenceOf, type Torture } from './trial.js';

const KINDS: Readonly<Record<string, Torture>> = {
  killed,
  full: fullDisk,
  two: sideBySide,
  changing: changingFolder,
};

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '50' },
    kinds: { type: 'string', default: Object.keys(KINDS).join(',') },
    jobs: { type: 'string', default: JOBS.map(({ name }) => name).join(',') },
    seed: { type: 'string', default: 'torture' },
  },
});

/** The things of a list. @throws RangeError for a name of none. */
function chosen<T>(list: string, things: ReadonlyMap<string, T>): [string, T][] {
  return list.split(',').map((name) => {
    const thing = things.get(name);
    if (!thing) throw new RangeError(`expected some of ${[...things.keys()].join(', ')}, got ${name}`);
    return [name, thing];
  });
}

const base = await mkdtemp(join(tmpdir(), 'superpoint-torture-'));
const jobs = chosen(values.jobs, new Map(JOBS.map((job) => [job.name, job])));
const kinds = chosen(values.kinds, new Map(Object.entries(KINDS)));
await writeInputs(base);
let faultCount = 0;
for (const [name, job] of jobs) {
  const reference = await referenceOf(job, base);
  for (const [kind, torture] of kinds) {
    if (kind === 'changing' && !job.readsPhotographs) continue;
    if (kind === 'full' && !canMount()) {
      console.log(`${name}, ${kind}: left out, this user may not mount a small disk`);
      continue;
    }
    const began = performance.now();
    const random = new Random(values.seed).fork(name, kind);
    const { times, faults } = await torture(reference, random, Number(values.times));
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`${name}, ${kind}: ${times} times, ${faults.length} faults, ${seconds} s`);
    for (const fault of faults) console.log(`  ${fault}`);
    faultCount += faults.length;
  }
}
if (faultCount > 0) process.exitCode = 1;
else await rm(base, { recursive: true });
