import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addPlainHeatmap,
  addWarpedHeatmap,
  emptyHeatmapSum,
  meanHeatmap,
} from '../../src/adaptation/unwarp.js';
import { identityHomography, translationHomography, warpPoints } from '../../src/geometry/homography.js';
import { ADAPTATION_HOMOGRAPHIES, sampleHomography } from '../../src/geometry/sample-homography.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';

test('a view shifted by whole pixels is read off exactly', () => {
  const sum = emptyHeatmapSum(4, 2);
  const heatmap = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  addWarpedHeatmap(sum, heatmap, translationHomography(1, 0), 4, 2, 0);
  assert.deepEqual([...sum.views], [1, 1, 1, 0, 1, 1, 1, 0]);
  assert.deepEqual([...sum.heat], [2, 3, 4, 0, 6, 7, 8, 0]);
});

test('the mean divides by the views that saw the pixel, and unseen pixels stay cold', () => {
  const sum = emptyHeatmapSum(2, 1);
  addWarpedHeatmap(sum, Float32Array.of(4, 8), translationHomography(1, 0), 2, 1, 0);
  assert.deepEqual([...meanHeatmap(sum)], [8, 0]);
  addPlainHeatmap(sum, Float32Array.of(2, 6));
  assert.deepEqual([...meanHeatmap(sum)], [5, 6]);
  assert.deepEqual([...meanHeatmap(sum, 2)], [5, 3]);
});

test('the sign of the homography does not matter', () => {
  const heatmap = Float32Array.from({ length: 30 }, (_, i) => i);
  const sum = emptyHeatmapSum(6, 5);
  addWarpedHeatmap(
    sum,
    heatmap,
    identityHomography().map((element) => -2 * element),
    6,
    5,
    0,
  );
  assert.deepEqual([...sum.heat], [...heatmap]);
});

test('valid pixels and their heat agree with a mask drawn pixel by pixel', () => {
  const random = new Random(7);
  const [width, height, viewWidth, viewHeight] = [41, 33, 48, 32];
  for (let round = 0; round < 20; round++) {
    const erosion = round % 5;
    const H = sampleHomography(random, width, height, ADAPTATION_HOMOGRAPHIES, viewWidth, viewHeight);
    const heatmap = Float32Array.from({ length: viewWidth * viewHeight }, () => random.uniform());
    const sum = emptyHeatmapSum(width, height);
    addWarpedHeatmap(sum, heatmap, H, viewWidth, viewHeight, erosion);

    const corners = warpPoints(H, [
      -0.5,
      -0.5,
      width - 0.5,
      -0.5,
      width - 0.5,
      height - 0.5,
      -0.5,
      height - 0.5,
    ]);
    let seen = 0;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [u, v] = warpPoints(H, [x, y]);
        const inset = Math.max(0, erosion - 0.5);
        const toFrame = Math.min(u, v, viewWidth - 1 - u, viewHeight - 1 - v) - inset;
        const toEdges = distanceToSides(corners, u, v) - erosion;
        // On the line itself rounding decides.
        if (Math.min(Math.abs(toFrame), Math.abs(toEdges)) < 1e-6) continue;
        const valid = toFrame > 0 && toEdges > 0;
        assert.equal(sum.views[y * width + x], valid ? 1 : 0, `round ${round}, pixel ${x},${y}`);
        if (!valid) continue;
        seen++;
        assertClose([sum.heat[y * width + x]], [bilinear(heatmap, viewWidth, u, v)], 1e-5);
      }
    }
    assert.ok(seen > 100);
  }
});

/** The least distance of a point inside a quadrilateral to the lines through its sides. */
function distanceToSides(corners: Float64Array, u: number, v: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let n = 0; n < 4; n++) {
    const m = (n + 1) % 4;
    const dx = corners[2 * m] - corners[2 * n];
    const dy = corners[2 * m + 1] - corners[2 * n + 1];
    const across = dx * (v - corners[2 * n + 1]) - dy * (u - corners[2 * n]);
    least = Math.min(least, across / Math.hypot(dx, dy));
  }
  return least;
}

function bilinear(map: Float32Array, width: number, u: number, v: number): number {
  let value = 0;
  for (let row = Math.floor(v); row <= Math.floor(v) + 1; row++) {
    for (let column = Math.floor(u); column <= Math.floor(u) + 1; column++) {
      const weight = Math.max(0, 1 - Math.abs(u - column)) * Math.max(0, 1 - Math.abs(v - row));
      if (weight > 0) value += weight * map[row * width + column];
    }
  }
  return value;
}
