/** The thread of a `createThreadedSession`: answers with what the session is, or the outputs of a run. */
import { createSession } from '../graph/session.js';
import { serveThread } from './thread.js';
import type { SessionOrder, SessionReply, SessionThreadData } from './threaded-session.js';

serveThread<SessionThreadData, SessionOrder, SessionReply>(async ({ model, options }) => {
  const session = await createSession(model, options);
  const { inputNames, outputNames, device, fallback } = session;
  const description = { inputNames, outputNames, device, fallback };
  return {
    answer: async (order) => (order === 'description' ? description : session.run(order)),
    close: () => session.release(),
  };
});
