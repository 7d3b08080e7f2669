/** Photographs labelled by worker threads, handed out in the order in which they were given. */
import { openOrdered } from '../threads/ordered.js';
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
  if (signal?.aborted) return;
  const threads = Math.min(workers, files.length);
  const script = new URL('./label-worker.js', import.meta.url);
  const ahead = AHEAD * threads;
  const replies = openOrdered({ script, open: openLabeller, data: spec, orders: files, threads, ahead });
  const stop = () => void replies.close();
  signal?.addEventListener('abort', stop);
  try {
    yield* replies;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
