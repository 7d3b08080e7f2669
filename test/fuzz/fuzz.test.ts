import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Random } from '../../src/random.js';
import { fuzz } from './harness.js';
import { mutate } from './mutate.js';
import { faultOf } from './reader.js';
import { READERS } from './readers.js';

/** More on demand: `npm run fuzz`. */
const CASES = 300;
/** A case takes milliseconds; the one that is known to hang takes all of it. */
const SECONDS = 10;
/**
 * Faults that stand: HDF5's library never comes back from a heap of texts in which free space is smaller than its own
 * header, and nothing but the library can read that heap. SECURITY.md tells what to do about files of strangers.
 */
const KNOWN: Readonly<Record<string, readonly number[]>> = { 'hloc-matches': [161] };

suite('damaged files', () => {
  let scratch = '';
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'superpoint-fuzz-'));
  });
  after(() => rm(scratch, { recursive: true }));

  for (const { name } of READERS) {
    test(`${name}: each is read right or refused in one line`, async () => {
      const { faults, read } = await fuzz({
        reader: name,
        seed: 'suite',
        cases: CASES,
        scratch,
        seconds: SECONDS,
      });
      assert.deepEqual(
        faults.filter(({ number }) => !KNOWN[name]?.includes(number)),
        [],
      );
      assert.ok(read < CASES, 'some are refused');
    });
  }

  test('whole files are read by every reader', async () => {
    for (const reader of READERS) {
      for (const bytes of await reader.files()) {
        const path = join(scratch, 'whole');
        await writeFile(path, bytes);
        await reader.read(bytes, path);
      }
    }
  });

  test('the harness notices what hangs, crashes and takes memory', async () => {
    // each case of the planted reader goes wrong in its own way
    const planted = await fuzz({
      reader: 'planted',
      seed: 'suite',
      cases: 4,
      scratch,
      seconds: 5,
      megabytes: 300,
    });
    const problems = planted.faults.map(({ problem }) => problem);
    assert.equal(problems.length, 4);
    assert.match(problems[0], /threw TypeError, not Error/);
    assert.match(problems[1], /took more than 5 s/);
    assert.match(problems[2], /the process died \(SIGKILL\)/);
    assert.match(problems[3], /held \d+ MB/);
  });
});

test('the same seed damages in the same way, another in another', () => {
  const files = [Uint8Array.from({ length: 300 }, (_, i) => i)];
  const made = (seed: string) =>
    Array.from({ length: 50 }, (_, n) => mutate(files, new Random(seed).fork(n)));
  assert.deepEqual(made('a'), made('a'));
  assert.notDeepEqual(made('a'), made('b'));
  const changed = made('a').filter((bytes) => Buffer.compare(bytes, files[0]) !== 0);
  assert.ok(changed.length > 45);
});

test('what is a fault in an answer', () => {
  const errors = ['RangeError'];
  assert.equal(faultOf(new RangeError('expected 1, got 2'), errors), undefined);
  assert.match(faultOf(new TypeError('x is undefined'), errors)!, /threw TypeError, not RangeError/);
  assert.match(faultOf(new RangeError('expected\n1'), errors)!, /more than one line/);
  assert.match(faultOf(new RangeError('broken'), errors)!, /says too little/);
  assert.match(faultOf(new RangeError('x'.repeat(1000)), errors)!, /a line of 1000 characters/);
  assert.match(faultOf('text', errors)!, /threw text/);
});
