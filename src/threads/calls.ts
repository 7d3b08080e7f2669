/** Calls across the border of a worker: many at a time, each with a signal, words underway and a reply or an error. */
import { FormatError } from '../files/format-error.js';
import { ImageError } from '../image/image-error.js';
import type { ParentPort, WorkerPort } from './port.js';

/** What a call brings along besides its argument. */
export interface CallContext {
  readonly signal: AbortSignal;
  /** Tells whoever calls how far it is. */
  tell(word: unknown): void;
}

/** What a worker does, by name. */
export type Methods = Readonly<Record<string, (argument: never, context: CallContext) => Promise<unknown>>>;

/** How a call is made. */
export interface CallOptions<Reply> {
  readonly signal?: AbortSignal;
  readonly onWord?: (word: never) => void;
  /** Buffers of the argument that go over rather than being copied. */
  readonly moved?: readonly ArrayBuffer[];
  /** Told of a reply that came too late: the call was aborted. */
  readonly discard?: (reply: Reply) => void;
}

type Request =
  | { readonly id: number; readonly method: string; readonly argument: unknown }
  | { readonly abort: number };

/** An error as data. */
interface Problem {
  readonly name: string;
  readonly message: string;
  readonly source?: string;
}

type Answer =
  | { readonly id: number; readonly word: unknown }
  | { readonly id: number; readonly reply: unknown }
  | { readonly id: number; readonly problem: Problem };

/** The errors that keep their class on the way. */
const ERRORS: Readonly<Record<string, (problem: Problem) => Error>> = {
  RangeError: ({ message }) => new RangeError(message),
  TypeError: ({ message }) => new TypeError(message),
  FormatError: ({ message }) => new FormatError(message),
  ImageError: ({ message, source = '' }) => new ImageError(source, message.slice(source.length + 2)),
};

function problemOf(error: unknown): Problem {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message } = error;
  return error instanceof ImageError ? { name, message, source: error.source } : { name, message };
}

function errorOf(problem: Problem): Error {
  const { name, message } = problem;
  return ERRORS[name]?.(problem) ?? Object.assign(new Error(message), { name });
}

/** The buffers of all arrays in a value, each once. */
export function buffersIn(value: unknown, found = new Set<ArrayBuffer>()): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  } else if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) buffersIn(part, found);
  }
  return [...found];
}

/** Answers the calls that come to this worker. The arrays of a reply go over: a method gives none that it keeps. */
export function serveCalls(port: ParentPort, service: Methods): void {
  const methods: Methods = { hello: async () => {}, ...service };
  const running = new Map<number, AbortController>();
  const send = (answer: Answer, moved?: ArrayBuffer[]) => port.send(answer, moved);
  const answer = async (id: number, method: string, argument: unknown) => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const { signal } = controller;
      const reply = await methods[method](argument as never, {
        signal,
        tell: (word) => send({ id, word }),
      });
      send({ id, reply }, buffersIn(reply));
    } catch (error) {
      send({ id, problem: problemOf(error) });
    } finally {
      running.delete(id);
    }
  };
  port.onMessage((message) => {
    const request = message as Request;
    if ('abort' in request) running.get(request.abort)?.abort();
    else void answer(request.id, request.method, request.argument);
  });
}

/** There is no worker to be had; the message says why. */
export class NoWorkerError extends Error {
  override readonly name = 'NoWorkerError';
}

interface Waiting {
  resolve(reply: unknown): void;
  reject(error: unknown): void;
  readonly onWord?: (word: never) => void;
}

/** The calls of a thread to a worker. The process stays while one is under way. */
export class Caller {
  readonly #port: WorkerPort;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  #ended: Error | undefined;

  /**
   * Starts a worker and waits until it answers.
   * @param what it is, for the message of its death: `the worker of the network`.
   * @throws NoWorkerError where it cannot be had.
   */
  static async start(startPort: () => WorkerPort, what: string): Promise<Caller> {
    try {
      const caller = new Caller(startPort(), what);
      await caller.call('hello');
      return caller;
    } catch (cause) {
      const [reason] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
      throw new NoWorkerError(reason, { cause });
    }
  }

  private constructor(port: WorkerPort, what: string) {
    this.#port = port;
    port.onMessage((message) => this.#take(message as Answer));
    port.onEnd(({ message }) => {
      this.#ended ??= new Error(`${what} ended unexpectedly (${message.split('\n')[0]})`);
      for (const { reject } of this.#waiting.values()) reject(this.#ended);
      this.#waiting.clear();
    });
  }

  /** Why it answers no more; undefined while it does. */
  get ended(): Error | undefined {
    return this.#ended;
  }

  /**
   * @throws what the method throws, of the same class where it is one of this package's or of JavaScript's own; the
   * signal's reason as soon as it is aborted; Error in one line where the worker ends.
   */
  async call<Reply>(method: string, argument?: unknown, options: CallOptions<Reply> = {}): Promise<Reply> {
    const { signal, onWord, moved, discard } = options;
    signal?.throwIfAborted();
    if (this.#ended) throw this.#ended;
    const id = ++this.#calls;
    this.#port.send({ id, method, argument } satisfies Request, moved);
    const answered = new Promise<Reply>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (reply: unknown) => void, reject, onWord });
    });
    this.#port.hold(true);
    answered.catch(() => {}).finally(() => this.#port.hold(this.#waiting.size > 0));
    return signal ? this.#abortable(id, answered, signal, discard) : answered;
  }

  #abortable<Reply>(
    id: number,
    answered: Promise<Reply>,
    signal: AbortSignal,
    discard?: (reply: Reply) => void,
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#port.send({ abort: id } satisfies Request);
        reject(signal.reason);
        if (discard) answered.then(discard, () => {});
      };
      signal.addEventListener('abort', abort, { once: true });
      answered.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    });
  }

  #take(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    if ('word' in answer) {
      waiting?.onWord?.(answer.word as never);
      return;
    }
    this.#waiting.delete(answer.id);
    if ('problem' in answer) waiting?.reject(errorOf(answer.problem));
    else waiting?.resolve(answer.reply);
  }
}
