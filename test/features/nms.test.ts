import assert from 'node:assert/strict';
import { test } from 'node:test';
import { greedyNms } from '../../src/features/nms.js';
import { Random } from '../../src/random.js';

/** The rule word for word: repeatedly the best pixel that no kept one silences. */
function bruteForce(heatmap: Float32Array, width: number, radius: number, threshold: number): number[] {
  const order = [...heatmap.keys()].filter((i) => heatmap[i] > threshold);
  order.sort((a, b) => heatmap[b] - heatmap[a] || a - b);
  const kept: number[] = [];
  for (const index of order) {
    const near = (other: number) =>
      Math.abs((other % width) - (index % width)) <= radius &&
      Math.abs(Math.floor(other / width) - Math.floor(index / width)) <= radius;
    if (!kept.some(near)) kept.push(index);
  }
  return kept;
}

function randomHeatmap(random: Random, size: number, levels: number): Float32Array {
  // Few levels make many ties; the sparse ones leave gaps.
  return new Float32Array(size).map(() =>
    random.uniform() < 0.3 ? 0 : levels === 0 ? random.uniform() : random.integer(0, levels) / levels,
  );
}

test('it equals the brute force, ties and plateaus included', () => {
  const random = new Random('nms');
  for (let round = 0; round < 120; round++) {
    const width = random.integer(1, 40);
    const height = random.integer(1, 30);
    const radius = random.integer(0, 6);
    const threshold = random.pick([0, 0.005, 0.5]);
    const heatmap = randomHeatmap(random, width * height, random.pick([0, 1, 2, 5]));
    const expected = bruteForce(heatmap, width, radius, threshold);
    assert.deepEqual([...greedyNms(heatmap, width, height, radius, threshold)], expected);
  }
});

test('without a radius all pixels above the threshold come in order, however many', () => {
  const [width, height] = [80, 60];
  const heatmap = randomHeatmap(new Random('all'), width * height, 50);
  const expected = [...heatmap.keys()].filter((i) => heatmap[i] > 0.1);
  expected.sort((a, b) => heatmap[b] - heatmap[a] || a - b);
  assert.ok(expected.length > 2500);
  assert.deepEqual([...greedyNms(heatmap, width, height, 0, 0.1)], expected);
});

test('a chain of falling scores keeps what a single max-pool would lose', () => {
  const heatmap = Float32Array.of(0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3);
  assert.deepEqual([...greedyNms(heatmap, 7, 1, 2, 0)], [0, 3, 6]);
});

test('kept points are further apart than the radius and every pixel above the threshold is covered', () => {
  const random = new Random('invariants');
  const [width, height, radius] = [64, 48, 4];
  const heatmap = randomHeatmap(random, width * height, 0);
  const kept = greedyNms(heatmap, width, height, radius, 0.2);
  const distance = (a: number, b: number) =>
    Math.max(Math.abs((a % width) - (b % width)), Math.abs(Math.floor(a / width) - Math.floor(b / width)));
  for (let i = 0; i < kept.length; i++) {
    for (let j = 0; j < i; j++) assert.ok(distance(kept[i], kept[j]) > radius);
    if (i > 0) assert.ok(heatmap[kept[i]] <= heatmap[kept[i - 1]]);
  }
  for (let i = 0; i < heatmap.length; i++) {
    if (heatmap[i] > 0.2) {
      assert.ok(kept.some((k) => distance(k, i) <= radius && heatmap[k] >= heatmap[i]));
    }
  }
});

test('points of the border silence but do not count', () => {
  const heatmap = new Float32Array(100);
  heatmap[10 * 2 + 1] = 0.9; // x = 1, in a margin of 2
  heatmap[10 * 2 + 3] = 0.8; // silenced by it
  heatmap[10 * 7 + 7] = 0.7;
  heatmap[10 * 8 + 4] = 0.6; // y = 8, in the margin
  assert.deepEqual([...greedyNms(heatmap, 10, 10, 2, 0.1, { borderMargin: 2 })], [77]);
  assert.deepEqual([...greedyNms(heatmap, 10, 10, 2, 0.1)], [21, 77, 84]);
});

test('the margin is as wide at each edge', () => {
  const everywhere = greedyNms(new Float32Array(9 * 7).fill(0.5), 9, 7, 0, 0.1, { borderMargin: 2 });
  const rows = [2, 3, 4].map((y) => [2, 3, 4, 5, 6].map((x) => 9 * y + x));
  assert.deepEqual([...everywhere], rows.flat());
});

test('of two scores next to each other among the floats the higher goes first', () => {
  const heatmap = new Float32Array(16);
  const bits = new Int32Array(heatmap.buffer);
  heatmap[0] = 0.5;
  bits[15] = bits[0] + 1;
  assert.deepEqual([...greedyNms(heatmap, 16, 1, 1, 0.1)], [15, 0]);
});

test('the best k are the first k', () => {
  const heatmap = randomHeatmap(new Random('k'), 1200, 3);
  const all = greedyNms(heatmap, 40, 30, 2, 0.1, { borderMargin: 3 });
  const best = greedyNms(heatmap, 40, 30, 2, 0.1, { borderMargin: 3, maxKeypoints: 7 });
  assert.ok(all.length > 7);
  assert.deepEqual([...best], [...all.subarray(0, 7)]);
});
