import assert from 'node:assert/strict';
import test from 'node:test';
import { grayImage } from '../../src/image/image.js';
import { Random } from '../../src/random.js';
import { polygonDistance, segmentDistance } from '../../src/synthetic/plane.js';
import { rasterise } from '../../src/synthetic/rasterise.js';
import { contrastingShade, type Figure, strokeOutline } from '../../src/synthetic/scene.js';
import { smoothNoise, soften } from '../../src/synthetic/texture.js';
import { hideCorners } from '../../src/synthetic/visibility.js';

const BACKDROP = { shade: 0.25, amplitude: 0, spacing: 10 };

function draw(figures: readonly Figure[], width: number, height: number) {
  return rasterise({ backdrop: BACKDROP, figures, corners: [] }, width, height, new Random(1), 0).data;
}

function figure(outline: number[], shade: number): Figure {
  return { outline, paint: { shade, grain: 0 } };
}

test('a pixel is as much figure as its area is covered', () => {
  // Pixel 1 covers [0.5, 1.5]: the square covers it whole, and parts of its neighbours.
  const data = draw([figure([0.25, 0.375, 2, 0.375, 2, 1.5, 0.25, 1.5], 0.75)], 4, 3);
  const covered = Array.from(data, (value) => (value - 0.25) / 0.5);
  const columns = [0.25, 1, 0.5, 0];
  const rows = [0.125, 1, 0];
  rows.forEach((row, y) => {
    columns.forEach((column, x) => {
      assert.ok(
        Math.abs(covered[4 * y + x] - row * column) < 0.02,
        `pixel ${x}, ${y}: ${covered[4 * y + x]}`,
      );
    });
  });
});

test('neighbours that share an edge leave no seam, and later figures hide earlier ones', () => {
  const left = figure([2.3, 2.1, 17.2, 3.3, 5.1, 16.7], 0.9);
  const right = figure([17.2, 3.3, 16.4, 17.9, 5.1, 16.7], 0.9);
  const data = draw([left, right], 20, 20);
  for (let t = 0.1; t < 0.95; t += 0.05) {
    const x = Math.round(17.2 + t * (5.1 - 17.2));
    const y = Math.round(3.3 + t * (16.7 - 3.3));
    assert.ok(Math.abs(data[20 * y + x] - 0.9) < 1e-6, `seam at ${x}, ${y}`);
  }
  const over = draw([left, figure([0, 0, 19, 0, 19, 19, 0, 19], 0.1)], 20, 20);
  assert.ok(Math.abs(over[20 * 6 + 8] - 0.1) < 1e-6);
});

test('a figure partly or wholly outside the picture is clipped', () => {
  const data = draw(
    [figure([-30, -30, 50, -30, 50, 1.5, -30, 1.5], 0.5), figure([40, 40, 50, 40, 50, 50], 1)],
    4,
    4,
  );
  assert.deepEqual(Array.from(data), [...new Array(8).fill(0.5), ...new Array(8).fill(0.25)]);
});

test('a stroke has its length and thickness', () => {
  const outline = strokeOutline(10, 10, 34, 28, 2);
  const data = draw([figure(outline, 1)], 50, 40);
  const area = data.reduce((sum, value) => sum + (value - 0.25) / 0.75, 0);
  assert.ok(Math.abs(area - 2 * 30) < 0.3, `${area}`);
});

test('smooth noise stays in [-1, 1], fills the range fairly and is smooth', () => {
  for (const spacing of [1, 2.5, 12, 400]) {
    const noise = smoothNoise(new Random(4), 90, 70, spacing);
    assert.ok(noise.every((value) => Math.abs(value) <= 1));
    const step = Math.max(...noise.slice(1, 90).map((value, x) => Math.abs(value - noise[x])));
    assert.ok(step <= 2 / spacing + 1e-6, `step of ${step} at spacing ${spacing}`);
    if (spacing < 20) assert.ok(Math.max(...noise) - Math.min(...noise) > 0.8);
  }
});

test('softening keeps flat areas and the total, and spreads a point as its kernel says', () => {
  const data = new Float32Array(49);
  data[24] = 1;
  soften(data, 7, 7, 0.1);
  assert.ok(Math.abs(data.reduce((sum, value) => sum + value, 0) - 1) < 1e-6);
  assert.ok(Math.abs(data[24] - 0.64) < 1e-6);
  assert.ok(Math.abs(data[25] - 0.08) < 1e-6 && Math.abs(data[17] - 0.08) < 1e-6);
  assert.ok(Math.abs(data[16] - 0.01) < 1e-6 && data[22] === 0);
  const flat = new Float32Array(12).fill(0.5);
  soften(flat, 4, 3, 0.2);
  for (const value of flat) assert.ok(Math.abs(value - 0.5) < 1e-6);
});

test('a contrasting shade keeps its distance where there is room', () => {
  const random = new Random(9);
  for (let k = 0; k < 200; k++) {
    const others = [random.uniform(), random.uniform()];
    const shade = contrastingShade(random, others, 0.16);
    for (const other of others) assert.ok(Math.abs(shade - other) >= 0.16);
  }
});

test('distances between segments and between polygons', () => {
  assert.equal(segmentDistance([0, 0, 10, 10], [0, 10, 10, 0]), 0);
  assert.equal(segmentDistance([0, 0, 10, 0], [3, 4, 3, 9]), 4);
  assert.equal(segmentDistance([0, 0, 10, 0], [13, 4, 20, 4]), 5);
  const square = [0, 0, 4, 0, 4, 4, 0, 4];
  assert.equal(polygonDistance(square, [7, 0, 9, 0, 9, 4]), 3);
  assert.equal(polygonDistance(square, [1, 1, 2, 1, 2, 2]), 0);
  assert.equal(polygonDistance(square, [2, 2, 9, 2, 9, 3]), 0);
});

test('a corner that the light swallows is no label, and the mask covers it', () => {
  const width = 40;
  const before = grayImage(width, 20, draw([figure([10, 8, 20, 8, 20, 40, 10, 40], 0.75)], width, 20));
  const after = grayImage(width, 20, before.data.slice());
  for (let y = 0; y < 20; y++) after.data.fill(1, y * width + 15, (y + 1) * width);
  const mask = new Uint8Array(width * 20).fill(1);
  assert.deepEqual(Array.from(hideCorners(before, after, [10, 8, 20, 8], mask)), [10, 8]);
  assert.equal(mask[8 * width + 20], 0);
  assert.equal(mask[8 * width + 10], 1);
  assert.equal(mask.filter((valid) => valid === 0).length, 49);

  const untouched = new Uint8Array(width * 20).fill(1);
  assert.equal(hideCorners(before, before, [10, 8, 20, 8], untouched).length, 4);
  assert.ok(untouched.every((valid) => valid === 1));
});
