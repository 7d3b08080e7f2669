/** How well descriptors tell held-back correspondences apart. */
import { sampleDescriptors } from '../features/sample-descriptors.js';
import { createSession, tensor } from '../graph/session.js';
import { CELL } from '../network/architecture.js';
import { inferenceModel } from '../network/inference.js';
import { shapeOfWeights, type Weights } from '../network/weights.js';
import type { PairBatch } from './batches.js';
import { correspondencesOf } from './correspondences.js';

/** Pixels between the nearest neighbour and the true point that count as a match. */
const TOLERANCE = 8;

/** Index in `others` of the largest inner product with row `i` of `rows`. */
function nearest(rows: Float32Array, i: number, others: Float32Array, dim: number): number {
  let best = -1;
  let most = Number.NEGATIVE_INFINITY;
  for (let j = 0; j * dim < others.length; j++) {
    let product = 0;
    for (let k = 0; k < dim; k++) product += rows[i * dim + k]! * others[j * dim + k]!;
    if (product > most) [best, most] = [j, product];
  }
  return best;
}

/**
 * Runs folded weights on pairs and matches labelled keypoints of view 0 to the points of view 1 that show
 * any of its cells.
 * @returns `matched`: the share whose nearest neighbour lies within 8 pixels of the true point.
 */
export async function validateDescriptors(weights: Weights, batch: PairBatch): Promise<{ matched: number }> {
  const session = await createSession(inferenceModel(weights));
  const { descriptor: dim } = shapeOfWeights(weights);
  const { count, width, height } = batch;
  const [rows, columns] = [height / CELL, width / CELL];
  const pixels = width * height;
  let [matched, total] = [0, 0];
  for (let n = 0; n < count; n++) {
    const { points, importance } = correspondencesOf(batch, n, 1, 0.5);
    const kept = Array.from(importance.keys()).filter((i) => importance[i]! > 0);
    const places = [0, 1].map((view) =>
      Float32Array.from(
        kept.flatMap((i) => {
          const at = 2 * (view * importance.length + i);
          return [points[at]!, points[at + 1]!];
        }),
      ),
    );
    const described: Float32Array[] = [];
    for (const [view, images] of [batch.images0, batch.images1].entries()) {
      const image = images.subarray(n * pixels, (n + 1) * pixels);
      const { descriptors } = await session.run({ image: tensor(image, [1, 1, height, width]) });
      described.push(sampleDescriptors(descriptors!.data as Float32Array, dim, rows, columns, places[view]!));
    }
    const positions = places[1]!;
    kept.forEach((i, k) => {
      if (importance[i] !== 1) return;
      const found = nearest(described[0]!, k, described[1]!, dim);
      const dx = positions[2 * found]! - positions[2 * k]!;
      const dy = positions[2 * found + 1]! - positions[2 * k + 1]!;
      if (Math.hypot(dx, dy) <= TOLERANCE) matched++;
      total++;
    });
  }
  await session.release();
  return { matched: matched / Math.max(1, total) };
}
