/** Calls across the border of a worker: the page awaits methods of an object that lives in the worker. */
import { WorkQueue } from '../../src/threads/work-queue.js';

type Method = (...args: never[]) => unknown;

/** The methods of `Service` as the page sees them. */
export type Remote<Service> = {
  readonly [Name in keyof Service]: Service[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : never;
};

interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: unknown[];
}

type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } }
  | { readonly event: unknown };

/** Bitmaps are moved rather than copied, wherever they stand at the top of a value. */
function transferables(value: unknown): Transferable[] {
  const parts = typeof value === 'object' && value !== null ? [value, ...Object.values(value)] : [];
  return parts.filter((part) => part instanceof ImageBitmap);
}

/**
 * Answers the page's calls, one at a time and in their order.
 * @param apart methods that begin at once and keep nothing waiting.
 * @returns what sends the page an event.
 */
export function serve<Event>(
  service: Readonly<Record<string, Method>>,
  apart: readonly string[] = [],
): (event: Event) => void {
  const queue = new WorkQueue();
  const send = (reply: Reply, transfer: Transferable[] = []) => postMessage(reply, { transfer });
  addEventListener('message', ({ data }: MessageEvent<Call>) => {
    const { id, method, args } = data;
    const work = async () => service[method](...(args as never[]));
    (apart.includes(method) ? work() : queue.run(work)).then(
      (result) => send({ id, result }, transferables(result)),
      (error: unknown) => {
        const { name, message } = error instanceof Error ? error : new Error(String(error));
        send({ id, error: { name, message } });
      },
    );
  });
  return (event) => send({ event });
}

/** The worker's service. Calls fail if the worker's script cannot be loaded. */
export function connect<Service, Event>(worker: Worker, onEvent: (event: Event) => void): Remote<Service> {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let calls = 0;
  worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
    if ('event' in data) return onEvent(data.event as Event);
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if ('error' in data) {
      call?.reject(Object.assign(new Error(data.error.message), { name: data.error.name }));
    } else {
      call?.resolve(data.result);
    }
  });
  worker.addEventListener('error', (event) => {
    const error = new Error(event.message || 'a part of this page could not be loaded; reload it');
    for (const call of waiting.values()) call.reject(error);
    waiting.clear();
  });
  return new Proxy({} as Remote<Service>, {
    get(_, method: string) {
      // What has a `then` would be taken for a promise wherever it is awaited.
      if (method === 'then') return undefined;
      return (...args: unknown[]) => {
        const call = Promise.withResolvers<unknown>();
        waiting.set(++calls, call);
        worker.postMessage({ id: calls, method, args } satisfies Call, { transfer: transferables(args) });
        return call.promise;
      };
    },
  });
}
