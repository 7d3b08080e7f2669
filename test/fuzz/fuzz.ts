/**
 * `npm run fuzz -- --cases 100000`: damaged files for every reader. Further options: `--reader png` for one,
 * `--seed x` for other damage, `--case 17 --write file` for the file of one case.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { damagedFile } from './damaged-file.js';
import { fuzz } from './harness.js';
import { READERS } from './readers.js';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '10000' },
    reader: { type: 'string' },
    seed: { type: 'string', default: 'fuzz' },
    case: { type: 'string' },
    write: { type: 'string' },
  },
});
const chosen = READERS.filter(({ name }) => values.reader === undefined || name === values.reader);
if (chosen.length === 0)
  throw new RangeError(`expected a reader of ${READERS.map(({ name }) => name).join(', ')}`);

if (values.write !== undefined) {
  const bytes = damagedFile(chosen[0], await chosen[0].files(), values.seed, Number(values.case));
  await writeFile(values.write, bytes);
} else {
  const scratch = await mkdtemp(join(tmpdir(), 'superpoint-fuzz-'));
  const each = values.case === undefined ? Math.ceil(Number(values.cases) / chosen.length) : 1;
  const from = Number(values.case ?? 0);
  for (const { name } of chosen) {
    const began = performance.now();
    const { cases, read, faults } = await fuzz({
      reader: name,
      seed: values.seed,
      from,
      cases: each,
      scratch,
    });
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`${name}: ${cases} cases, ${read} read, ${faults.length} faults, ${seconds} s`);
    for (const { number, problem } of faults) console.log(`  case ${number}: ${problem}`);
    if (faults.length > 0) process.exitCode = 1;
  }
  await rm(scratch, { recursive: true });
}
