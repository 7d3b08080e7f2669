/** Workers of browsers behind the common port (package.json `imports`, condition browser). */
import type { ParentPort, WorkerPort } from './port.js';

/** A worker that was just started. */
export function portOf(worker: Worker): WorkerPort {
  return {
    send: (message, moved = []) => worker.postMessage(message, [...moved]),
    onMessage: (listener) => worker.addEventListener('message', ({ data }) => listener(data)),
    onEnd: (listener) =>
      worker.addEventListener('error', (event) => {
        event.preventDefault();
        // What failed in it may have left it half alive.
        worker.terminate();
        listener(new Error(event.message || 'its script could not be loaded'));
      }),
    hold() {},
  };
}

/** The page or worker that started this worker. */
export function parentPort(): ParentPort {
  const own = globalThis as unknown as {
    postMessage(message: unknown, moved: readonly ArrayBuffer[]): void;
    close(): void;
  };
  return {
    send: (message, moved = []) => own.postMessage(message, moved),
    onMessage: (listener) =>
      globalThis.addEventListener('message', (event) => listener((event as MessageEvent).data)),
    close: () => own.close(),
  };
}

/** An address as a worker understands it: what is relative is so to the page, not to the worker's script. */
export function forWorker(address: string): string {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  return base ? new URL(address, base).href : address;
}
