/**
 * How far results move with the number of threads, the device, the sizes looked at and the views at a time; what
 * docs/determinism.md says.
 *
 *   node dist/bench/determinism.js
 */

import { adaptImage } from '../src/adaptation/adapt-image.js';
import type { Features } from '../src/features/features.js';
import { Network } from '../src/features/network.js';
import { type LoadOptions, SuperPoint } from '../src/features/superpoint.js';
import { ADAPTATION_HOMOGRAPHIES } from '../src/geometry/sample-homography.js';
import { readImage } from '../src/image/codec.js';
import { fitWithin } from '../src/image/resize.js';
import { Random } from '../src/random.js';
import { detectorObjective } from '../src/training/objective.js';
import { readRecipe } from '../src/training/recipe.js';
import { magicPointStage } from '../src/training/stages.js';
import { openFirstStep } from '../src/training/step.js';
import { makeSyntheticBatch } from '../src/training/synthetic-batches.js';

const STEPS = 20;
const photo = fitWithin(await readImage('examples/photographs/graf1.png'), 320);

/** Keypoints of one that the other has too (within half a pixel), and how far these moved. */
function compare(name: string, reference: Features, other: Features): void {
  let [same, kept, place, score, descriptor] = [0, 0, 0, 0, 0];
  const dim = reference.descriptorDim;
  for (let n = 0; n < reference.count; n++) {
    const [x, y] = reference.keypoints.subarray(2 * n, 2 * n + 2);
    let [m, nearest] = [-1, 0.5];
    for (let k = 0; k < other.count; k++) {
      const distance = Math.hypot(other.keypoints[2 * k] - x, other.keypoints[2 * k + 1] - y);
      if (distance <= nearest) [m, nearest] = [k, distance];
    }
    if (m < 0) continue;
    kept++;
    if (nearest === 0 && reference.scores[n] === other.scores[m]) same++;
    place = Math.max(place, nearest);
    score = Math.max(score, Math.abs(reference.scores[n] - other.scores[m]));
    for (let d = 0; d < dim; d++) {
      const difference = reference.descriptors[n * dim + d] - other.descriptors[m * dim + d];
      descriptor = Math.max(descriptor, Math.abs(difference));
    }
  }
  const counts = `${reference.count} and ${other.count} points, ${kept} in both, ${same} to the bit`;
  const most = [place, score, descriptor].map((value) => value.toExponential(1));
  console.log(`${name}: ${counts}; at most ${most[0]} px, score ${most[1]}, descriptor ${most[2]}`);
}

async function featuresOf(options: LoadOptions, scales: number[] = [1, 0.5]): Promise<Features> {
  const superpoint = await SuperPoint.load({ thread: false, ...options });
  try {
    if (superpoint.network.fallback) console.log(`  (${superpoint.network.fallback})`);
    return await superpoint.detect(photo, { scales });
  } finally {
    await superpoint.dispose();
  }
}

for (const model of ['superpoint', 'superpoint-small', 'superpoint-small-int8']) {
  const reference = await featuresOf({ model, threads: 1 });
  compare(`${model}, again`, reference, await featuresOf({ model, threads: 1 }));
  for (const threads of [2, 4]) {
    compare(`${model}, ${threads} threads`, reference, await featuresOf({ model, threads }));
  }
  compare(`${model}, in a worker`, reference, await featuresOf({ model, threads: 1, thread: true }));
  compare(`${model}, WebGPU`, reference, await featuresOf({ model, device: 'webgpu' }));
  compare(`${model}, one size`, reference, await featuresOf({ model, threads: 1 }, [1]));
}

/** The largest difference of two maps. */
const furthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

async function adapted(threads: number, batch: number): Promise<Float32Array> {
  const network = await Network.load('magicpoint', { threads, thread: false });
  const options = { warps: 20, homographies: ADAPTATION_HOMOGRAPHIES, batch };
  const heatmap = await adaptImage((views) => network.heatmaps(views), photo, new Random(1), options);
  await network.dispose();
  return heatmap;
}
const heatmap = await adapted(1, 1);
for (const [threads, batch] of [
  [1, 1],
  [2, 1],
  [1, 8],
]) {
  const most = furthest(heatmap, await adapted(threads, batch)).toExponential(1);
  console.log(
    `mean heatmap of 20 views, ${threads} threads, ${batch} views at a time: at most ${most} apart`,
  );
}

async function trained(threads: number): Promise<Float32Array[]> {
  const { shape, batches, size } = magicPointStage(await readRecipe('tiny'));
  const settings = { shape, size, replicas: 1, threads };
  const { step, state: first } = await openFirstStep(detectorObjective, settings, new Random(1));
  let state = first;
  for (let n = 0; n < STEPS; n++)
    state = (await step.run(state, makeSyntheticBatch(batches.settings, n), 1e-3)).state;
  await step.release();
  return Object.values(state.parameters).map(({ data }) => data as Float32Array);
}
const once = await trained(1);
const most = (other: Float32Array[]) =>
  Math.max(...once.map((data, i) => furthest(data, other[i]))).toExponential(1);
console.log(`weights after ${STEPS} steps, again: at most ${most(await trained(1))} apart`);
console.log(`weights after ${STEPS} steps, 2 threads: at most ${most(await trained(2))} apart`);
