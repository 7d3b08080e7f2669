/**
 * What a stage of training minimises: a graph from a batch to a loss, and how a batch is fed to it.
 * MagicPoint trains the detector alone (§4); SuperPoint trains detector and descriptor on pairs (§3.4).
 */
import type { Graph, Value } from '../graph/graph.js';
import { type Tensor, tensor } from '../graph/session.js';
import { CELL, CLASSES, type NetworkShape } from '../network/architecture.js';
import { detectorLoss } from '../network/detector-loss.js';
import { type BatchStatistics, trainingNetwork } from '../network/training-network.js';
import type { DetectorBatch } from './batches.js';

/** Size of what one session works on: pictures (or pairs) and their pixels. */
export interface BatchSize {
  readonly count: number;
  readonly width: number;
  readonly height: number;
}

export interface ObjectiveGraph {
  /** A scalar. */
  readonly loss: Value;
  /** Scalars to report beside the loss. */
  readonly terms: Readonly<Record<string, Value>>;
  readonly statistics: readonly BatchStatistics[];
}

export interface Objective<Batch> {
  /** Adds the batch's inputs and the loss to a graph that holds the parameters already. */
  build(
    graph: Graph,
    shape: NetworkShape,
    parameters: Record<string, Value>,
    size: BatchSize,
  ): ObjectiveGraph;
  /** The inputs for elements first … first + count - 1 of a batch. */
  feeds(batch: Batch, first: number, count: number): Record<string, Tensor>;
}

/** The slice of a batch's array that belongs to elements first … first + count - 1. */
export function part(
  array: Float32Array,
  whole: number,
  first: number,
  count: number,
  dims: number[],
): Tensor {
  const each = array.length / whole;
  return tensor(array.subarray(first * each, (first + count) * each), [count, ...dims]);
}

/** Cross-entropy of the detector on labelled pictures (§4). */
export const detectorObjective: Objective<DetectorBatch> = {
  build(graph, shape, parameters, { count, width, height }) {
    const [rows, columns] = [height / CELL, width / CELL];
    const image = graph.input('images', 'float32', [count, 1, height, width]);
    const targets = graph.input('targets', 'float32', [count, CLASSES, rows, columns]);
    const mask = graph.input('masks', 'float32', [count, rows, columns]);
    const { logits, statistics } = trainingNetwork(image, { ...shape, descriptor: 0 }, parameters);
    return { loss: detectorLoss(logits, targets, mask), terms: {}, statistics };
  },
  feeds(batch, first, count) {
    const { width, height } = batch;
    const [rows, columns] = [height / CELL, width / CELL];
    return {
      images: part(batch.images, batch.count, first, count, [1, height, width]),
      targets: part(batch.targets, batch.count, first, count, [CLASSES, rows, columns]),
      masks: part(batch.masks, batch.count, first, count, [rows, columns]),
    };
  },
};
