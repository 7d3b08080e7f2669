/** The same command on the same machine makes the same bytes; what differs otherwise stands in docs/determinism.md. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { differences } from './contents.js';
import { JOBS, writeInputs } from './jobs.js';
import { referenceOf } from './trial.js';

suite('twice the same', () => {
  let base = '';
  before(async () => {
    base = await mkdtemp(join(tmpdir(), 'superpoint-twice-'));
    await writeInputs(base);
  });
  after(() => rm(base, { recursive: true }));

  for (const job of JOBS.filter(({ name }) =>
    ['train', 'adapt', 'detect', 'match', 'evaluate'].includes(name),
  )) {
    test(`${job.name} leaves the same bytes`, async () => {
      const [first, second] = [await referenceOf(job, base), await referenceOf(job, base)];
      assert.ok(first.contents.size > 0);
      assert.deepEqual(differences(first.contents, second.contents), []);
    });
  }
});
