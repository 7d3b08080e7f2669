/** Runs commands one after the other in processes that can be told by a mark, and killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const MARK = 'SUPERPOINT_TORTURE';

export interface RunOptions {
  readonly cwd: string;
  /** The folder for temporary files. @default the system's */
  readonly temporary?: string;
  /** Stands in the environment of every process that comes of it. */
  readonly mark?: string;
  /** Seconds after which whatever command is at work is ended outright. @default never */
  readonly killAfter?: number;
}

/** How the commands ended. */
export interface Run {
  /** Of the last command; null where it was killed. */
  readonly code: number | null;
  readonly stderr: string;
  readonly seconds: number;
}

/** Runs commands until one fails or is killed. */
export async function runCommands(
  commands: readonly (readonly string[])[],
  { cwd, temporary, mark = '', killAfter }: RunOptions,
): Promise<Run> {
  const began = performance.now();
  let child: ChildProcess | undefined;
  let isKilled = false;
  const timer =
    killAfter === undefined
      ? undefined
      : setTimeout(() => {
          isKilled = true;
          child?.kill('SIGKILL');
        }, 1000 * killAfter);
  let [code, stderr]: [number | null, string] = [0, ''];
  for (const command of commands) {
    if (code !== 0 || isKilled) break;
    const env = { ...process.env, [MARK]: mark, ...(temporary ? { TMPDIR: temporary } : {}) };
    child = spawn(process.execPath, [MAIN, ...command], { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
    stderr = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    [code] = (await once(child, 'close')) as [number | null];
  }
  clearTimeout(timer);
  return { code: isKilled ? null : code, stderr, seconds: (performance.now() - began) / 1000 };
}

const PATIENCE_MS = 3000;

/** Processes of that mark that live on when they had time to end. Only Linux tells. */
export async function orphans(mark: string): Promise<string[]> {
  for (const until = performance.now() + PATIENCE_MS; ; await sleep(50)) {
    const found = await marked(mark);
    if (found.length === 0 || performance.now() > until) return found.map((pid) => `process ${pid} lives on`);
  }
}

async function marked(mark: string): Promise<string[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')),
  );
  return pids.filter((_, n) => environments[n].includes(`${MARK}=${mark}\0`));
}

/** What is wrong with the words of a command that failed; nothing where it said why in one line. */
export function wordsOfFailure({ code, stderr }: Run, expected: RegExp): string[] {
  const lines = stderr.trimEnd().split('\n');
  const last = lines.at(-1) ?? '';
  if (code === 1 && /^superpoint: /.test(last) && expected.test(last) && !/\n\s+at /.test(stderr)) return [];
  return [`ended with ${code} and said ${JSON.stringify(stderr.slice(-600))}, expected one line ${expected}`];
}
