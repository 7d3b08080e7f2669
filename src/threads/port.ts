/** A worker as Node and browsers both can have it: what `#port` makes of theirs. */

/** One end of a line between two threads. */
export interface Port {
  /** @param moved buffers that go over rather than being copied. */
  send(message: unknown, moved?: readonly ArrayBuffer[]): void;
  onMessage(listener: (message: unknown) => void): void;
}

/** A worker, seen by the thread that started it. */
export interface WorkerPort extends Port {
  /** Told once why it ended; after `close` too. */
  onEnd(listener: (reason: Error) => void): void;
  /** Whether the process is to stay for it (Node). @default false */
  hold(held: boolean): void;
}

/** The starting thread, seen by the worker. */
export interface ParentPort extends Port {
  /** Ends this worker. */
  close(): void;
}
