/** A service for the tests of threads: sleeps as many milliseconds as it is told, or does worse. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Service } from '../../src/threads/thread.js';

export interface SleepyData {
  /** Fails to open with this message. */
  readonly refuse?: string;
  /** [opened, closed, answered, at work now, most at work], shared by all threads. */
  readonly counts: Int32Array;
}

/** Milliseconds to sleep, or what goes wrong. */
export type SleepyOrder = number | 'fail' | 'exit';

class SleepyError extends Error {
  override name = 'SleepyError';
}

export async function openSleepy({
  refuse,
  counts,
}: SleepyData): Promise<Service<SleepyOrder, Float32Array<ArrayBuffer>>> {
  if (refuse !== undefined) throw new RangeError(refuse);
  Atomics.add(counts, 0, 1);
  return {
    async answer(order, signal) {
      const working = Atomics.add(counts, 3, 1) + 1;
      counts[4] = Math.max(counts[4], working);
      try {
        if (order === 'exit') process.exit(7);
        if (order === 'fail') throw new SleepyError('told to fail');
        await sleep(order, undefined, { signal });
        Atomics.add(counts, 2, 1);
        return Float32Array.of(order);
      } finally {
        Atomics.sub(counts, 3, 1);
      }
    },
    async close() {
      Atomics.add(counts, 1, 1);
    },
  };
}

export const newCounts = () => new Int32Array(new SharedArrayBuffer(20));
