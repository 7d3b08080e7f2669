import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleDescriptors } from '../../src/features/sample-descriptors.js';
import { grayImage } from '../../src/image/image.js';
import { Random } from '../../src/random.js';
import { emptyDetectorBatch, fillExample, keypointsOf } from '../../src/training/batches.js';
import {
  type Correspondences,
  emptyCorrespondences,
  fillCorrespondences,
} from '../../src/training/correspondences.js';
import { jointObjective } from '../../src/training/objective.js';
import type { TargetKind } from '../../src/training/targets.js';

const [WIDTH, HEIGHT] = [24, 16];
const CELLS = 6;
const IDENTITY = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);

/** A pair of plain views: keypoints of view 0, H_0to1, and the cells of each view that count for nothing. */
function pairOf(
  keypoints0: number[],
  H_0to1 = IDENTITY,
  { targets = 'soft' as TargetKind, hidden0 = [] as number[], hidden1 = [] as number[], seed = 1 } = {},
) {
  const [view0, view1] = [hidden0, hidden1].map(() => emptyDetectorBatch(1, WIDTH, HEIGHT));
  const example = { image: grayImage(WIDTH, HEIGHT), mask: new Uint8Array(WIDTH * HEIGHT).fill(1) };
  const random = new Random(seed);
  const chosen0 = fillExample(view0, 0, { ...example, keypoints: keypoints0 }, targets, random);
  fillExample(view1, 0, { ...example, keypoints: [] }, targets, random);
  for (const cell of hidden0) view0.masks[cell] = 0;
  for (const cell of hidden1) view1.masks[cell] = 0;
  const correspondences = emptyCorrespondences(1, WIDTH, HEIGHT);
  const masks = { masks0: view0.masks, masks1: view1.masks };
  const pair = { width: WIDTH, height: HEIGHT, ...masks, H_0to1, keypoints0, chosen0 };
  fillCorrespondences(correspondences, 0, pair, random);
  const batch = { count: 1, width: WIDTH, height: HEIGHT, view0, view1, H_0to1, correspondences };
  return { batch, correspondences };
}

const pointOf = ({ view0, view1 }: Correspondences, cell: number) =>
  [view0, view1].map(({ points }) => [...points.subarray(2 * cell, 2 * cell + 2)]);

for (const targets of ['one', 'soft'] as const) {
  test(`a keypoint is the point of its cell to the fraction of a pixel (${targets})`, () => {
    const shift = Float64Array.of(1, 0, 2.25, 0, 1, -1.5, 0, 0, 1);
    // Between pixels, and between cells: 7.625 rounds to pixel 8, which the second cell has.
    const { correspondences } = pairOf([3.5, 3.5, 7.625, 3.25], shift, { targets });
    assert.deepEqual(pointOf(correspondences, 0), [
      [3.5, 3.5],
      [5.75, 2],
    ]);
    assert.deepEqual(pointOf(correspondences, 1), [
      [7.625, 3.25],
      [9.875, 1.75],
    ]);
    assert.deepEqual([...correspondences.isKeypoint], [1, 1, 0, 0, 0, 0]);
    assert.deepEqual([...correspondences.view1.present], [1, 1, ...correspondences.view1.present.slice(2)]);
  });
}

test('of several keypoints in a cell the point is the one of the one-hot target, each as often', () => {
  let [first, second] = [0, 0];
  for (let seed = 0; seed < 400; seed++) {
    const { batch, correspondences } = pairOf([1.25, 1, 6, 6.5], IDENTITY, { targets: 'one', seed });
    const [[x]] = pointOf(correspondences, 0);
    assert.equal(batch.view0.targets[(x === 1.25 ? 9 : 62) * CELLS], 1);
    if (x === 1.25) first++;
    else second++;
  }
  assert.equal(first + second, 400);
  assert.ok(Math.abs(first - second) < 100, `${first} against ${second}`);
});

test('a cell without a keypoint has a random place of its own, another in each pair', () => {
  const seen = [1, 2, 3].map((seed) => {
    const { view0 } = pairOf([], IDENTITY, { seed }).correspondences;
    for (let cell = 0; cell < CELLS; cell++) {
      const [x, y] = view0.points.subarray(2 * cell, 2 * cell + 2);
      assert.equal(Math.floor((y + 0.5) / 8) * 3 + Math.floor((x + 0.5) / 8), cell);
    }
    return view0.points.join();
  });
  assert.equal(new Set(seen).size, 3);
});

