/** Starts the worker of matching in Node (package.json `imports`, condition default). */
import type { WorkerPort } from '../threads/port.js';
import { startWorker } from '../threads/port-node.js';

/** @throws Error where there can be no worker, saying why. */
export const startMatcher = (): WorkerPort => startWorker(new URL('./match-worker.js', import.meta.url));
