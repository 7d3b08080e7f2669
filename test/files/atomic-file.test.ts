import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { replaceFile, writeFileAtomic, writeFileAtomicFrom } from '../../src/files/atomic-file.js';

suite('atomic files', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-atomic-'));
  });
  after(() => rm(folder, { recursive: true }));

  test('writes bytes and text, makes missing folders, and leaves nothing else behind', async () => {
    const inner = join(folder, 'new', 'folder');
    await writeFileAtomic(join(inner, 'bytes'), new Uint8Array([1, 2, 3]));
    await writeFileAtomic(join(inner, 'text'), 'é');
    assert.deepEqual([...(await readFile(join(inner, 'bytes')))], [1, 2, 3]);
    assert.equal(await readFile(join(inner, 'text'), 'utf8'), 'é');
    assert.deepEqual((await readdir(inner)).sort(), ['bytes', 'text']);
  });

  test('keeps the old file when the writer fails half-way', async () => {
    const path = join(folder, 'kept');
    await writeFile(path, 'old');
    async function* pieces() {
      yield 'half of ';
      yield new Uint8Array([65]);
      throw new Error('the source broke');
    }
    await assert.rejects(writeFileAtomicFrom(path, pieces()), /the source broke/);
    assert.equal(await readFile(path, 'utf8'), 'old');
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });

  test('joins pieces in order and replaces the old file', async () => {
    const path = join(folder, 'joined');
    await writeFile(path, 'something longer than the new content');
    await writeFileAtomicFrom(path, ['a', new Uint8Array([66, 67]), 'd']);
    assert.equal(await readFile(path, 'utf8'), 'aBCd');
  });

  test('shows the old content at the wanted name until the new one is complete', async () => {
    const path = join(folder, 'visible');
    await writeFile(path, 'old');
    const seen = await replaceFile(path, async (temporary) => {
      await writeFile(temporary, 'new');
      return readFile(path, 'utf8');
    });
    assert.equal(seen, 'old');
    assert.equal(await readFile(path, 'utf8'), 'new');
  });

  test('lets many writers of one name finish, and one of them wins whole', async () => {
    const path = join(folder, 'contested');
    const contents = Array.from({ length: 8 }, (_, i) => String(i).repeat(10_000));
    await Promise.all(contents.map((content) => writeFileAtomic(path, content)));
    assert.ok(contents.includes(await readFile(path, 'utf8')));
  });
});