test('what a view does not show is not present', () => {
  const keypoints = [3, 3, 12, 4, 20, 4, 4, 12, 12, 12, 20, 12];
  const { correspondences: masked } = pairOf(keypoints, IDENTITY, { hidden0: [0], hidden1: [1] });
  assert.deepEqual([...masked.view0.present], [0, 1, 1, 1, 1, 1]);
  assert.deepEqual([...masked.view1.present], [0, 0, 1, 1, 1, 1]);
  assert.deepEqual(pointOf(masked, 1)[1], [-1e4, -1e4]);
  assert.deepEqual([...masked.view1.rowWeights.subarray(0, 4)], [0, 0, 0, 0]);
  const left = pairOf(keypoints, Float64Array.of(1, 0, -8, 0, 1, 0, 0, 0, 1)).correspondences;
  assert.deepEqual([...left.view1.present], [0, 1, 1, 0, 1, 1]);
  // Behind the horizon of view 1, at x = 10 of view 0, (20, 4) would be seen at (12, 4) by its coordinates alone.
  const horizon = pairOf(keypoints, Float64Array.of(-1, 0, 8, 0, -1, 0, -1 / 10, 0, 1)).correspondences;
  assert.deepEqual([...horizon.view1.present], [0, 0, 0, 0, 0, 0]);
});

test('rows and columns weigh a map as descriptors are sampled from it', () => {
  const random = new Random('map');
  const dim = 5;
  const map = Float32Array.from({ length: dim * CELLS }, () => random.normal());
  const { view0 } = pairOf([0, 0, 23, 15, 11.3, 6.2]).correspondences;
  const data = map.map((_, i) => map[(i % dim) * CELLS + Math.floor(i / dim)]);
  const expected = sampleDescriptors({ dim, cellsHigh: 2, cellsWide: 3, data }, view0.points);
  for (let p = 0; p < CELLS; p++) {
    const sum = Array.from({ length: dim }, (_, d) => {
      let value = 0;
      for (let row = 0; row < 2; row++) {
        for (let column = 0; column < 3; column++) {
          const weight = view0.rowWeights[2 * p + row] * view0.columnWeights[3 * p + column];
          value += weight * map[d * CELLS + row * 3 + column];
        }
      }
      return value;
    });
    const length = Math.hypot(...sum);
    for (const [d, value] of sum.entries()) {
      assert.ok(Math.abs(value / length - expected[p * dim + d]) < 1e-5, `point ${p}, channel ${d}`);
    }
  }
});

test('a batch keeps the keypoints inside its pictures, and counts them', () => {
  const { view0, view1 } = pairOf([3.4, 3.3, -0.6, 3, 23.4, 15.4, 3, 15.5]).batch;
  assert.deepEqual([...keypointsOf(view0, 0)], [...Float32Array.of(3.4, 3.3, 23.4, 15.4)]);
  assert.deepEqual([...view0.keypointCounts, ...view1.keypointCounts], [2, 0]);
  assert.equal(view0.keypoints.length, 2 * 4 * CELLS);
  assert.ok(view0.keypoints.subarray(4).every((value) => value === -1e4));
  const many = Array.from({ length: 60 }, (_, i) => i / 10);
  assert.equal(pairOf(many).batch.view0.keypointCounts[0], 24, 'four a cell at most');
});

test('a shared point counts 1 at a keypoint and less elsewhere', () => {
  const settings = { kind: 'dualSoftmax', temperature: 0.1, weight: 1, exclusionRadius: 6 } as const;
  const { batch } = pairOf([3, 3, 12, 4], IDENTITY, { hidden1: [1, 2] });
  const objective = jointObjective({ ...settings, backgroundImportance: 0.25 });
  const { importance, points } = objective.feeds(batch, 0, 1);
  assert.deepEqual([...(importance!.data as Float32Array)], [1, 0, 0, 0.25, 0.25, 0.25]);
  assert.deepEqual(points!.dims, [2, CELLS, 2]);
  const { correspondences: _, ...without } = batch;
  assert.throws(() => objective.feeds(without, 0, 1), /expected a batch with correspondences/);
  const hinge = { kind: 'hinge', lambdaD: 250, positiveMargin: 1, negativeMargin: 0.2, weight: 1 } as const;
  assert.throws(() => jointObjective(hinge).feeds(batch, 0, 1), /expected a batch with warped cells/);
});
