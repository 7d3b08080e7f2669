/** Loaded before all else where a mutant is tried: hands out the text of one module with a change. */
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

// What a worker loads goes through the hooks of its process.
if (isMainThread) register('./load.js', import.meta.url);
