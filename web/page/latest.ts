/** Work that is asked for faster than it can be done, for instance by a slider. */

/**
 * A function that starts `work`, or, while it is running, sees to it that it runs once more afterwards.
 * @returns what resolves when nothing is left to do.
 */
export function latest(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let again = false;
  const run = async () => {
    do {
      again = false;
      await work();
    } while (again);
  };
  return () => {
    again = true;
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };
}
