/**
 * A session in a thread of its own (Node): `run` of ONNX Runtime's Node binding occupies the thread that
 * calls it, so sessions work at the same time only in different threads.
 */
import type { Session, SessionOptions, Tensor } from '../graph/session.js';
import { openThread } from './thread.js';

/** What the thread is told at its start. */
export interface SessionThreadData {
  readonly model: Uint8Array;
  readonly options: SessionOptions;
}

/** All of a session that is data. */
type SessionDescription = Omit<Session, 'run' | 'release'>;

/** What the session is, or a run with these inputs. */
export type SessionOrder = 'description' | Readonly<Record<string, Tensor>>;
export type SessionReply = SessionDescription | Record<string, Tensor>;

/** As `createSession`, in a new thread. One run at a time. */
export async function createThreadedSession(
  model: Uint8Array,
  options: SessionOptions = {},
): Promise<Session> {
  const data: SessionThreadData = { model, options };
  const thread = openThread<SessionOrder, SessionReply>(
    new URL('./session-thread.js', import.meta.url),
    data,
  );
  try {
    const description = (await thread.ask('description')) as SessionDescription;
    return {
      ...description,
      run: (inputs) => thread.ask(inputs) as Promise<Record<string, Tensor>>,
      release: () => thread.close(),
    };
  } catch (error) {
    await thread.close();
    throw error;
  }
}
