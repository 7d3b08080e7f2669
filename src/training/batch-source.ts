/** From a plain description of batches to the batches themselves, the same in this thread and in a worker. */
import type { DetectorBatch, PairBatch } from './batches.js';
import { makeSyntheticBatch, type SyntheticBatchSettings } from './synthetic-batches.js';

/** Shapes. */
export interface SyntheticBatchSpec {
  readonly kind: 'synthetic';
  readonly settings: SyntheticBatchSettings;
}

/** Any description of batches; plain data, so that a worker can be sent one. */
export type BatchSpec = SyntheticBatchSpec;

/** The record that a description yields. */
export type BatchOf<Spec extends BatchSpec> = Spec extends { kind: 'pairs' } ? PairBatch : DetectorBatch;

/** Makes the batch of a step: the same for the same description and step, whatever was made before. */
export async function makeBatch<Spec extends BatchSpec>(spec: Spec, step: number): Promise<BatchOf<Spec>> {
  switch (spec.kind) {
    case 'synthetic':
      return makeSyntheticBatch(spec.settings, step) as BatchOf<Spec>;
  }
}
