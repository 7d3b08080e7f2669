/** Starts the worker of matching in a browser (package.json `imports`, condition browser). */
import type { WorkerPort } from '../threads/port.js';
import { portOf } from '../threads/port-browser.js';

/** @throws Error where there can be no worker, saying why. */
export const startMatcher = (): WorkerPort =>
  // Bundlers look for these very words.
  portOf(new Worker(new URL('./match-worker.js', import.meta.url), { type: 'module' }));
