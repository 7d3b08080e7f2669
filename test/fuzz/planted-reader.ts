/** A reader with every fault, by which the harness is tested. */
import { readFile, writeFile } from 'node:fs/promises';
import type { Reader } from './reader.js';

export const PLANTED: Reader = {
  name: 'planted',
  files: () => [new Uint8Array(100)],
  async read(_bytes, path) {
    // a process that died starts the next case anew: the count is kept in a file
    const kept = `${path}.count`;
    const calls = Number(await readFile(kept, 'utf8').catch(() => '0'));
    await writeFile(kept, String(calls + 1));
    if (calls === 0) throw new TypeError('x is undefined');
    if (calls === 1) for (;;);
    if (calls === 2) process.kill(process.pid, 'SIGKILL');
    const held: Uint8Array[] = [];
    for (let n = 0; n < 100; n++) {
      held.push(new Uint8Array(16 * 2 ** 20).fill(1));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return held.length;
  },
  errors: ['Error'],
};
