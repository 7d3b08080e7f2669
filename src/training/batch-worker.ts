/** A worker thread that makes the batches it is asked for and hands their buffers over. */
import { serveThread } from '../threads/thread.js';
import { type BatchSpec, batchService } from './batch-source.js';
import { batchBuffers, type DetectorBatch, type PairBatch } from './batches.js';

serveThread<BatchSpec, number, DetectorBatch | PairBatch>(batchService, batchBuffers);
