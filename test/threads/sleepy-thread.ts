/** The thread of the sleepy service. */
import { serveThread } from '../../src/threads/thread.js';
import { openSleepy } from './sleepy-service.js';

serveThread(openSleepy, (reply) => [reply.buffer]);
