/**
 * A worker thread that labels the photographs it is asked for, one at a time. It is never terminated from
 * outside, which ONNX Runtime does not survive in the middle of a run: it is told to stop, and ends.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type LabellerSpec, type LabelReply, openLabeller } from './labeller.js';

/** What a worker is told: a photograph's name, or nothing for the end. */
export type LabelOrder = string | undefined;

const stop = new AbortController();
const opened = openLabeller(workerData as LabellerSpec);

parentPort?.on('message', async (file: LabelOrder) => {
  if (file === undefined) {
    stop.abort();
    parentPort?.close();
    return;
  }
  // An error is not the photograph's: it ends the thread and reaches the other side as its 'error'.
  const labeller = await opened;
  try {
    const reply: LabelReply = await labeller.label(file, stop.signal);
    parentPort?.postMessage(reply);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
});
