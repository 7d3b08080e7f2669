/**
 * A session in a thread of its own (Node): `run` of ONNX Runtime's Node binding occupies the thread that
 * calls it, so sessions work at the same time only in different threads.
 */
import { Worker } from 'node:worker_threads';
import type { Session, SessionOptions, Tensor } from './session.js';

type Tensors = Readonly<Record<string, Tensor>>;

/** What the thread is told at its start. */
export interface SessionThreadData {
  readonly model: Uint8Array;
  readonly options: SessionOptions;
}

/** What the thread answers: first the names, then the outputs of each run. */
export type SessionThreadReply =
  | { readonly inputNames: readonly string[]; readonly outputNames: readonly string[] }
  | { readonly outputs: Record<string, Tensor> }
  | { readonly error: string };

function reply(worker: Worker): Promise<SessionThreadReply> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void) => {
      worker.removeAllListeners();
      end();
    };
    worker.once('message', (message: SessionThreadReply) =>
      settle(() => ('error' in message ? reject(new Error(message.error)) : resolve(message))),
    );
    worker.once('error', (error) => settle(() => reject(error)));
    worker.once('exit', (code) =>
      settle(() => reject(new Error(`a session's thread ended with code ${code}`))),
    );
  });
}

/** As `createSession`, in a new thread. One run at a time. */
export async function createThreadedSession(
  model: Uint8Array,
  options: SessionOptions = {},
): Promise<Session> {
  const workerData: SessionThreadData = { model, options };
  const worker = new Worker(new URL('./session-thread.js', import.meta.url), { workerData });
  const names = await reply(worker);
  if (!('inputNames' in names)) throw new Error('expected the names of a session from its thread');
  return {
    inputNames: names.inputNames,
    outputNames: names.outputNames,
    async run(inputs: Tensors) {
      const answer = reply(worker);
      worker.postMessage(inputs);
      const message = await answer;
      if (!('outputs' in message)) throw new Error('expected outputs from a session of its thread');
      return message.outputs;
    },
    async release() {
      await worker.terminate();
    },
  };
}
