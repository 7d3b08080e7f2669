import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkQueue } from '../../src/threads/work-queue.js';

test('one thing runs at a time, in order; failures stop nothing', async () => {
  const queue = new WorkQueue();
  const told: string[] = [];
  const work = (name: string) => async () => {
    told.push(`${name} begins`);
    await sleep(name === 'a' ? 10 : 1);
    told.push(`${name} ends`);
    if (name === 'b') throw new Error('b fails');
    return name;
  };
  const results = await Promise.allSettled([
    queue.run(work('a')),
    queue.run(work('b')),
    queue.run(work('c')),
    queue.run(work('d')),
    queue.run(() => {
      throw new Error('before it begins');
    }),
  ]);
  assert.deepEqual(
    results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.message)),
    ['a', 'b fails', 'c', 'd', 'before it begins'],
  );
  assert.deepEqual(
    told,
    ['a', 'b', 'c', 'd'].flatMap((name) => [`${name} begins`, `${name} ends`]),
  );
  assert.equal(await queue.run(work('e')), 'e');
});
