import assert from 'node:assert/strict';
import { test } from 'node:test';
import { denseModel } from '../../src/features/dense-graph.js';
import { denseMaps } from '../../src/features/dense-maps.js';
import { cornerKeypoints, keypointOptions } from '../../src/features/extract-keypoints.js';
import { findSaliency } from '../../src/features/saliency.js';
import { createSession } from '../../src/graph/session.js';
import type { GrayImage } from '../../src/image/image.js';
import { readModel } from '../../src/network/model-file.js';
import { assertClose } from '../assert-close.js';
import { cornerHeatmap, cornerKeypointsOracle, cornerStrengthOracle } from './keypoints-oracle.js';
import { noise, scene } from './pictures.js';

/** Pictures with the heatmaps of a network. */
async function withHeatmaps(images: readonly GrayImage[]) {
  const model = await readModel('superpoint-small-int8');
  const session = await createSession(denseModel(model), { threads: 1 });
  const heatmaps: Float32Array[] = [];
  for (const image of images) {
    heatmaps.push((await denseMaps(session, image, model.descriptorDim)).heatmap);
  }
  await session.release();
  return heatmaps;
}

test('strength and saliency are those of the loops, to the edges', () => {
  for (const [n, image] of [
    noise(37, 23, 1),
    noise(3, 2, 2),
    noise(1, 9, 3),
    noise(8, 8, 4),
    scene(64, 48, 5),
    // Wider than those before: the memory grows.
    noise(5000, 9, 6),
  ].entries()) {
    const { width, height } = image;
    const heatmap = noise(width, height, 10 + n).data.map((value) => value ** 40);
    const { strength, saliency } = findSaliency(image, heatmap, 0.2);
    assertClose(strength, cornerStrengthOracle(image), 1e-6);
    const expected = cornerHeatmap(heatmap, strength, width, height, 0.2);
    assertClose(saliency, expected, 1e-7);
    assert.deepEqual(
      saliency.map((value) => Number(value > 0)),
      expected.map((value) => Number(value > 0)),
    );
  }
});

test('asking for fewer points gives the first of all', async () => {
  const image = noise(176, 144, 5);
  const [heatmap] = await withHeatmaps([image]);
  const options = keypointOptions({ detectionThreshold: 0.0001, nmsRadius: 2, cornerRadius: 4 });
  const all = cornerKeypoints(image, heatmap, options);
  assert.ok(all.count > 300, `${all.count} points`);
  for (const maxKeypoints of [1, 30, 200, all.count - 1, all.count + 1]) {
    const some = cornerKeypoints(image, heatmap, { ...options, maxKeypoints });
    const count = Math.min(maxKeypoints, all.count);
    assert.equal(some.count, count);
    assert.deepEqual(some.scores, all.scores.slice(0, count));
    assert.deepEqual(some.keypoints, all.keypoints.slice(0, 2 * count));
  }
});

test('keypoints are those of the loops: same points, scores and order', async () => {
  const cases = [
    [scene(160, 120, 1), {}],
    [scene(123, 89, 2), { borderMargin: 0, detectionThreshold: 0.001 }],
    [scene(96, 144, 3), { nmsRadius: 1, cornerRadius: 2, maxKeypoints: 40, detectionThreshold: 0.0003 }],
    [noise(61, 45, 4), { nmsRadius: 0, borderMargin: 1, detectionThreshold: 0.001 }],
  ] as const;
  const heatmaps = await withHeatmaps(cases.map(([image]) => image));
  for (const [n, [image, options]] of cases.entries()) {
    const expected = cornerKeypointsOracle(heatmaps[n], image, options);
    assert.ok(expected.length > 10, `${expected.length} points`);
    const found = cornerKeypoints(image, heatmaps[n], keypointOptions(options));
    assert.equal(found.count, expected.length);
    assertClose(
      found.scores,
      expected.map(({ score }) => score),
      1e-6,
    );
    assertClose(
      found.keypoints,
      expected.flatMap(({ x, y }) => [x, y]),
      2e-3,
    );
  }
});
