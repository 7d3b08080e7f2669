/** Which pictures are matched with which. */
import { readFile } from 'node:fs/promises';
import { pairName } from '../formats/hloc-matches.js';
import { UsageError } from './errors.js';

/** Names of two pictures. */
export type Pair = readonly [string, string];

/** All pairs of pictures, each once. */
export function allPairs(names: readonly string[]): Pair[] {
  return names.flatMap((name0, i) => names.slice(i + 1).map((name1): Pair => [name0, name1]));
}

/**
 * The pairs of a list such as hloc makes: two names a line. A pair that comes again, either way round, counts once.
 * @param known the pictures that there are.
 * @throws UsageError that names the line.
 */
export async function readPairs(path: string, known: ReadonlySet<string>): Promise<Pair[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  const seen = new Set<string>();
  const pairs: Pair[] = [];
  for (const [index, line] of lines.entries()) {
    const names = line.trim().split(/\s+/);
    if (names[0] === '') continue;
    const where = `${path}: line ${index + 1}`;
    const [name0, name1] = names;
    if (names.length !== 2 || name0 === name1) {
      throw new UsageError(`${where}: expected the names of two pictures, got "${line.trim()}"`);
    }
    const unknown = names.find((name) => !known.has(name));
    if (unknown !== undefined) throw new UsageError(`${where}: there is no picture ${unknown}`);
    if (seen.has(pairName(name0, name1)) || seen.has(pairName(name1, name0))) continue;
    seen.add(pairName(name0, name1));
    pairs.push([name0, name1]);
  }
  if (pairs.length === 0) throw new UsageError(`${path}: expected pairs of names, two a line, got none`);
  return pairs;
}
