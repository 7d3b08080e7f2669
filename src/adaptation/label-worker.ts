/** A worker thread that labels the photographs it is asked for, one at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import { type LabellerSpec, type LabelReply, openLabeller } from './labeller.js';

const labeller = openLabeller(workerData as LabellerSpec);

parentPort?.on('message', async (file: string) => {
  // An error here is not the photograph's: it ends the thread and reaches the other side as its 'error'.
  const reply: LabelReply = await (await labeller).label(file);
  parentPort?.postMessage(reply);
});
