/**
 * Every measurement behind what is said of speed, each beside its peer where there is one:
 *
 *     npm run bench -- [groups] [--rounds 15] [--threads 2] [--long] [--json FILE]
 *
 * Groups: forward, detect, call, match, homography, train, adapt, start, memory, page; all by default. With --long the
 * page tracks for three minutes.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { writeFileAtomic } from '../src/files/atomic-file.js';
import { skipWithoutChromium } from '../test/chromium.js';
import { adaptation } from './adaptation.js';
import { memory, start } from './command-line.js';
import { afterForward, detect } from './detect.js';
import { forward } from './forward.js';
import { homographies, matching } from './matching.js';
import { type Group, machine, measure, type Row } from './measure.js';
import { pageGroups } from './page.js';
import { trainingStep } from './training-step.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '15' },
    threads: { type: 'string', default: String(availableParallelism()) },
    long: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const [rounds, threads] = [Number(values.rounds), Number(values.threads)];

const GROUPS: Readonly<Record<string, readonly (() => Promise<Group>)[]>> = {
  forward: [() => forward(threads)],
  detect: [() => detect(240, 320), () => detect(480, 640), () => detect(1080, 1920)],
  call: [() => afterForward('superpoint-small-int8')],
  match: [() => matching(500), () => matching(1000), () => matching(4000)],
  homography: [() => homographies(0.2), () => homographies(0.7)],
  train: [() => trainingStep(threads)],
  adapt: [adaptation],
  start: [start],
  memory: [memory],
  page: pageGroups(values.long),
};

const unknown = positionals.filter((name) => !Object.hasOwn(GROUPS, name));
if (unknown.length > 0) throw new Error(`expected groups of ${Object.keys(GROUPS)}, got ${unknown}`);

function print(title: string, unit: string, rows: readonly Row[]): void {
  console.log(`\n${title}`);
  for (const { name, median, low, high, gain } of rows) {
    const figure = (value: number) => value.toPrecision(3).padStart(8);
    const beside = gain === undefined ? '' : `   ${gain.toFixed(2)} x`;
    console.log(`${name.padEnd(36)} ${figure(median)} ${unit}  (${figure(low)} to ${figure(high)})${beside}`);
  }
}

const results: { title: string; unit: string; reference?: string; rows: readonly Row[] }[] = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(GROUPS)) {
  if (name === 'page' && skipWithoutChromium) {
    console.log(`\npage is left out: ${skipWithoutChromium}`);
    continue;
  }
  for (const open of GROUPS[name]) {
    const group = await open();
    const rows = await measure(group, rounds);
    await group.close?.();
    const { title, unit, reference } = group;
    results.push({ title, unit, reference, rows });
    print(reference ? `${title}; x: against ${reference}` : title, unit, rows);
  }
}
if (values.json) {
  const report = { machine: machine(), threads, rounds, results };
  await writeFileAtomic(values.json, `${JSON.stringify(report, null, 1)}\n`);
}
