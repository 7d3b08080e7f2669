import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grayImage } from '../../src/image/image.js';
import type { Weights } from '../../src/network/weights.js';
import { Random } from '../../src/random.js';
import { emptyDetectorBatch, fillExample } from '../../src/training/batches.js';
import { validateDetector } from '../../src/training/validate.js';
import { smallWeights } from '../adaptation/small-network.js';

/** A network that sees nothing and says pixel (3, 3) in each cell. */
function pixelInEveryCell(): Weights {
  const weights = smallWeights();
  for (const { data } of Object.values(weights)) data.fill(0);
  weights['convPb.bias'].data[8 * 3 + 3] = 3;
  return weights;
}

/** One black picture of 32x16, eight cells, with these labels. */
function labelled(keypoints: number[], hidden: number[] = []) {
  const batch = emptyDetectorBatch(1, 32, 16);
  const mask = new Uint8Array(32 * 16).fill(1);
  for (const cell of hidden) mask[8 * 32 * Math.floor(cell / 4) + 8 * (cell % 4)] = 0;
  fillExample(batch, 0, { image: grayImage(32, 16), keypoints, mask }, 'soft', new Random(1));
  return batch;
}

test('precision and recall count labels as they are, not as their targets say', async () => {
  // Four pixels, in four cells, share a label at (7.5, 7.5): it is one label, and 6 pixels from any detection.
  const far = await validateDetector(pixelInEveryCell(), [labelled([7.5, 7.5])]);
  assert.deepEqual([far.precision, far.recall], [0, 0]);
  const near = await validateDetector(pixelInEveryCell(), [labelled([3.5, 3.5, 12.9, 3, 7.5, 7.5])]);
  assert.deepEqual([near.precision, near.recall], [2 / 8, 2 / 3]);
});

test('cells that do not count hold neither labels nor detections', async () => {
  const { precision, recall } = await validateDetector(pixelInEveryCell(), [
    labelled([3.5, 3.5, 12, 4, 31.4, 3], [0, 3]),
  ]);
  assert.deepEqual([precision, recall], [1 / 6, 1]);
});
