/** Looks at a network on pictures that it does not train on: numbers for the log and a picture for the eye. */
import { extractKeypoints } from '../features/extract-keypoints.js';
import { heatmapFromLogits } from '../features/heatmap.js';
import { createSession, tensor } from '../graph/session.js';
import { CELL, CLASSES } from '../network/architecture.js';
import { inferenceModel } from '../network/inference.js';
import type { Weights } from '../network/weights.js';
import { type DetectorBatch, keypointsOf } from './batches.js';

export interface DetectorValidation {
  /** Mean cross-entropy of the cells that count, with the folded network. */
  readonly loss: number;
  /** Share of the detections within `TOLERANCE` of a label, and of the labels within it of a detection. */
  readonly precision: number;
  readonly recall: number;
}

/** Pixels between a detection and a label that count as one. */
const TOLERANCE = 3;
const DETECTION_THRESHOLD = 0.05;

function crossEntropy(logits: Float32Array, targets: Float32Array, mask: Float32Array): [number, number] {
  const cells = mask.length;
  let total = 0;
  let counted = 0;
  for (let cell = 0; cell < cells; cell++) {
    if (mask[cell] === 0) continue;
    let largest = Number.NEGATIVE_INFINITY;
    for (let k = cell; k < logits.length; k += cells) largest = Math.max(largest, logits[k]);
    let sum = 0;
    let expected = 0;
    for (let k = cell; k < logits.length; k += cells) {
      sum += Math.exp(logits[k] - largest);
      expected += targets[k] * (logits[k] - largest);
    }
    total += Math.log(sum) - expected;
    counted++;
  }
  return [total, counted];
}

/** How many of `points` have one of `others` within the tolerance. */
function hits(points: ArrayLike<number>, others: ArrayLike<number>): number {
  let found = 0;
  for (let i = 0; i < points.length; i += 2) {
    for (let j = 0; j < others.length; j += 2) {
      if (Math.hypot(points[i] - others[j], points[i + 1] - others[j + 1]) <= TOLERANCE) {
        found++;
        break;
      }
    }
  }
  return found;
}

/**
 * Runs folded weights over batches.
 * @param look is shown each picture with its heatmap, for drawing.
 */
export async function validateDetector(
  weights: Weights,
  batches: readonly DetectorBatch[],
  look?: (image: Float32Array, heatmap: Float32Array, width: number, height: number) => void,
): Promise<DetectorValidation> {
  const session = await createSession(inferenceModel(weights));
  let [total, counted, found, detections, recalled, labels] = [0, 0, 0, 0, 0, 0];
  for (const batch of batches) {
    const { count, width, height, images, targets, masks } = batch;
    const [rows, columns] = [height / CELL, width / CELL];
    const cells = rows * columns;
    for (let i = 0; i < count; i++) {
      const image = images.subarray(i * width * height, (i + 1) * width * height);
      const target = targets.subarray(i * CLASSES * cells, (i + 1) * CLASSES * cells);
      const mask = masks.subarray(i * cells, (i + 1) * cells);
      const { logits } = await session.run({ image: tensor(image, [1, 1, height, width]) });
      const [loss, cellsCounted] = crossEntropy(logits.data as Float32Array, target, mask);
      total += loss;
      counted += cellsCounted;
      const heatmap = heatmapFromLogits(logits.data as Float32Array, rows, columns);
      look?.(image, heatmap, width, height);
      const options = { detectionThreshold: DETECTION_THRESHOLD, borderMargin: 0 };
      const visible = (points: ArrayLike<number>) => insideMask(points, mask, columns);
      const points = visible(extractKeypoints(heatmap, width, height, options).keypoints);
      const truth = visible(keypointsOf(batch, i));
      found += hits(points, truth);
      detections += points.length / 2;
      recalled += hits(truth, points);
      labels += truth.length / 2;
    }
  }
  await session.release();
  return {
    loss: total / Math.max(1, counted),
    precision: found / Math.max(1, detections),
    recall: recalled / Math.max(1, labels),
  };
}

/** The points whose nearest pixel lies in a cell that counts. */
function insideMask(points: ArrayLike<number>, mask: Float32Array, columns: number): number[] {
  const kept: number[] = [];
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = [points[i], points[i + 1]];
    const cell = Math.floor((y + 0.5) / CELL) * columns + Math.floor((x + 0.5) / CELL);
    if (mask[cell] !== 0) kept.push(x, y);
  }
  return kept;
}
