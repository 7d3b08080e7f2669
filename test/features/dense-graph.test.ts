import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  cornerStrengthOf,
  denseModel,
  heatmapOf,
  saliencyOf,
  vectorsOfCells,
} from '../../src/features/dense-graph.js';
import { denseMaps } from '../../src/features/dense-maps.js';
import { cornerKeypoints, keypointOptions } from '../../src/features/extract-keypoints.js';
import { heatmapFromLogits } from '../../src/features/heatmap.js';
import { SaliencyFinder } from '../../src/features/saliency.js';
import { Graph, type Value } from '../../src/graph/graph.js';
import { encodeModel } from '../../src/graph/onnx.js';
import { createSession, type Tensor, tensor } from '../../src/graph/session.js';
import { type GrayImage, grayImage } from '../../src/image/image.js';
import { readModel } from '../../src/network/model-file.js';
import { Random } from '../../src/random.js';
import { synthesize } from '../../src/synthetic/synthesize.js';
import { assertClose } from '../assert-close.js';
import { cornerKeypointsOracle, cornerStrengthOracle } from './keypoints-oracle.js';

/** Runs a graph of one map, and perhaps a threshold. */
async function compute(
  build: (map: Value, graph: Graph) => Record<string, Value>,
  data: Float32Array,
  dims: readonly number[],
): Promise<Record<string, Tensor>> {
  const graph = new Graph('test');
  const map = graph.input('map', 'float32', ['n', dims[1], 'height', 'width']);
  for (const [name, value] of Object.entries(build(map, graph))) graph.output(name, value);
  const session = await createSession(encodeModel(graph), { threads: 1 });
  const results = await session.run({ map: tensor(data, dims) });
  await session.release();
  return results;
}

function noise(width: number, height: number, seed: number): GrayImage {
  const random = new Random(seed);
  return grayImage(
    width,
    height,
    Float32Array.from({ length: width * height }, () => random.uniform()),
  );
}

/** A scene with corners, at any size. */
function scene(width: number, height: number, index: number): GrayImage {
  return synthesize('dense', index, { width, height, kind: 'multiplePolygons' }).image;
}

test('heatmap and vectors of cells are the logits and descriptors in another order', async () => {
  const random = new Random('logits');
  const logits = Float32Array.from({ length: 65 * 3 * 5 }, () => random.normal(0, 3));
  const { heatmap } = await compute((map) => ({ heatmap: heatmapOf(map) }), logits, [1, 65, 3, 5]);
  assert.deepEqual(heatmap.dims, [1, 1, 24, 40]);
  assertClose(heatmap.data as Float32Array, heatmapFromLogits(logits, 3, 5), 1e-6);
  const { cells } = await compute(
    (map) => ({ cells: vectorsOfCells(map) }),
    Float32Array.of(1, 2, 3, 4),
    [1, 2, 1, 2],
  );
  assert.deepEqual(
    [cells.dims, [...(cells.data as Float32Array)]],
    [
      [1, 1, 2, 2],
      [1, 3, 2, 4],
    ],
  );
});

test('the corner strength of the graph is that of the loops, to the edges', async () => {
  for (const image of [noise(37, 23, 1), noise(3, 2, 2), noise(1, 9, 3), scene(64, 48, 4)]) {
    const { width, height, data } = image;
    const { strength } = await compute((map) => ({ strength: cornerStrengthOf(map) }), data, [
      1,
      1,
      height,
      width,
    ]);
    assertClose(strength.data as Float32Array, cornerStrengthOracle(image), 1e-6);
  }
});

test('the product counts only near what the network found', async () => {
  const [width, height] = [20, 12];
  const heatmap = new Float32Array(width * height);
  heatmap[6 * width + 9] = 0.5;
  heatmap[2 * width + 17] = 0.02;
  const build = (map: Value, graph: Graph) => ({
    product: saliencyOf(map, graph.scalar(2), graph.scalar(0.1)),
  });
  const { product } = await compute(build, heatmap, [1, 1, height, width]);
  for (const [i, value] of (product.data as Float32Array).entries()) {
    const [dx, dy] = [Math.abs((i % width) - 9), Math.abs(Math.floor(i / width) - 6)];
    // Twice the mean over 5x5: a pyramid of base 9, whose top is 5 x 5 of 25 x 25 parts.
    const expected = dx <= 2 && dy <= 2 ? (2 * 0.5 * (5 - dx) * (5 - dy)) / 625 : 0;
    assert.ok(Math.abs(value - expected) < 1e-7, `${i}: ${value}, expected ${expected}`);
  }
});

test('asking for fewer points gives the first of all, whole and in tiles', async () => {
  const finder = new SaliencyFinder(undefined, 1);
  const model = await readModel('superpoint-small-int8');
  const session = await createSession(denseModel(model), { threads: 1 });
  try {
    const image = noise(176, 144, 5);
    const { heatmap } = await denseMaps(session, image, model.descriptorDim);
    const options = keypointOptions({ detectionThreshold: 0.0001, nmsRadius: 2, cornerRadius: 4 });
    const all = await cornerKeypoints(finder, image, heatmap, options);
    assert.ok(all.count > 300, `${all.count} points`);
    for (const maxPixels of [undefined, 70 * 70]) {
      for (const maxKeypoints of [1, 30, 200, all.count - 1, all.count + 1]) {
        const some = await cornerKeypoints(
          finder,
          image,
          heatmap,
          { ...options, maxKeypoints },
          undefined,
          maxPixels,
        );
        const count = Math.min(maxKeypoints, all.count);
        assert.equal(some.count, count);
        assertClose(some.scores, all.scores.subarray(0, count), 1e-6);
        assertClose(some.keypoints, all.keypoints.subarray(0, 2 * count), 2e-3);
      }
    }
  } finally {
    await session.release();
    await finder.release();
  }
});

test('keypoints are those of the loops: same points, scores and order, whole and in tiles', async () => {
  const finder = new SaliencyFinder(undefined, 1);
  const model = await readModel('superpoint-small-int8');
  const session = await createSession(denseModel(model), { threads: 1 });
  try {
    for (const [image, options] of [
      [scene(160, 120, 1), {}],
      [scene(123, 89, 2), { borderMargin: 0, detectionThreshold: 0.001 }],
      [scene(96, 144, 3), { nmsRadius: 1, cornerRadius: 2, maxKeypoints: 40, detectionThreshold: 0.0003 }],
      [noise(61, 45, 4), { nmsRadius: 0, borderMargin: 1, detectionThreshold: 0.001 }],
    ] as const) {
      const { heatmap } = await denseMaps(session, image, model.descriptorDim);
      const expected = cornerKeypointsOracle(heatmap, image, options);
      assert.ok(expected.length > 10, `${expected.length} points`);
      for (const maxPixels of [undefined, 70 * 70]) {
        const found = await cornerKeypoints(
          finder,
          image,
          heatmap,
          keypointOptions(options),
          undefined,
          maxPixels,
        );
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
    }
  } finally {
    await session.release();
    await finder.release();
  }
});
