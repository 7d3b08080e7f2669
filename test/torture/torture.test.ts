/** A sample of `npm run torture`. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Random } from '../../src/random.js';
import { changingFolder } from './changing-folder.js';
import { cutOff } from './contents.js';
import { canMount, fullDisk } from './full-disk.js';
import { JOBS, writeInputs } from './jobs.js';
import { killed } from './killed.js';
import { sideBySide } from './side-by-side.js';
import { Place, type Reference, referenceOf } from './trial.js';

const KINDS = {
  killed,
  'with a full disk': fullDisk,
  'twice at once': sideBySide,
  'under changes': changingFolder,
};

suite('adapt, disturbed, ends as undisturbed', () => {
  let reference: Reference;
  before(async () => {
    const base = await mkdtemp(join(tmpdir(), 'superpoint-torture-'));
    await writeInputs(base);
    reference = await referenceOf(JOBS.find(({ name }) => name === 'adapt')!, base);
  });
  after(() => rm(reference.base, { recursive: true }));

  for (const [name, torture] of Object.entries(KINDS)) {
    test(name, { skip: torture === fullDisk && !canMount() }, async () => {
      const { faults } = await torture(reference, new Random('suite').fork(name), 1);
      assert.deepEqual(faults, []);
    });
  }

  test('what is cut off, left over or wrong is noticed', async () => {
    const place = await Place.make(reference.base, 'noticed');
    await writeFile(join(place.out, 'labels.jsonl'), '{"half\n');
    await writeFile(join(place.out, '.labels.jsonl.0-1-2-3.tmp'), 'half');
    await writeFile(join(place.folder, 'tmp', 'x'), '');
    assert.match(
      String(await cutOff(place.out, reference.contents)),
      /^labels\.jsonl \(7 bytes\) is cut off/,
    );
    await place.finish([], reference.contents);
    assert.match(
      place.faults.join('\n'),
      /2-3\.tmp is left over\n.*labels\.jsonl is not what an undisturbed run makes\n.*x is left among the temporary/,
    );
  });
});
