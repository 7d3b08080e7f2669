/** From a plain description of batches to the batches themselves, the same in this thread and in a worker. */
import type { Service } from '../threads/thread.js';
import type { DetectorBatch, PairBatch } from './batches.js';
import { makePairBatch } from './pair-batches.js';
import type { PairBatchSettings } from './pairs.js';
import { makePhotoBatch, type PhotoBatchSettings } from './photo-batches.js';
import type { PhotoStore } from './photo-store.js';
import { makeSyntheticBatch, type SyntheticBatchSettings } from './synthetic-batches.js';

/** Synthetic Shapes. */
export interface SyntheticBatchSpec {
  readonly kind: 'synthetic';
  readonly settings: SyntheticBatchSettings;
}

/** Labelled photographs for the detector. */
export interface PhotoBatchSpec {
  readonly kind: 'photos';
  readonly settings: PhotoBatchSettings;
  readonly store: PhotoStore;
}

/** Pairs of views of labelled photographs. */
export interface PairBatchSpec {
  readonly kind: 'pairs';
  readonly settings: PairBatchSettings;
  readonly store: PhotoStore;
}

/** Any description of batches; plain data, so that a worker can be sent one. */
export type BatchSpec = SyntheticBatchSpec | PhotoBatchSpec | PairBatchSpec;

/** The record that a description yields. */
export type BatchOf<Spec extends BatchSpec> = Spec extends PairBatchSpec ? PairBatch : DetectorBatch;

/** Makes the batch of a step: the same for the same description and step, whatever was made before. */
export async function makeBatch<Spec extends BatchSpec>(spec: Spec, step: number): Promise<BatchOf<Spec>>;
export async function makeBatch(spec: BatchSpec, step: number): Promise<DetectorBatch | PairBatch> {
  switch (spec.kind) {
    case 'synthetic':
      return makeSyntheticBatch(spec.settings, step);
    case 'photos':
      return makePhotoBatch(spec.settings, step, spec.store);
    case 'pairs':
      return makePairBatch(spec.settings, step, spec.store);
  }
}

/** Answers a step with its batch. */
export async function batchService<Spec extends BatchSpec>(
  spec: Spec,
): Promise<Service<number, BatchOf<Spec>>> {
  return { answer: (step) => makeBatch(spec, step) };
}
