/**
 * Contenders in processes of their own, where nothing that another one leaves behind is in their way: threads that look
 * for work a while longer, memory, code that the engine has made ready for other arguments.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Contender } from './measure.js';

const PROCESS = fileURLToPath(new URL('./separate-process.js', import.meta.url));

/** What a process runs: opens all that is needed, and gives the work, which tells what it cost. */
export type Opener<Args extends readonly unknown[]> = (...args: Args) => Promise<() => Promise<number>>;

/** A contender in another process. */
export interface SeparateContender extends Contender {
  close(): Promise<void>;
}

/**
 * Starts a process and waits until its work is ready.
 * @param module that exports `open` under its own name (`import.meta.url`). @param args that JSON can hold.
 */
export async function separately<Args extends readonly unknown[]>(
  name: string,
  module: string,
  open: Opener<Args>,
  ...args: Args
): Promise<SeparateContender> {
  const child = fork(PROCESS, [module, open.name, JSON.stringify(args)]);
  const answer = async () => {
    const ended = new AbortController();
    const { signal } = ended;
    try {
      return await Promise.race([
        once(child, 'message', { signal }).then(([cost]) => cost as number),
        once(child, 'exit', { signal }).then(([code]): never => {
          throw new Error(`the process of ${name} ended early with code ${code}`);
        }),
      ]);
    } finally {
      ended.abort();
    }
  };
  await answer();
  return {
    name,
    run() {
      child.send('run');
      return answer();
    },
    async close() {
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
    },
  };
}

/** Closes the processes of a group. */
export async function closeAll(contenders: readonly SeparateContender[]): Promise<void> {
  for (const contender of contenders) await contender.close();
}
