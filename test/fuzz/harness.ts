/** Runs cases in a process of their own, with a limit of time for each and of memory, and starts it anew where it dies. */
import { type ChildProcess, fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome } from './child.js';
import { SPENT } from './reader.js';

/** A case that went wrong. */
export interface Fault {
  readonly reader: string;
  readonly number: number;
  readonly problem: string;
}

export interface Summary {
  readonly cases: number;
  /** Damaged files that were read nevertheless. */
  readonly read: number;
  readonly faults: readonly Fault[];
}

export interface FuzzOptions {
  readonly reader: string;
  readonly seed: string;
  /** Number of the first case. @default 0 */
  readonly from?: number;
  readonly cases: number;
  /** A folder for files. */
  readonly scratch: string;
  /** Of one case. @default 20 */
  readonly seconds?: number;
  /** Of the whole process. @default 1024 */
  readonly megabytes?: number;
}

const CHILD = join(import.meta.dirname, 'child.js');
const CHECK_MEMORY_MS = 100;
const SECONDS_TO_START = 60;
const PAGE = 4096;

/** Memory that a process holds, in megabytes; 0 where the system does not tell. */
async function megabytesOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '0 0');
  return (Number(text.split(' ')[1]) * PAGE) / 2 ** 20;
}

export async function fuzz(options: FuzzOptions): Promise<Summary> {
  const { reader, from = 0, cases } = options;
  const to = from + cases;
  const faults: Fault[] = [];
  let read = 0;
  for (let next = from; next < to; ) {
    const began = next;
    const death = await runUntilItDies(options, next, to, ({ number, fault, wasRead }) => {
      next = number + 1;
      if (wasRead) read++;
      if (fault !== undefined) faults.push({ reader, number, problem: fault });
    });
    // a reader that is spent begins anew, unless it comes no further
    const problem = death ?? (next === began ? 'the process ends at once' : undefined);
    if (problem !== undefined) faults.push({ reader, number: next++, problem });
  }
  return { cases, read, faults };
}

/** @returns why the process died; undefined where it came to its end, or its reader is spent. */
function runUntilItDies(
  { reader, seed, scratch, seconds = 20, megabytes = 1024 }: FuzzOptions,
  from: number,
  to: number,
  onOutcome: (outcome: Outcome) => void,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child: ChildProcess = fork(CHILD, {
      execArgv: ['--max-old-space-size=512'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let death: string | undefined;
    let stderr = '';
    let isDone = false;
    const kill = (reason: string) => {
      death ??= reason;
      child.kill('SIGKILL');
    };
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-2000);
    });
    const startTimer = (more = 0) =>
      setTimeout(() => kill(`took more than ${seconds} s`), 1000 * (seconds + more));
    // at first the process starts, and makes its whole files
    let timer = startTimer(SECONDS_TO_START);
    const watch = setInterval(async () => {
      const held = await megabytesOf(child.pid ?? 0);
      if (held > megabytes) kill(`held ${Math.round(held)} MB`);
    }, CHECK_MEMORY_MS);
    child.on('message', (outcome: Outcome) => {
      clearTimeout(timer);
      onOutcome(outcome);
      isDone = outcome.number === to - 1;
      if (isDone) child.kill();
      else timer = startTimer();
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      clearInterval(watch);
      resolve(
        isDone || code === SPENT
          ? undefined
          : (death ?? `the process died (${signal ?? code}): ${stderr.trim().split('\n').at(-1)}`),
      );
    });
    child.send({ reader, seed, from, to, scratch });
  });
}
