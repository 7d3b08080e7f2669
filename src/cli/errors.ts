/** How the command line ends when something is wrong: one line on stderr, and the exit code. */
import { CommanderError } from 'commander';
import { hasPrintedJson, printJson } from './output.js';

/** The command was called in a wrong way: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A folder that holds no picture where some were expected: exit code 1. */
export class NoImagesError extends Error {
  override readonly name = 'NoImagesError';

  /** @param leftOut what the folder holds instead, in words. */
  constructor(folder: string, leftOut = '') {
    const expected = 'expected JPEG, PNG, WebP, AVIF, TIFF, GIF, PGM or PPM files';
    super(`${folder}: no pictures in this folder, ${expected}${leftOut && ` (${leftOut})`}`);
  }
}

/**
 * Stopped in good order before the end, by a signal or because the time was up; the same command goes on from
 * there. Exit code 75, which sysexits.h calls a temporary failure, so that a script knows to call again.
 */
export class StoppedEarlyError extends Error {
  override readonly name = 'StoppedEarlyError';

  constructor(signal: AbortSignal) {
    super(`${signal.aborted ? 'interrupted' : 'the time is up'}; the same command goes on from here`);
  }
}

/** Ended by a signal, in good order, with nothing to go on with: exit code 1. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';

  constructor(done: string) {
    super(`interrupted; ${done}`);
  }
}

/** Something that failed among many, and why. */
export interface Failure {
  readonly name: string;
  readonly reason: string;
}

/** Some of many could not be worked on, the others were: exit code 1, and the list at the end. */
export class PartialFailureError extends Error {
  override readonly name = 'PartialFailureError';

  constructor(kind: string, total: number, failures: readonly Failure[]) {
    const lines = failures.map(({ name, reason }) => `  ${name}: ${reason}`);
    super([`${failures.length} of ${total} ${kind} failed:`, ...lines].join('\n'));
  }
}

/** What went wrong with one of many, in one line that does not repeat its name. */
export function failureOf(name: string, path: string, error: unknown): Failure {
  const reason = firstLine(error);
  return { name, reason: reason.startsWith(`${path}: `) ? reason.slice(path.length + 2) : reason };
}

/**
 * Prints what went wrong on stderr, without a stack (set SUPERPOINT_DEBUG=1 to see it).
 *
 * @param asJson also print it as the document on stdout that a script waits for, where there is none yet.
 * @returns the exit code: 0 for help, 2 for wrong usage, 75 for work to go on with, 1 for a failure.
 */
export function report(error: unknown, asJson = false): 0 | 1 | 2 | 75 {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  const exitCode = exitCodeOf(error);
  // commander printed the help already where no command was given
  if (error instanceof CommanderError && error.code === 'commander.help') return exitCode;
  const text = error instanceof PartialFailureError ? error.message : firstLine(error);
  const message = text.replace(/^error: /, '');
  process.stderr.write(`superpoint: ${message}\n`);
  if (process.env.SUPERPOINT_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  if (asJson && !hasPrintedJson()) {
    printJson({ error: { name: error instanceof Error ? error.name : 'Error', message }, exitCode });
  }
  return exitCode;
}

function exitCodeOf(error: unknown): 1 | 2 | 75 {
  if (error instanceof StoppedEarlyError) return 75;
  return error instanceof CommanderError || error instanceof UsageError ? 2 : 1;
}

const SYSTEM_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a folder was expected on the way to it',
  EISDIR: 'is a folder, expected a file',
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EEXIST: 'exists already',
};

function firstLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path } = error as NodeJS.ErrnoException;
  if (code !== undefined && path !== undefined && code in SYSTEM_REASONS) {
    return `${path}: ${SYSTEM_REASONS[code]}`;
  }
  return error.message.split('\n')[0];
}
