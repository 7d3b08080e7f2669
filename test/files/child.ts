/** Talks to `process-in-child.ts`. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./process-in-child.js', import.meta.url));

/** A process of its own. */
export class Child {
  readonly #process: ChildProcessWithoutNullStreams = spawn(process.execPath, [SCRIPT]);
  readonly #lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();

  get pid(): number {
    return this.#process.pid!;
  }

  /** Has it do something. @returns its answer. */
  async ask(line: string): Promise<string> {
    this.#process.stdin.write(`${line}\n`);
    return String((await this.#lines.next()).value);
  }

  /** Ends it outright, and waits until it is gone. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }

  /** Has it end in good order. */
  async end(): Promise<void> {
    const gone = once(this.#process, 'exit');
    this.#process.stdin.write('end\n');
    await gone;
  }
}
