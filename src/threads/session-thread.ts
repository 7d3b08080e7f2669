/** The thread of a `createThreadedSession`: answers each message, the inputs of a run, with its outputs. */
import { parentPort, workerData } from 'node:worker_threads';
import { createSession, type Tensor } from '../graph/session.js';
import type { SessionThreadData, SessionThreadReply } from './threaded-session.js';

if (!parentPort) throw new Error('session-thread.js runs as a worker thread only');
const port = parentPort;
const { model, options } = workerData as SessionThreadData;

const send = (reply: SessionThreadReply) => port.postMessage(reply);
const describe = (error: unknown) => (error instanceof Error ? error.message : String(error));

try {
  const session = await createSession(model, options);
  port.on('message', async (inputs: Record<string, Tensor>) => {
    try {
      send({ outputs: await session.run(inputs) });
    } catch (error) {
      send({ error: describe(error) });
    }
  });
  send({ inputNames: session.inputNames, outputNames: session.outputNames });
} catch (error) {
  send({ error: describe(error) });
}
