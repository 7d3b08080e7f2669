/** Work for several threads whose replies come out in the order of the orders. */
import { answerHere, openThread, type Service, type Thread } from './thread.js';

/** The replies. Close them, or leave their `for await` loop, to end the threads. */
export interface Replies<Reply> extends AsyncIterableIterator<Reply> {
  /** Ends the threads with what is under way, and the sequence: a `next` under way gets its end. */
  close(): Promise<void>;
}

export interface OrderedWork<Data, Order, Reply> {
  /** A module that calls `serveThread(open)`. */
  readonly script: URL;
  readonly open: (data: Data) => Promise<Service<Order, Reply>>;
  /** Plain data for each thread to start with. */
  readonly data: Data;
  /** May be endless. */
  readonly orders: Iterable<Order>;
  /** 0 answers each order in this thread, when its reply is asked for. */
  readonly threads: number;
  /** Orders that may be under way or answered and not yet asked for: the bound of memory. */
  readonly ahead: number;
}

/**
 * Starts the work. What comes out does not depend on the number of threads or their speed. The first order
 * that fails, in their order, ends the sequence with its error.
 */
export function openOrdered<Data, Order, Reply>({
  script,
  open,
  data,
  orders,
  threads,
  ahead,
}: OrderedWork<Data, Order, Reply>): Replies<Reply> {
  if (threads === 0) return inOrder([answerHere(() => open(data))], orders, 0);
  const several = Array.from({ length: Math.min(threads, ahead) }, () =>
    openThread<Order, Reply>(script, data),
  );
  return inOrder(several, orders, ahead);
}

function inOrder<Order, Reply>(
  threads: readonly Thread<Order, Reply>[],
  orders: Iterable<Order>,
  ahead: number,
): Replies<Reply> {
  const source = orders[Symbol.iterator]();
  const idle = [...threads];
  /** Replies to the orders that were given and not handed out, the next one first. */
  const given: Promise<Reply>[] = [];
  let closing: Promise<unknown> | undefined;

  const close = async () => {
    closing ??= Promise.all(threads.map((thread) => thread.close()));
    await closing;
  };
  /** Gives the next orders to idle threads while fewer than `most` are given. */
  const give = (most: number) => {
    while (!closing && given.length < most && idle.length > 0) {
      const { done, value } = source.next();
      if (done) return;
      const thread = idle.pop() as Thread<Order, Reply>;
      const reply = thread.ask(value);
      const free = () => {
        idle.push(thread);
        give(ahead);
      };
      reply.then(free, free);
      given.push(reply);
    }
  };
  async function* replies(): AsyncGenerator<Reply, void> {
    try {
      for (;;) {
        give(Math.max(1, ahead));
        if (given.length === 0) return;
        const reply = await given[0];
        if (closing) return;
        given.shift();
        give(ahead);
        yield reply;
      }
    } catch (error) {
      if (!closing) throw error;
    } finally {
      await close();
    }
  }
  give(ahead);
  return Object.assign(replies(), { close });
}
