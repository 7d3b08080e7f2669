/** Starts the worker of a network in Node (package.json `imports`, condition default). */
import type { WorkerPort } from '../threads/port.js';
import { startWorker } from '../threads/port-node.js';

/** @throws Error where there can be no worker, saying why. */
export const startEngine = (): WorkerPort => startWorker(new URL('./engine-worker.js', import.meta.url));
