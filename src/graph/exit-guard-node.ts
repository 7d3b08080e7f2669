/**
 * ONNX Runtime does not survive that its thread ends in the middle of a run: it takes the process with it, exit code
 * and all. So a process that ends waits for the runs that are under way in its worker threads; none starts any more.
 */
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

/** Under which name threads hand it on to those that they start. */
const NAME = 'superpoint: runs under way';
/** Longest wait, milliseconds: many times as long as one run. */
const PATIENCE = 20_000;

/** Places of the shared numbers. */
const UNDER_WAY = 0;
const ENDING = 1;

/** Sees to it that threads which are started from now on are waited for when the process ends. */
export function guardExit(): void {
  if (getEnvironmentData(NAME)) return;
  const shared = new Int32Array(new SharedArrayBuffer(8));
  setEnvironmentData(NAME, shared);
  process.once('exit', () => {
    Atomics.store(shared, ENDING, 1);
    const last = Date.now() + PATIENCE;
    for (let left = PATIENCE; left > 0; left = last - Date.now()) {
      const count = Atomics.load(shared, UNDER_WAY);
      if (count === 0) return;
      Atomics.wait(shared, UNDER_WAY, count, left);
    }
  });
}

/** Work of the runtime. In a guarded thread the end of the process waits for it, or it does not begin. */
export async function duringRun<T>(work: () => Promise<T>): Promise<T> {
  const shared = isMainThread ? undefined : (getEnvironmentData(NAME) as Int32Array | undefined);
  if (!shared) return work();
  Atomics.add(shared, UNDER_WAY, 1);
  const ended = () => {
    Atomics.sub(shared, UNDER_WAY, 1);
    Atomics.notify(shared, UNDER_WAY);
  };
  if (Atomics.load(shared, ENDING)) {
    ended();
    return new Promise(() => {});
  }
  return work().finally(ended);
}
