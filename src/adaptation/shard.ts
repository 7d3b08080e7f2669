/** A share of the photographs for one of several machines. */
import { createHash } from 'node:crypto';

/** The share: `index` of `count`, from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Reads `3/16`. @throws RangeError for anything else than i/n with 1 <= i <= n. */
export function parseShard(text: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text.trim())?.map(Number) ?? [];
  if (!(index >= 1 && index <= count)) {
    throw new RangeError(
      `expected a shard such as 3/16, the first number from 1 to the second, got "${text}"`,
    );
  }
  return { index, count };
}

/**
 * The shard's part of a list: consecutive, so that the shards' results joined in order are the result
 * of the whole, to the byte; parts differ by at most one in length.
 *
 * @throws RangeError where the shard is not 1 <= index <= count.
 */
export function takeShard<T>(items: readonly T[], shard: Shard): T[] {
  return items.slice(...shardRange(items.length, shard));
}

/** Where the shard's part of a list of this length begins and ends. @throws RangeError as `takeShard`. */
export function shardRange(length: number, { index, count }: Shard): [start: number, end: number] {
  if (!(Number.isInteger(index) && Number.isInteger(count) && index >= 1 && index <= count)) {
    throw new RangeError(`expected a shard from 1/${count} to ${count}/${count}, got ${index}/${count}`);
  }
  return [Math.floor(((index - 1) * length) / count), Math.floor((index * length) / count)];
}

/** A shard and the list that it is a part of, so that parts of one list are told from parts of another. */
export interface ShardPlace extends Shard {
  /** Length of the whole list. */
  readonly photographs: number;
  /** Digest of its names. */
  readonly list: string;
}

/** Where a shard lies in a list of names. */
export function shardPlace(names: readonly string[], { index, count }: Shard): ShardPlace {
  return { index, count, photographs: names.length, list: listDigest(names) };
}

/** A digest of names, whatever their order. */
export function listDigest(names: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([...names].sort()))
    .digest('hex')
    .slice(0, 32);
}
