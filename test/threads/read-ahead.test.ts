import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { readAhead } from '../../src/threads/read-ahead.js';

test('results come in order, with so many on their way and never more', async () => {
  for (const count of [0, 1, 3]) {
    const begun: number[] = [];
    const work = async (item: number) => {
      begun.push(item);
      // Later ones end earlier.
      for (let n = item; n < 8; n++) await setImmediate();
      return 10 * item;
    };
    let seen = 0;
    for await (const { item, result } of readAhead([0, 1, 2, 3, 4, 5, 6, 7], work, count)) {
      assert.equal(item, seen);
      assert.equal(begun.length, Math.min(8, seen + 1 + count));
      assert.equal(await result, 10 * item);
      seen++;
    }
    assert.equal(seen, 8);
  }
});

test('a failed item does not stop the others, a failed source comes last', async () => {
  async function* source() {
    yield 1;
    yield 2;
    yield 3;
    throw new Error('disk on fire');
  }
  const work = async (item: number) => {
    if (item === 2) throw new Error('broken');
    return item;
  };
  const seen: unknown[] = [];
  await assert.rejects(async () => {
    for await (const { result } of readAhead(source(), work)) {
      seen.push(await result.catch((error: Error) => error.message));
    }
  }, /disk on fire/);
  assert.deepEqual(seen, [1, 'broken', 3]);
});

test('whoever stops early closes the source', async () => {
  let closed = false;
  async function* source() {
    try {
      for (let n = 0; ; n++) yield n;
    } finally {
      closed = true;
    }
  }
  for await (const { item } of readAhead(source(), async (n) => n)) if (item === 2) break;
  assert.ok(closed);
});
