/** How well descriptors tell held-back correspondences apart. */
import { Network } from '../features/network.js';
import { grayImage } from '../image/image.js';
import { CELL } from '../network/architecture.js';
import type { Weights } from '../network/weights.js';
import type { PairBatch } from './batches.js';

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
 * @param batch with correspondences.
 * @returns `matched`: the share whose nearest neighbour lies within 8 pixels of the true point.
 */
export async function validateDescriptors(weights: Weights, batch: PairBatch): Promise<{ matched: number }> {
  const { count, width, height, correspondences } = batch;
  if (!correspondences) throw new RangeError('expected a batch with correspondences, got one without');
  const network = await Network.load(weights, { thread: false });
  const dim = network.descriptorDim;
  const [pixels, cells] = [width * height, (width * height) / CELL ** 2];
  let [matched, total] = [0, 0];
  for (let n = 0; n < count; n++) {
    const places = Array.from({ length: cells }, (_, cell) => n * cells + cell);
    const shared = places.filter((place) => correspondences.view1.present[place] === 1);
    const sides = [
      { images: batch.view0.images, points: correspondences.view0.points },
      { images: batch.view1.images, points: correspondences.view1.points },
    ].map(({ images, points }) => ({
      image: images.subarray(n * pixels, (n + 1) * pixels),
      points: Float32Array.from(shared.flatMap((at) => [points[2 * at]!, points[2 * at + 1]!])),
    }));
    const described: Float32Array[] = [];
    for (const { image, points } of sides) {
      const look = await network.look(grayImage(width, height, image), { scales: [1] });
      described.push(await look.describe({ keypoints: points }));
    }
    const positions = sides[1]!.points;
    for (const [k, place] of shared.entries()) {
      if (correspondences.isKeypoint[place] === 0) continue;
      const found = nearest(described[0]!, k, described[1]!, dim);
      const dx = positions[2 * found]! - positions[2 * k]!;
      const dy = positions[2 * found + 1]! - positions[2 * k + 1]!;
      if (Math.hypot(dx, dy) <= TOLERANCE) matched++;
      total++;
    }
  }
  await network.dispose();
  return { matched: matched / Math.max(1, total) };
}
