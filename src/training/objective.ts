/**
 * What a stage of training minimises: a graph from a batch to a loss, and how a batch is fed to it.
 * MagicPoint trains the detector alone (§4); SuperPoint trains detector and descriptor on pairs (§3.4).
 */
import type { Graph, Value } from '../graph/graph.js';
import { add, multiply, softmax } from '../graph/operators.js';
import { type Tensor, tensor } from '../graph/session.js';
import { CELL, CLASSES, type NetworkShape } from '../network/architecture.js';
import { dualSoftmaxLoss, hingeLoss, unitLength } from '../network/descriptor-loss.js';
import { detectorLoss } from '../network/detector-loss.js';
import { positionLoss } from '../network/position-loss.js';
import { type BatchStatistics, trainingNetwork } from '../network/training-network.js';
import { shapeOfWeights, type Weights } from '../network/weights.js';
import type { DetectorBatch, PairBatch } from './batches.js';
import type { SampledPoints } from './correspondences.js';
import { positionWindows, type SharedPoint, WINDOW_PLACES } from './position-windows.js';
import type { DescriptorLossSettings, PositionLossSettings, TeacherSettings } from './recipe.js';

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

function arrayOf(view: DetectorBatch, name: 'images' | 'clean' | 'targets' | 'masks'): Float32Array {
  const array = view[name];
  if (!array) throw new RangeError('expected a batch with clean views for the teacher, got one without');
  return array;
}

/** Elements first … first + count - 1 of both views as one tensor [2N, …], all views 0 first. */
function bothViews(
  view0: Float32Array,
  view1: Float32Array,
  whole: number,
  first: number,
  count: number,
  dims: number[],
): Tensor {
  const each = view0.length / whole;
  const data = new Float32Array(2 * count * each);
  for (const [i, view] of [view0, view1].entries()) {
    data.set(view.subarray(first * each, (first + count) * each), i * count * each);
  }
  return tensor(data, [2 * count, ...dims]);
}

/** The windows of elements first … first + count - 1, as tensors. */
function windowFeeds(
  batch: PairBatch,
  first: number,
  count: number,
  perPair: number,
): Record<string, Tensor> {
  const pairs = Array.from({ length: count }, (_, n) => ({
    H_0to1: batch.H_0to1.subarray(9 * (first + n), 9 * (first + n + 1)),
    points: sharedKeypoints(batch, first + n),
  }));
  const { fine, coarse, coarseWeights, counts } = positionWindows(pairs, batch.width, batch.height, perPair);
  const windows = count * perPair;
  return {
    fine: tensor(fine, [windows, WINDOW_PLACES]),
    coarse: tensor(coarse, [windows, WINDOW_PLACES, 4]),
    coarseWeights: tensor(coarseWeights, [windows, WINDOW_PLACES, 4]),
    windowCounts: tensor(counts, [windows]),
  };
}

/** The keypoints of a pair that both views show. */
function sharedKeypoints({ count, correspondences }: PairBatch, pair: number): SharedPoint[] {
  if (!correspondences) return [];
  const { view0, view1, isKeypoint } = correspondences;
  const each = isKeypoint.length / count;
  const shared: SharedPoint[] = [];
  for (let place = pair * each; place < (pair + 1) * each; place++) {
    if (isKeypoint[place] === 0 || view1.present[place] === 0) continue;
    const [x0, y0] = view0.points.subarray(2 * place, 2 * place + 2);
    const [x1, y1] = view1.points.subarray(2 * place, 2 * place + 2);
    shared.push({ x0, y0, x1, y1 });
  }
  return shared;
}

const mix = (a: Value, b: Value, share: number) => add(multiply(a, 1 - share), multiply(b, share));

/** A network that teaches another by its answers to the clean views. */
export interface Teacher extends TeacherSettings {
  readonly weights: Weights;
}

/** What the joint training may add to the paper's losses; with correspondences (dual softmax) alone. */
export interface JointExtras {
  /** A loss on where the detector's peaks lie. */
  readonly position?: PositionLossSettings | undefined;
  readonly teacher?: Teacher | undefined;
}

/** The teacher's logits and descriptors of clean views [2N, 1, H, W]. */
function teach(clean: Value, { weights }: Teacher): { logits: Value; descriptors: Value } {
  const constants = Object.entries(weights).map(([name, { data, dims }]) => [
    name,
    clean.graph.constant(data, dims, `teacher.${name}`),
  ]);
  const answers = trainingNetwork(clean, shapeOfWeights(weights), Object.fromEntries(constants));
  if (!answers.descriptors) throw new RangeError('expected a teacher with descriptors, got a MagicPoint');
  return { logits: answers.logits, descriptors: unitLength(answers.descriptors, 1) };
}

