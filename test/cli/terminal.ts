/** What a person sees of a command: a model of a terminal, and commands run in a real one. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { MAIN } from './command.js';

/** A terminal as far as the tests need one: wraps at its width, knows \r, \n and "clear to the right". */
export class Terminal extends Writable {
  readonly isTTY = true;
  readonly columns: number;
  readonly #screen: string[][] = [[]];
  #row = 0;
  #column = 0;
  /** How often something was written. */
  writes = 0;

  constructor(columns: number) {
    super({ decodeStrings: false });
    this.columns = columns;
  }

  override _write(chunk: string | Uint8Array, _: unknown, done: () => void): void {
    this.writes++;
    for (const [i, part] of Buffer.from(chunk as string)
      .toString()
      .split('\x1b[K')
      .entries()) {
      const line = this.#screen[this.#row];
      if (i > 0) line.length = Math.min(line.length, this.#column);
      for (const character of part) {
        if (character === '\r') this.#column = 0;
        else if (character === '\n') this.#newLine();
        else this.#put(character);
      }
    }
    done();
  }

  #newLine(): void {
    this.#row++;
    this.#column = 0;
    this.#screen[this.#row] ??= [];
  }

  #put(character: string): void {
    assert.notEqual(character, '\x1b', 'an escape sequence that this terminal does not know');
    if (this.#column === this.columns) this.#newLine();
    this.#screen[this.#row][this.#column++] = character;
  }

  /** Its lines; the cursor stands in the last one. */
  get lines(): string[] {
    return this.#screen.map((line) => Array.from(line, (character) => character ?? ' ').join(''));
  }
}

/** Why commands cannot be run in a real terminal; false where util-linux gives one. */
export const noTerminal = /util-linux/.test(`${spawnSync('script', ['--version']).stdout}`)
  ? false
  : 'needs `script` of util-linux';

/** Runs `superpoint` in the folder `cwd`, on a terminal of so many columns. @returns the lines that are seen at the end. */
export async function seen(cwd: string, columns: number, ...args: string[]): Promise<string[]> {
  const command = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(' ');
  const script = ['--quiet', '--command', `stty cols ${columns}; ${command}`, '/dev/null'];
  const { stdout } = await promisify(execFile)('script', script, { cwd });
  const terminal = new Terminal(columns);
  terminal.write(stdout);
  return terminal.lines;
}
