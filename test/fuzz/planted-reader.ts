/** A reader that fails in another way in each case, by which the harness is tested. */
import type { Reader } from './reader.js';

export const PLANTED: Reader = {
  name: 'planted',
  files: () => [new Uint8Array(100)],
  async read(_bytes, path) {
    const number = Number(path.split('-').at(-1));
    if (number === 0) throw new TypeError('x is undefined');
    if (number === 1) for (;;);
    if (number === 2) process.kill(process.pid, 'SIGKILL');
    const held = Array.from({ length: 50 }, () => new Uint8Array(8 * 2 ** 20).fill(1));
    await new Promise((resolve) => setTimeout(resolve, 60_000));
    return held.length;
  },
  errors: ['Error'],
};
