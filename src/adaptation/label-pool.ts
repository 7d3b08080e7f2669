/** Photographs labelled by worker threads, handed out in the order in which they were given. */
import { Worker } from 'node:worker_threads';
import type { LabelOrder } from './label-worker.js';
import { type LabellerSpec, type LabelReply, openLabeller } from './labeller.js';

/** Photographs per thread that may be finished and wait for an earlier one: the bound of memory. */
const AHEAD = 4;

/**
 * Labels photographs. Ending the loop early ends the threads and drops what they were at.
 *
 * @param workers threads; 0 labels in this one.
 * @param signal when aborted, the sequence ends after what it has handed out.
 * @throws Error with a thread's message when its network cannot be loaded or run.
 */
export async function* labelAll(
  spec: LabellerSpec,
  files: readonly string[],
  workers: number,
  signal?: AbortSignal,
): AsyncGenerator<LabelReply> {
  if (workers === 0) yield* labelHere(spec, files, signal);
  else yield* new LabelPool(spec, files, Math.min(workers, files.length), signal).replies();
}

async function* labelHere(
  spec: LabellerSpec,
  files: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<LabelReply> {
  const labeller = await openLabeller(spec);
  try {
    for (const file of files) {
      if (signal?.aborted) return;
      yield await labeller.label(file, signal);
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    await labeller.close();
  }
}

/** Tells a thread to stop and waits until it has. */
async function stopWorker(worker: Worker): Promise<void> {
  if (worker.threadId === -1) return;
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  worker.postMessage(undefined satisfies LabelOrder);
  await ended;
}

class LabelPool {
  readonly #files: readonly string[];
  readonly #workers: Worker[] = [];
  readonly #idle: Worker[] = [];
  readonly #signal: AbortSignal | undefined;
  readonly #ready = new Map<number, LabelReply>();
  /** The photograph that the next free thread is given. */
  #ordered = 0;
  /** The photograph that is handed out next. */
  #wanted = 0;
  #failure: Error | undefined;
  #wake: () => void = () => {};

  constructor(spec: LabellerSpec, files: readonly string[], count: number, signal?: AbortSignal) {
    this.#files = files;
    this.#signal = signal;
    for (let n = 0; n < count; n++) this.#idle.push(this.#start(spec));
    this.#order();
  }

  #start(spec: LabellerSpec): Worker {
    const worker = new Worker(new URL('./label-worker.js', import.meta.url), { workerData: spec });
    worker.on('error', (error) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) =>
      this.#fail(new Error(`a labelling thread ended unexpectedly with code ${code}`)),
    );
    this.#workers.push(worker);
    return worker;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  /** Gives the next photographs to idle threads, within the bound. */
  #order(): void {
    while (
      this.#ordered < this.#files.length &&
      this.#ordered < this.#wanted + AHEAD * this.#workers.length
    ) {
      const worker = this.#idle.pop();
      if (worker === undefined) return;
      const index = this.#ordered++;
      worker.once('message', (reply: LabelReply) => {
        this.#ready.set(index, reply);
        this.#idle.push(worker);
        this.#order();
        this.#wake();
      });
      worker.postMessage(this.#files[index] satisfies LabelOrder);
    }
  }

  async *replies(): AsyncGenerator<LabelReply> {
    const onAbort = () => this.#wake();
    this.#signal?.addEventListener('abort', onAbort);
    try {
      while (this.#wanted < this.#files.length && !this.#signal?.aborted) {
        const reply = this.#ready.get(this.#wanted);
        if (reply !== undefined) {
          this.#ready.delete(this.#wanted++);
          this.#order();
          yield reply;
        } else if (this.#failure !== undefined) {
          throw this.#failure;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      this.#signal?.removeEventListener('abort', onAbort);
      await Promise.all(this.#workers.map(stopWorker));
    }
  }
}
