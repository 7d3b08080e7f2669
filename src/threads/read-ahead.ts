/** Works on things of a sequence before they are asked for, a few at a time and in their order. */

/** A thing and what becomes of it. */
export interface Ahead<Item, Result> {
  readonly item: Item;
  /** To be awaited; whoever does not is not told of a failure. */
  readonly result: Promise<Result>;
}

/**
 * The results of `work` in the order of the items. While one is used the next `count` are on their way, and never
 * more than that, however many there are.
 * @throws what the source of the items throws, after all items before.
 */
export async function* readAhead<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  work: (item: Item) => Promise<Result>,
  count = 1,
): AsyncGenerator<Ahead<Item, Result>, void, undefined> {
  const waiting: Ahead<Item, Result>[] = [];
  let failure: { readonly cause: unknown } | undefined;
  try {
    for await (const item of items) {
      const result = work(item);
      // It is awaited later; until then its failure must not count as unhandled.
      result.catch(() => {});
      waiting.push({ item, result });
      const [first] = waiting;
      if (waiting.length > count) {
        waiting.shift();
        yield first;
      }
    }
  } catch (cause) {
    failure = { cause };
  }
  yield* waiting;
  if (failure) throw failure.cause;
}
