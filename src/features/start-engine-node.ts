/** Starts the worker of a network in Node (package.json `imports`, condition default). */
import { RUNTIME_REALM } from '../graph/runtime-node.js';
import type { WorkerPort } from '../threads/port.js';
import { startWorker } from '../threads/port-node.js';

/** @throws Error where there can be no worker, saying why. */
export function startEngine(): WorkerPort {
  // What a worker sends has the arrays of Node's own realm, for which the modules of another one do not look.
  if (RUNTIME_REALM.Float32Array !== Float32Array) {
    throw new Error('a test runner gives the modules arrays of their own');
  }
  return startWorker(new URL('./engine-worker.js', import.meta.url));
}
