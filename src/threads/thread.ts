/** Threads that answer orders (Node): the one protocol between a worker thread and whoever asks it. */
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { guardExit } from '../graph/exit-guard-node.js';
import { keepToItself } from '../graph/telemetry-node.js';
import { WorkQueue } from './work-queue.js';

/** What a thread does. */
export interface Service<Order, Reply> {
  /** @param signal aborted when the thread is to end: the work may then stop with an error. */
  answer(order: Order, signal: AbortSignal): Promise<Reply>;
  /** Frees what it holds. */
  close?(): Promise<void>;
}

/** Whoever answers, in a thread of its own or in this one. */
export interface Thread<Order, Reply> {
  /** Answers an order, one after the other. An error of the service keeps its name and message. */
  ask(order: Order): Promise<Reply>;
  /** Ends it, with what is under way; what was asked and not begun is refused. */
  close(): Promise<void>;
}

/** What a thread is told. */
type Message<Order> = { readonly order: Order } | 'close';

/** What it answers to each order, in their order. */
type Answer<Reply> =
  | { readonly reply: Reply }
  | { readonly error: { readonly name: string; readonly message: string } };

/** A service that works in the thread that asks it. */
export function answerHere<Order, Reply>(open: () => Promise<Service<Order, Reply>>): Thread<Order, Reply> {
  const stop = new AbortController();
  const queue = new WorkQueue();
  const opened = open();
  // Why it could not be opened is told to whoever asks.
  opened.catch(() => {});
  return {
    ask: (order) =>
      queue.run(async () => {
        stop.signal.throwIfAborted();
        return (await opened).answer(order, stop.signal);
      }),
    async close() {
      stop.abort();
      const service = await queue.run(() => opened).catch(() => undefined);
      await service?.close?.();
    },
  };
}

/**
 * Makes this worker thread answer what `openThread` asks it.
 *
 * @param open is handed the data that the thread was opened with.
 * @param buffersOf which buffers of a reply are moved to the other side rather than copied.
 */
export function serveThread<Data, Order, Reply>(
  open: (data: Data) => Promise<Service<Order, Reply>>,
  buffersOf: (reply: Reply) => ArrayBuffer[] = () => [],
): void {
  const port = parentPort;
  if (!port) throw new Error('expected to run as a worker thread');
  const service = answerHere(() => open(workerData as Data));
  port.on('message', (message: Message<Order>) => {
    if (message === 'close') {
      void service.close().finally(() => port.close());
      return;
    }
    service.ask(message.order).then(
      (reply) => port.postMessage({ reply } satisfies Answer<Reply>, buffersOf(reply)),
      (problem: unknown) => {
        const { name, message } = problem instanceof Error ? problem : new Error(String(problem));
        port.postMessage({ error: { name, message } } satisfies Answer<Reply>);
      },
    );
  });
}

/**
 * Starts a worker thread. It is told to end and never terminated, which ONNX Runtime does not survive in the
 * middle of a run.
 *
 * @param script a module that calls `serveThread`.
 * @param data plain data for the thread to start with.
 */
export function openThread<Order, Reply>(script: URL, data: unknown): Thread<Order, Reply> {
  guardExit();
  keepToItself();
  const worker = new Worker(script, { workerData: data });
  const waiting: { resolve(reply: Reply): void; reject(error: unknown): void }[] = [];
  let ended: unknown;
  const end = (error: unknown) => {
    ended ??= error;
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  worker.on('message', (answer: Answer<Reply>) => {
    const asked = waiting.shift();
    if ('reply' in answer) asked?.resolve(answer.reply);
    else asked?.reject(Object.assign(new Error(answer.error.message), { name: answer.error.name }));
  });
  worker.on('error', end);
  const exit = new Promise<void>((resolve) => {
    worker.on('exit', (code) => {
      end(new Error(`a worker thread ended unexpectedly with code ${code}`));
      resolve();
    });
  });
  const send = (message: Message<Order>) => worker.postMessage(message);
  return {
    ask: (order) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) throw ended;
        send({ order });
        waiting.push({ resolve, reject });
      }),
    async close() {
      if (ended === undefined) send('close');
      ended ??= new Error('the worker thread was closed');
      await exit;
    },
  };
}
