/** A worker thread that labels the photographs it is asked for, one at a time. */
import { serveThread } from '../threads/thread.js';
import { openLabeller } from './labeller.js';

serveThread(openLabeller);
