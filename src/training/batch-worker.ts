/** A worker thread that makes the batches it is asked for and hands their buffers over. */
import { parentPort, workerData } from 'node:worker_threads';
import { type BatchSpec, makeBatch } from './batch-source.js';
import { batchBuffers, type DetectorBatch, type PairBatch } from './batches.js';

/** What a worker answers to a step number: the batch, or what went wrong. */
export type BatchReply =
  | { readonly step: number; readonly batch: DetectorBatch | PairBatch }
  | { readonly step: number; readonly error: string };

const spec = workerData as BatchSpec;

parentPort?.on('message', (step: number) => {
  makeBatch(spec, step).then(
    (batch) => parentPort?.postMessage({ step, batch } satisfies BatchReply, batchBuffers(batch)),
    (error: unknown) =>
      parentPort?.postMessage({
        step,
        error: error instanceof Error ? error.message : String(error),
      } satisfies BatchReply),
  );
});
