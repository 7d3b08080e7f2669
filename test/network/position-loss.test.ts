import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scaleHomography, translationHomography } from '../../src/geometry/homography.js';
import { Graph, type Value } from '../../src/graph/graph.js';
import { encodeModel } from '../../src/graph/onnx.js';
import { concat, reshape } from '../../src/graph/operators.js';
import { createSession, type Tensor, tensor } from '../../src/graph/session.js';
import { CELL, CLASSES } from '../../src/network/architecture.js';
import { positionLoss, type WindowValues } from '../../src/network/position-loss.js';
import { Random } from '../../src/random.js';
import {
  positionWindows,
  type SharedPoint,
  WINDOW_PLACES,
  WINDOW_RADIUS,
} from '../../src/training/position-windows.js';
import { assertClose } from '../assert-close.js';
import { checkGradients } from '../graph/check-gradient.js';

const SIDE = 64;
type Windows = ReturnType<typeof positionWindows>;

/** Logits [2, 65, 8, 8] of a pair: nothing but the dustbin, and one sure pixel in each view. */
function logitsOf(...pixels: readonly (readonly [number, number])[]): Tensor {
  const cells = (SIDE / CELL) ** 2;
  const data = new Float32Array(2 * CLASSES * cells);
  for (const [view, [x, y]] of pixels.entries()) {
    data.fill(8, (view * CLASSES + CLASSES - 1) * cells, (view + 1) * CLASSES * cells);
    const cell = Math.floor(y / CELL) * (SIDE / CELL) + Math.floor(x / CELL);
    data[(view * CLASSES + CELL * (y % CELL) + (x % CELL)) * cells + cell] = 16;
  }
  return tensor(data, [2, CLASSES, SIDE / CELL, SIDE / CELL]);
}

function constants(graph: Graph, { fine, coarse, coarseWeights, counts }: Windows): WindowValues {
  const windows = counts.length;
  return {
    fine: graph.constant(fine, [windows, WINDOW_PLACES]),
    coarse: graph.constant(coarse, [windows, WINDOW_PLACES, 4]),
    coarseWeights: graph.constant(coarseWeights, [windows, WINDOW_PLACES, 4]),
    counts: graph.constant(counts, [windows]),
  };
}

async function lossOf(logits: Tensor, windows: Windows): Promise<number> {
  const graph = new Graph('position');
  const input: Value = graph.input('logits', 'float32', logits.dims);
  graph.output('loss', positionLoss(input, constants(graph, windows)));
  const session = await createSession(encodeModel(graph), { threads: 1 });
  const { loss } = await session.run({ logits });
  await session.release();
  return Number(loss.data[0]);
}

const windowsOf = (H_0to1: Float64Array, points: SharedPoint[], perPair = 4) =>
  positionWindows([{ H_0to1, points }], SIDE, SIDE, perPair);

test('views that choose the same point of the scene lose nothing, others the more the less they agree', async () => {
  const windows = windowsOf(translationHomography(5, 3), [{ x0: 30, y0: 30, x1: 35, y1: 33 }]);
  const same = await lossOf(logitsOf([31, 29], [36, 32]), windows);
  const apart = await lossOf(logitsOf([31, 29], [38, 32]), windows);
  const unsure = await lossOf(tensor(new Float32Array(2 * 65 * 64), [2, 65, 8, 8]), windows);
  assert.ok(same < 0.05, `${same}`);
  assertClose([unsure], [Math.log(WINDOW_PLACES)], 1e-3);
  assert.ok(apart > unsure, `${apart} against ${unsure}`);
});

test('the window lies in the view that shows the point larger, and its places are found in the other', async () => {
  // View 1 shows everything at twice the size: pixel p of view 0 has its centre at 2p + .5 of view 1.
  const H_0to1 = scaleHomography(2, 2);
  for (const [H, points, pixels] of [
    [
      H_0to1,
      { x0: 15, y0: 14, x1: 30.5, y1: 28.5 },
      [
        [15, 14],
        [30, 28],
      ],
    ],
    [
      scaleHomography(0.5, 0.5),
      { x0: 30.5, y0: 28.5, x1: 15, y1: 14 },
      [
        [30, 28],
        [15, 14],
      ],
    ],
  ] as const) {
    const windows = windowsOf(H, [points]);
    // A pixel of the smaller view is seen from 4 places a quarter pixel off, 8 and 4 farther ones.
    const [near, side, far] = [0.75 ** 2, 0.75 * 0.25, 0.25 ** 2].map((weight) => weight ** 2);
    const share = near / (4 * near + 8 * side + 4 * far);
    assertClose([await lossOf(logitsOf(...pixels), windows)], [-Math.log(share)], 0.05);
  }
});

test('points near a border, of another scale, or too many are left out; what counts is evenly taken', () => {
  const at = (x: number, y: number) => ({ x0: x, y0: y, x1: x, y1: y });
  const identity = translationHomography(0, 0);
  const border = windowsOf(identity, [at(WINDOW_RADIUS - 1, 30), at(30, SIDE - WINDOW_RADIUS), at(30, 30)]);
  assert.equal(
    border.counts.reduce((sum, count) => sum + count),
    1,
  );
  const many = Array.from({ length: 40 }, (_, i) => at(10 + i, 30));
  const { fine, counts } = windowsOf(identity, many);
  assert.deepEqual([...counts], [1, 1, 1, 1]);
  assert.equal(new Set([0, 1, 2, 3].map((window) => fine[window * WINDOW_PLACES])).size, 4);
  const shrunk = windowsOf(scaleHomography(0.2, 0.2), [{ x0: 30, y0: 30, x1: 5.6, y1: 5.6 }]);
  assert.deepEqual([...shrunk.counts], [0, 0, 0, 0]);
});

test('gradients of the position loss are its differences', async () => {
  const windows = windowsOf(translationHomography(2.3, -1.2), [
    { x0: 30, y0: 30, x1: 32.3, y1: 28.8 },
    { x0: 20, y0: 40, x1: 22.3, y1: 38.8 },
  ]);
  const random = new Random(4);
  const logits = tensor(
    Float32Array.from({ length: 2 * 65 * 64 }, () => 2 * random.normal()),
    [2, 65, 8, 8],
  );
  // A few of the many logits stand for all: their differences cost two runs each.
  await checkGradients({
    inputs: { part: tensor(logits.data.slice(0, 64) as Float32Array, [64]) },
    build: ({ part }) => {
      const { graph } = part;
      const rest = graph.constant((logits.data as Float32Array).slice(64), [2 * 65 * 64 - 64]);
      return positionLoss(reshape(concat([part, rest], 0), [2, 65, 8, 8]), constants(graph, windows));
    },
  });
});
