import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cornerStrengthOf, heatmapOf, saliencyOf, vectorsOfCells } from '../../src/features/dense-graph.js';
import { heatmapFromLogits } from '../../src/features/heatmap.js';
import { Graph, type Value } from '../../src/graph/graph.js';
import { encodeModel } from '../../src/graph/onnx.js';
import { createSession, type Tensor, tensor } from '../../src/graph/session.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';
import { cornerStrengthOracle } from './keypoints-oracle.js';
import { noise, scene } from './pictures.js';

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
