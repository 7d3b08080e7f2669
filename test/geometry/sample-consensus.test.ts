import assert from 'node:assert/strict';
import { test } from 'node:test';
import { homographyFromFourPoints, warpPoints } from '../../src/geometry/homography.js';
import { homographyThrough } from '../../src/geometry/sample-consensus.js';
import { Random } from '../../src/random.js';

const sample = Int32Array.of(0, 1, 2, 3);

test('the homography of a sample is the one through its four points, in front of the camera', () => {
  const random = new Random('through');
  const h = new Float64Array(9);
  let usable = 0;
  let mirrored = 0;
  for (let n = 0; n < 400; n++) {
    const pairs = Float64Array.from({ length: 16 }, () => random.between(-1, 1));
    if (!homographyThrough(pairs, sample, h)) continue;
    usable++;
    const source = [0, 4, 8, 12].flatMap((at) => [pairs[at], pairs[at + 1]]);
    const target = [0, 4, 8, 12].flatMap((at) => [pairs[at + 2], pairs[at + 3]]);
    for (const [i, value] of warpPoints(h, source).entries()) assert.ok(Math.abs(value - target[i]) < 1e-6);
    for (let at = 0; at < 8; at += 2) assert.ok(h[6] * source[at] + h[7] * source[at + 1] + h[8] > 0);
    const other = warpPoints(homographyFromFourPoints(source, target), [0.2, 0.1]);
    const [x, y] = warpPoints(h, [0.2, 0.1]);
    assert.ok(Math.hypot(x - other[0], y - other[1]) < 1e-6 * (1 + Math.hypot(x, y) ** 2));
    const determinant =
      h[0] * (h[4] * h[8] - h[5] * h[7]) -
      h[1] * (h[3] * h[8] - h[5] * h[6]) +
      h[2] * (h[3] * h[7] - h[4] * h[6]);
    if (determinant < 0) mirrored++;
  }
  assert.ok(usable > 40 && usable < 120, `${usable} of 400 are views of a plane`);
  assert.ok(mirrored > 10 && mirrored < usable - 10);
});

test('samples with three points on a line are refused', () => {
  const square = [0, 0, 0, 0, 1, 0, 1, 0, 1, 1, 1, 1, 0, 1, 0, 1];
  assert.equal(homographyThrough(Float64Array.from(square), sample, new Float64Array(9)), true);
  for (let point = 0; point < 4; point++) {
    for (const side of [0, 2]) {
      const bent = Float64Array.from(square);
      // Between its neighbours.
      const [before, after] = [4 * ((point + 3) % 4), 4 * ((point + 1) % 4)];
      for (const axis of [0, 1]) {
        bent[4 * point + side + axis] = (square[before + side + axis] + square[after + side + axis]) / 2;
      }
      assert.equal(homographyThrough(bent, sample, new Float64Array(9)), false);
    }
  }
});
