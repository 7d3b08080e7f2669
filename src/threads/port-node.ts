/** Workers of Node behind the common port (package.json `imports`, condition default). */
import { parentPort as parent, Worker } from 'node:worker_threads';
import { guardExit } from '../graph/exit-guard-node.js';
import { RUNTIME_REALM } from '../graph/runtime-node.js';
import { keepToItself } from '../graph/telemetry-node.js';
import type { ParentPort, WorkerPort } from './port.js';

/** Starts a module in a worker. @throws Error where there can be none, saying why. */
export function startWorker(script: URL): WorkerPort {
  // What a worker sends has the arrays of Node's own realm, which modules of another one do not take for theirs.
  if (RUNTIME_REALM.Float32Array !== Float32Array) {
    throw new Error('a test runner gives the modules arrays of their own');
  }
  guardExit();
  keepToItself();
  // Flags of the process (an evaluated script's, a loader's) are meant for its main module.
  const worker = new Worker(script, { execArgv: [] });
  worker.unref();
  return {
    send: (message, moved = []) => worker.postMessage(message, [...moved]),
    onMessage: (listener) => void worker.on('message', listener),
    onEnd(listener) {
      worker.on('error', listener);
      worker.on('exit', (code) => listener(new Error(`it ended with code ${code}`)));
    },
    hold: (held) => (held ? worker.ref() : worker.unref()),
  };
}

/** The thread that started this worker. */
export function parentPort(): ParentPort {
  const port = parent;
  if (!port) throw new Error('expected to run in a worker');
  return {
    send: (message, moved = []) => port.postMessage(message, [...moved]),
    onMessage: (listener) => void port.on('message', listener),
    close: () => port.close(),
  };
}

/** An address as a worker understands it. */
export const forWorker = (address: string): string => address;
