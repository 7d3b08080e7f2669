/**
 * Batches prepared ahead of their use by worker threads, in the order of their steps. What comes out
 * depends on the description and the first step only: never on the number of workers or their speed.
 */
import { Worker } from 'node:worker_threads';
import { type BatchOf, type BatchSpec, makeBatch } from './batch-source.js';
import type { BatchReply } from './batch-worker.js';

/** An endless sequence of batches, one a step. Close it, or leave its `for await` loop, to end its threads. */
export interface BatchStream<T> extends AsyncIterableIterator<T> {
  /** Ends the threads; a `next` under way is answered with the end of the sequence. */
  close(): Promise<void>;
}

export interface BatchStreamOptions {
  /** Threads; 0 makes each batch in this thread when it is asked for. @default 1 */
  readonly workers?: number;
  /** The step of the first batch. @default 0 */
  readonly firstStep?: number;
  /** Batches that may wait or be in the making at a time: the bound of memory. @default 3 */
  readonly ahead?: number;
}

/**
 * Opens the sequence of batches firstStep, firstStep + 1, …
 *
 * @throws RangeError when a number of the options is not a whole number in its range. An error inside a
 * worker ends the sequence: every `next` under way or later is rejected with the worker's message.
 */
export function openBatches<Spec extends BatchSpec>(
  spec: Spec,
  { workers = 1, firstStep = 0, ahead = 3 }: BatchStreamOptions = {},
): BatchStream<BatchOf<Spec>> {
  for (const [name, value, least] of [
    ['workers', workers, 0],
    ['firstStep', firstStep, 0],
    ['ahead', ahead, 1],
  ] as const) {
    if (!Number.isInteger(value) || value < least) {
      throw new RangeError(`expected ${name} to be a whole number of at least ${least}, got ${value}`);
    }
  }
  return workers === 0
    ? new InlineStream(spec, firstStep)
    : new WorkerStream(spec, Math.min(workers, ahead), firstStep, ahead);
}

/** What both kinds of stream share: being their own iterator, and ending with their loop. */
abstract class Stream<T> implements BatchStream<T> {
  abstract next(): Promise<IteratorResult<T>>;
  abstract close(): Promise<void>;

  [Symbol.asyncIterator](): this {
    return this;
  }

  async return(): Promise<IteratorResult<T>> {
    await this.close();
    return { done: true, value: undefined };
  }
}

/** Batches made in this thread, each when it is asked for. */
class InlineStream<Spec extends BatchSpec> extends Stream<BatchOf<Spec>> {
  readonly #spec: Spec;
  #step: number;
  #closed = false;

  constructor(spec: Spec, firstStep: number) {
    super();
    this.#spec = spec;
    this.#step = firstStep;
  }

  async next(): Promise<IteratorResult<BatchOf<Spec>>> {
    if (this.#closed) return { done: true, value: undefined };
    return { done: false, value: await makeBatch(this.#spec, this.#step++) };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}

/** The end of waiting for one step. */
interface Waiter<T> {
  resolve(result: IteratorResult<T>): void;
  reject(error: Error): void;
}

/** Batches made by threads, at most `ahead` of them waiting or in the making. */
class WorkerStream<Spec extends BatchSpec> extends Stream<BatchOf<Spec>> {
  readonly #workers: Worker[] = [];
  readonly #idle: Worker[] = [];
  readonly #ahead: number;
  readonly #ready = new Map<number, BatchOf<Spec>>();
  readonly #waiters = new Map<number, Waiter<BatchOf<Spec>>>();
  /** The step that the next call of `next` answers. */
  #wanted: number;
  /** The step that the next free worker is given. */
  #ordered: number;
  /** The lowest step not yet handed to the caller. */
  #delivered: number;
  #failure: Error | undefined;
  #closed = false;

  constructor(spec: Spec, count: number, firstStep: number, ahead: number) {
    super();
    this.#ahead = ahead;
    this.#wanted = firstStep;
    this.#ordered = firstStep;
    this.#delivered = firstStep;
    for (let i = 0; i < count; i++) {
      const worker = new Worker(new URL('./batch-worker.js', import.meta.url), { workerData: spec });
      worker.on('message', (reply: BatchReply) => this.#receive(worker, reply));
      worker.on('error', (error) => this.#fail(error instanceof Error ? error : new Error(String(error))));
      worker.on('exit', (code) =>
        this.#fail(new Error(`a batch worker ended unexpectedly with code ${code}`)),
      );
      this.#workers.push(worker);
      this.#idle.push(worker);
    }
    this.#order();
  }

  next(): Promise<IteratorResult<BatchOf<Spec>>> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    const step = this.#wanted++;
    return new Promise((resolve, reject) => {
      this.#waiters.set(step, { resolve, reject });
      this.#deliver();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#waiters.values()) waiter.resolve({ done: true, value: undefined });
    this.#waiters.clear();
    this.#ready.clear();
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  /** Gives the next steps to idle workers, within the bound. */
  #order(): void {
    while (this.#idle.length > 0 && this.#ordered < this.#delivered + this.#ahead) {
      this.#idle.pop()?.postMessage(this.#ordered++);
    }
  }

  #receive(worker: Worker, reply: BatchReply): void {
    if (this.#closed) return;
    if ('error' in reply) {
      this.#fail(new Error(reply.error));
      return;
    }
    this.#idle.push(worker);
    this.#ready.set(reply.step, reply.batch as BatchOf<Spec>);
    this.#deliver();
    this.#order();
  }

  /** Hands over what is both ready and wanted. */
  #deliver(): void {
    for (;;) {
      const batch = this.#ready.get(this.#delivered);
      const waiter = this.#waiters.get(this.#delivered);
      if (batch === undefined || waiter === undefined) return;
      this.#ready.delete(this.#delivered);
      this.#waiters.delete(this.#delivered);
      this.#delivered++;
      waiter.resolve({ done: false, value: batch });
      this.#order();
    }
  }

  /** The first error ends everything: each later `next` repeats it. */
  #fail(error: Error): void {
    if (this.#closed) return;
    this.#failure = error;
    for (const waiter of this.#waiters.values()) waiter.reject(error);
    this.#waiters.clear();
    void this.close();
  }
}
