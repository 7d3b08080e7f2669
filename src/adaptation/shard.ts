/** A share of the photographs for one of several machines. */

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
export function takeShard<T>(items: readonly T[], { index, count }: Shard): T[] {
  if (!(Number.isInteger(index) && Number.isInteger(count) && index >= 1 && index <= count)) {
    throw new RangeError(`expected a shard from 1/${count} to ${count}/${count}, got ${index}/${count}`);
  }
  const start = Math.floor(((index - 1) * items.length) / count);
  return items.slice(start, Math.floor((index * items.length) / count));
}
