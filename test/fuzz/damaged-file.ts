/** The damaged file of a case: it follows from the seed, the reader's name and the number alone. */
import { Random } from '../../src/random.js';
import { mutate } from './mutate.js';
import type { Reader } from './reader.js';

export function damagedFile(
  reader: Reader,
  files: readonly Uint8Array[],
  seed: string,
  number: number,
): Uint8Array {
  const bytes = mutate(files, new Random(seed).fork(reader.name, number));
  if (number % 2 === 0) reader.repair?.(bytes);
  return bytes;
}
