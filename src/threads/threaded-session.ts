/**
 * A session in a thread of its own (Node): `run` of ONNX Runtime's Node binding occupies the thread that
 * calls it, so sessions work at the same time only in different threads.
 */
import { Worker } from 'node:worker_threads';
import type { Session, SessionOptions, Tensor } from '../graph/session.js';

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

/** The next reply of a thread. */
function reply(worker: Worker): Promise<SessionThreadReply> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
    };
    const onMessage = (message: SessionThreadReply) => {
      settle();
      if ('error' in message) reject(new Error(message.error));
      else resolve(message);
    };
    const onError = (error: unknown) => {
      settle();
      reject(error);
    };
    const onExit = (code: number) => onError(new Error(`a session's thread ended with code ${code}`));
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
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
