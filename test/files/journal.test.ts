import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { FormatError } from '../../src/files/format-error.js';
import { Journal } from '../../src/files/journal.js';

suite('journal', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-journal-'));
  });
  after(() => rm(folder, { recursive: true }));

  /** The records of a, b and a again, in a file that is closed. */
  async function written(path: string): Promise<Buffer> {
    const journal = await Journal.open(path);
    await journal.append('a', 'one', Uint8Array.of(1, 2, 3));
    await journal.append('ü/b', 'one', new Uint8Array());
    await journal.append('a', 'two', Uint8Array.of(4));
    await journal.close();
    return readFile(path);
  }

  test('gives back its records, the last of each name', async () => {
    const path = join(folder, 'below/j');
    await written(path);
    const journal = await Journal.open(path);
    assert.deepEqual(
      ['a', 'ü/b', 'c'].map((name) => journal.origin(name)),
      ['two', 'one', undefined],
    );
    assert.deepEqual([...(await journal.read('a'))], [4]);
    assert.deepEqual([...(await journal.read('ü/b'))], []);
    await assert.rejects(journal.read('c'), RangeError);
    await journal.remove();
    assert.ok(!existsSync(path));
  });

  test('cut off or damaged anywhere, it keeps all whole records before and goes on behind them', async () => {
    const path = join(folder, 'torn');
    const bytes = await written(path);
    const seen = new Set<string>();
    for (let length = 0; length < bytes.length; length++) {
      const damaged = Buffer.from(bytes);
      damaged[length] ^= 1;
      for (const content of [bytes.subarray(0, length), damaged]) {
        await writeFile(path, content);
        if (content === damaged && length < 8) {
          await assert.rejects(Journal.open(path), FormatError);
          continue;
        }
        const journal = await Journal.open(path);
        const origins = ['a', 'ü/b'].map((name) => journal.origin(name));
        seen.add(String(origins));
        await journal.append('new', 'three', Uint8Array.of(7));
        await journal.close();
        const again = await Journal.open(path);
        assert.deepEqual(
          ['a', 'ü/b', 'new'].map((name) => again.origin(name)),
          [...origins, 'three'],
        );
        assert.deepEqual([...(await again.read('new'))], [7]);
        await again.close();
      }
    }
    assert.deepEqual([...seen].sort(), [',', 'one,', 'one,one']);
  });
});