/** Detector and descriptor together, on pairs of views (§3.4). */
export function jointObjective(
  settings: DescriptorLossSettings,
  { position, teacher }: JointExtras = {},
): Objective<PairBatch> {
  return {
    build(graph, shape, parameters, { count, width, height }): ObjectiveGraph {
      const [rows, columns] = [height / CELL, width / CELL];
      const cells = rows * columns;
      const image = graph.input('images', 'float32', [2 * count, 1, height, width]);
      const targets = graph.input('targets', 'float32', [2 * count, CLASSES, rows, columns]);
      const masks = graph.input('masks', 'float32', [2 * count, rows, columns]);
      const { logits, descriptors, statistics } = trainingNetwork(image, shape, parameters);
      const taught =
        teacher && teach(graph.input('clean', 'float32', [2 * count, 1, height, width]), teacher);
      const answer = taught ? mix(targets, softmax(taught.logits, 1), teacher.detectorShare) : targets;
      const detector = detectorLoss(logits, answer, masks);
      const unit = unitLength(descriptors!, 1);
      if (settings.kind === 'hinge') {
        const warpedCells = graph.input('warpedCells', 'float32', [count, cells, 2]);
        const descriptor = hingeLoss(unit, warpedCells, masks, settings);
        const loss = add(detector, multiply(descriptor, settings.weight));
        return { loss, terms: { detector, descriptor }, statistics };
      }
      const { loss: descriptor, matched } = dualSoftmaxLoss(
        unit,
        {
          points: graph.input('points', 'float32', [2 * count, cells, 2]),
          rowWeights: graph.input('rowWeights', 'float32', [2 * count, cells, rows]),
          columnWeights: graph.input('columnWeights', 'float32', [2 * count, cells, columns]),
          importance: graph.input('importance', 'float32', [count, cells]),
          present: graph.input('present', 'float32', [2 * count, cells]),
        },
        settings,
        taught && { descriptors: taught.descriptors, share: teacher.descriptorShare },
      );
      const loss = add(detector, multiply(descriptor, settings.weight));
      if (!position) return { loss, terms: { detector, descriptor, matched }, statistics };
      const windows = count * position.windows;
      const agreement = positionLoss(logits, {
        fine: graph.input('fine', 'int32', [windows, WINDOW_PLACES]),
        coarse: graph.input('coarse', 'int32', [windows, WINDOW_PLACES, 4]),
        coarseWeights: graph.input('coarseWeights', 'float32', [windows, WINDOW_PLACES, 4]),
        counts: graph.input('windowCounts', 'float32', [windows]),
      });
      return {
        loss: add(loss, multiply(agreement, position.weight)),
        terms: { detector, descriptor, matched, position: agreement },
        statistics,
      };
    },
    feeds(batch, first, count) {
      const { count: whole, width, height, view0, view1, correspondences, warpedCells } = batch;
      const [rows, columns] = [height / CELL, width / CELL];
      const cells = rows * columns;
      const view = (name: 'images' | 'clean' | 'targets' | 'masks', ...dims: number[]) =>
        bothViews(arrayOf(view0, name), arrayOf(view1, name), whole, first, count, dims);
      const views: Record<string, Tensor> = {
        ...(teacher ? { clean: view('clean', 1, height, width) } : {}),
        images: view('images', 1, height, width),
        targets: view('targets', CLASSES, rows, columns),
        masks: view('masks', rows, columns),
      };
      if (settings.kind === 'hinge') {
        if (!warpedCells) throw new RangeError('expected a batch with warped cells, got one without');
        return { ...views, warpedCells: part(warpedCells, whole, first, count, [cells, 2]) };
      }
      if (!correspondences) throw new RangeError('expected a batch with correspondences, got one without');
      const sampled = (name: keyof SampledPoints, ...dims: number[]) =>
        bothViews(correspondences.view0[name], correspondences.view1[name], whole, first, count, [
          cells,
          ...dims,
        ]);
      const importance = correspondences.isKeypoint.map(
        (isKeypoint, i) => correspondences.view1.present[i] * (isKeypoint || settings.backgroundImportance),
      );
      return {
        ...views,
        points: sampled('points', 2),
        rowWeights: sampled('rowWeights', rows),
        columnWeights: sampled('columnWeights', columns),
        importance: part(importance, whole, first, count, [cells]),
        present: sampled('present'),
        ...(position ? windowFeeds(batch, first, count, position.windows) : {}),
      };
    },
  };
}
