import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openOrdered } from '../../src/threads/ordered.js';
import { openThread } from '../../src/threads/thread.js';
import { newCounts, openSleepy, type SleepyData, type SleepyOrder } from './sleepy-service.js';

const script = new URL('./sleepy-thread.js', import.meta.url);

function open(
  orders: Iterable<SleepyOrder>,
  threads: number,
  { ahead = 4, refuse = undefined as string | undefined } = {},
) {
  const data: SleepyData = { counts: newCounts(), ...(refuse === undefined ? {} : { refuse }) };
  const replies = openOrdered({ script, open: openSleepy, data, orders, threads, ahead });
  return { replies, counts: data.counts };
}

async function collect(replies: AsyncIterable<Float32Array>): Promise<number[]> {
  const values: number[] = [];
  for await (const [value] of replies) values.push(value);
  return values;
}

for (const threads of [0, 1, 3]) {
  test(`replies come in the order of the orders, and all threads end (${threads})`, async () => {
    const orders = [60, 1, 30, 2, 20, 3, 10, 4, 5];
    const { replies, counts } = open(orders, threads);
    assert.deepEqual(await collect(replies), orders);
    const [opened, closed, answered, working] = counts;
    assert.deepEqual([opened, closed], [Math.max(1, threads), Math.max(1, threads)]);
    assert.deepEqual([answered, working], [9, 0]);
    assert.equal((await replies.next()).done, true);
  });

  test(`the first order that fails, in their order, ends the sequence (${threads})`, async () => {
    const { replies, counts } = open([30, 'fail', 1, 1, 1], threads);
    assert.equal((await replies.next()).value[0], 30);
    await assert.rejects(replies.next(), { name: 'SleepyError', message: 'told to fail' });
    assert.equal((await replies.next()).done, true);
    assert.equal(counts[0], counts[1], 'every thread that was opened has closed');
  });

  test(`leaving the loop ends the threads (${threads})`, async () => {
    const forEver = {
      *[Symbol.iterator]() {
        for (;;) yield 1;
      },
    };
    const { replies, counts } = open(forEver, threads);
    for await (const [value] of replies) {
      assert.equal(value, 1);
      break;
    }
    assert.deepEqual([counts[1], counts[3]], [Math.max(1, threads), 0]);
  });

  test(`closing stops what is under way, and answers who waits with the end (${threads})`, async () => {
    const { replies, counts } = open([1, 60_000, 60_000, 60_000], threads);
    assert.equal((await replies.next()).done, false);
    const waiting = [replies.next(), replies.next()];
    await sleep(20);
    await replies.close();
    assert.deepEqual(
      (await Promise.all(waiting)).map(({ done }) => done),
      [true, true],
    );
    assert.deepEqual([counts[1], counts[3]], [Math.max(1, threads), 0]);
    await replies.close();
  });

  test(`a service that cannot be opened says so to who asks (${threads})`, async () => {
    const { replies } = open([1, 2], threads, { refuse: 'no such network' });
    await assert.rejects(replies.next(), { name: 'RangeError', message: 'no such network' });
  });
}

test('no more than the bound is answered ahead, and nothing ahead without threads', async () => {
  for (const [threads, ahead, expected] of [
    [2, 5, 5],
    [3, 2, 2],
    [0, 5, 0],
  ]) {
    const { replies, counts } = open(new Array(20).fill(1), threads, { ahead });
    for (let wait = 0; wait < 200 && counts[2] < expected; wait++) await sleep(10);
    await sleep(60);
    assert.equal(counts[2], expected, `${threads} threads`);
    await replies.next();
    await replies.close();
  }
});

test('no orders give no replies', async () => {
  for (const threads of [0, 2]) assert.deepEqual(await collect(open([], threads).replies), []);
});

test('several threads work at the same time', async () => {
  const { replies, counts } = open(new Array(12).fill(20), 3);
  await collect(replies);
  assert.ok(counts[4] >= 2, `at most ${counts[4]} at a time`);
});

test('a thread that dies fails the order that it was at, and every later one', async () => {
  const { replies } = open([1, 'exit', 1, 1], 1);
  assert.equal((await replies.next()).value[0], 1);
  await assert.rejects(replies.next(), /a worker thread ended unexpectedly with code 7/);

  const thread = openThread<SleepyOrder, Float32Array>(script, { counts: newCounts() });
  const asked = [thread.ask('exit'), thread.ask(1)];
  for (const reply of await Promise.allSettled(asked)) assert.equal(reply.status, 'rejected');
  await assert.rejects(thread.ask(1), /ended unexpectedly/);
  await thread.close();
});

test('a thread answers one order after the other, and refuses those that it had not begun when closed', async () => {
  const counts = newCounts();
  const thread = openThread<SleepyOrder, Float32Array>(script, { counts });
  const replies = await Promise.all([thread.ask(20), thread.ask('fail').catch(String), thread.ask(1)]);
  assert.deepEqual(replies, [Float32Array.of(20), 'SleepyError: told to fail', Float32Array.of(1)]);
  assert.equal(counts[4], 1);
  const late = [thread.ask(60_000), thread.ask(1)].map((reply) => reply.catch(({ name }) => name));
  await thread.close();
  assert.deepEqual(await Promise.all(late), ['AbortError', 'AbortError']);
  await assert.rejects(thread.ask(1), /was closed/);
});

test('a script that does not exist fails who asks', async () => {
  const missing = openThread(new URL('./no-such-thread.js', import.meta.url), {});
  await assert.rejects(missing.ask(1), /no-such-thread/);
  await missing.close();
});
