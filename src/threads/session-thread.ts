/** The thread of a `createThreadedSession`: answers with the session's names, or the outputs of a run. */
import { createSession } from '../graph/session.js';
import { serveThread } from './thread.js';
import type { SessionOrder, SessionReply, SessionThreadData } from './threaded-session.js';

serveThread<SessionThreadData, SessionOrder, SessionReply>(async ({ model, options }) => {
  const session = await createSession(model, options);
  const { inputNames, outputNames } = session;
  return {
    answer: async (order) => (order === 'names' ? { inputNames, outputNames } : session.run(order)),
    close: () => session.release(),
  };
});
