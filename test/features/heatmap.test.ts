import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cropHeatmap, heatmapFromLogits } from '../../src/features/heatmap.js';
import { Random } from '../../src/random.js';

test('channel 8 * dy + dx of a cell lands on its pixel (dx, dy), and the dustbin nowhere', () => {
  const [cellsHigh, cellsWide] = [3, 4];
  for (let channel = 0; channel < 65; channel++) {
    const logits = new Float32Array(65 * 12);
    const [row, column] = [2, 1];
    logits[channel * 12 + row * cellsWide + column] = 100;
    const heatmap = heatmapFromLogits(logits, cellsHigh, cellsWide);
    const x = 8 * column + (channel % 8);
    const y = 8 * row + Math.floor(channel / 8);
    const hot = [...heatmap.keys()].filter((i) => heatmap[i] > 0.5);
    assert.deepEqual(hot, channel === 64 ? [] : [y * 32 + x]);
  }
});

test('the heatmap is the softmax of each cell', () => {
  const random = new Random(1);
  const [cellsHigh, cellsWide] = [2, 5];
  const cells = cellsHigh * cellsWide;
  const logits = new Float32Array(65 * cells).map(() => random.normal(0, 5));
  const heatmap = heatmapFromLogits(logits, cellsHigh, cellsWide);
  for (let cell = 0; cell < cells; cell++) {
    let total = 0;
    for (let c = 0; c < 65; c++) total += Math.exp(logits[c * cells + cell]);
    for (let c = 0; c < 64; c++) {
      const y = 8 * Math.floor(cell / cellsWide) + (c >> 3);
      const x = 8 * (cell % cellsWide) + (c & 7);
      const expected = Math.exp(logits[c * cells + cell]) / total;
      assert.ok(Math.abs(heatmap[y * 40 + x] - expected) < 1e-6 * expected + 1e-12);
    }
  }
});

test('logits of any magnitude give finite probabilities', () => {
  const heatmap = heatmapFromLogits(
    new Float32Array(65).map((_, i) => 1000 - 2000 * (i % 2)),
    1,
    1,
  );
  assert.ok(heatmap.every((value) => value >= 0 && value <= 1));
  assert.ok(Math.abs(heatmap[0] - 1 / 33) < 1e-7);
});

test('logits of the wrong length are refused', () => {
  assert.throws(
    () => heatmapFromLogits(new Float32Array(64 * 6), 2, 3),
    /expected 65x2x3 = 390 logits, got 384/,
  );
});

test('cropping keeps the top left', () => {
  const map = new Float32Array(24).map((_, i) => i);
  assert.deepEqual([...cropHeatmap(map, 6, 4, 2)], [0, 1, 2, 3, 6, 7, 8, 9]);
  assert.equal(cropHeatmap(map, 6, 6, 4), map);
});
