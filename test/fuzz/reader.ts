/** What the fuzzer needs of a reader: one entry of its table. */

export interface Reader {
  readonly name: string;
  /** Small whole files that it reads; they are damaged. */
  files(): Uint8Array[] | Promise<Uint8Array[]>;
  /**
   * Reads a damaged file, and throws an AssertionError where what came of it cannot be right.
   * @param path of a file that holds the bytes, for those that read files; see `needsFile`.
   */
  read(bytes: Uint8Array, path: string): Promise<unknown> | unknown;
  /** Names of the errors that it may throw. */
  readonly errors: readonly string[];
  /** Reads a path: the bytes are written there first. */
  readonly needsFile?: boolean;
  /** Name of the error after which a reader is of no use any more: the process begins anew. */
  readonly spentBy?: string;
  /** Mends checksums, of every other case, so that damage reaches what stands behind them. */
  repair?(bytes: Uint8Array): void;
}

/** How the process of a reader that is spent ends: the case is tried again in a new one. */
export const SPENT = 75;

/** What is wrong with an error as an answer to a user; undefined if nothing is. */
export function faultOf(error: unknown, errors: readonly string[]): string | undefined {
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  if (!errors.includes(error.name))
    return `threw ${error.name}, not ${errors.join(' or ')}: ${error.message}`;
  if (error.message.includes('\n')) return `more than one line: ${error.message}`;
  if (error.message.length > 600)
    return `a line of ${error.message.length} characters: ${error.message.slice(0, 100)}…`;
  return error.message.trim().length < 10 ? `says too little: "${error.message}"` : undefined;
}
