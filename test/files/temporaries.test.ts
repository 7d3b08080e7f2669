import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { makeTemporaryFolder, removeTemporaries, temporaryName } from '../../src/files/temporaries.js';
import { Child } from './child.js';

suite('temporary folders', () => {
  const system = process.env.TMPDIR;
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-temporaries-'));
    process.env.TMPDIR = folder;
  });
  after(async () => {
    if (system === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = system;
    await rm(folder, { recursive: true });
  });

  test('go when they are removed, and when their process ends in good order', async (t) => {
    const { path, remove } = await makeTemporaryFolder('mine');
    await writeFile(join(path, 'kept'), 'meanwhile');
    assert.equal((await stat(path)).mode & 0o777, 0o700);
    const child = new Child();
    t.after(() => child.kill());
    await child.ask('temporary theirs');
    assert.equal((await readdir(folder)).length, 2);
    await child.end();
    assert.deepEqual(await readdir(folder), [basename(path)]);
    remove();
    assert.deepEqual(await readdir(folder), []);
  });

  test('of other machines go after a day', async () => {
    const elsewhere = (name: string) => temporaryName(name).replace(/\.[0-9a-f]{8}-/, '.00000000-');
    for (const [name, hours] of [
      ['recent', 23],
      ['old', 25],
    ] as const) {
      const path = join(folder, elsewhere(name));
      await mkdir(path);
      const then = new Date(Date.now() - hours * 3_600_000);
      await utimes(path, then, then);
    }
    await removeTemporaries(folder);
    const [left, ...more] = await readdir(folder);
    assert.deepEqual([left.split('.')[0], more], ['recent', []]);
    await rm(join(folder, left), { recursive: true });
  });

  test('of killed processes go with the next one; others stay', async (t) => {
    const [dead, alive] = [new Child(), new Child()];
    t.after(() => Promise.all([dead.kill(), alive.kill()]));
    const left = await dead.ask('temporary left');
    await writeFile(join(left, 'file'), 'half');
    const used = await alive.ask('temporary used');
    await dead.kill();
    await mkdir(join(folder, temporaryName('elsewhere').replace(/\.[0-9a-f]{8}-/, '.00000000-')));
    await writeFile(join(folder, 'something.tmp'), 'of another program');
    const { path, remove } = await makeTemporaryFolder('mine');
    const names = (await readdir(folder)).map((name) => name.split('.')[0]).sort();
    assert.deepEqual(names, ['elsewhere', 'mine', 'something', 'used']);
    assert.ok((await readdir(folder)).includes(basename(used)) && path !== used);
    remove();
  });
});
