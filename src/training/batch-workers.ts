/**
 * Batches prepared ahead of their use by worker threads, in the order of their steps. What comes out
 * depends on the description and the first step only: never on the number of workers or their speed.
 */
import { openOrdered, type Replies } from '../threads/ordered.js';
import { type BatchOf, type BatchSpec, batchService } from './batch-source.js';

export interface BatchStreamOptions {
  /** Threads; 0 makes each batch in this thread when it is asked for. @default 1 */
  readonly workers?: number;
  /** The step of the first batch. @default 0 */
  readonly firstStep?: number;
  /** Batches that may wait or be in the making at a time: the bound of memory. @default 3 */
  readonly ahead?: number;
}

/**
 * Opens the endless sequence of batches firstStep, firstStep + 1, …
 *
 * @throws RangeError when a number of the options is not a whole number in its range. A batch that cannot be
 * made ends the sequence with its error.
 */
export function openBatches<Spec extends BatchSpec>(
  spec: Spec,
  { workers = 1, firstStep = 0, ahead = 3 }: BatchStreamOptions = {},
): Replies<BatchOf<Spec>> {
  for (const [name, value, least] of [
    ['workers', workers, 0],
    ['firstStep', firstStep, 0],
    ['ahead', ahead, 1],
  ] as const) {
    if (!Number.isInteger(value) || value < least) {
      throw new RangeError(`expected ${name} to be a whole number of at least ${least}, got ${value}`);
    }
  }
  return openOrdered({
    script: new URL('./batch-worker.js', import.meta.url),
    open: batchService<Spec>,
    data: spec,
    orders: stepsFrom(firstStep),
    threads: workers,
    ahead,
  });
}

function* stepsFrom(first: number): Generator<number> {
  for (let step = first; ; step++) yield step;
}
