import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cornerHeatmap, cornerStrength, snapToCorners } from '../../src/features/corners.js';
import { extractKeypoints } from '../../src/features/extract-keypoints.js';
import type { GrayImage } from '../../src/image/image.js';

const SIDE = 48;

/** A chequered quarter plane: bright where x and y lie on the same side of (cx, cy), with soft edges. */
function saddle(cx: number, cy: number): GrayImage {
  const data = Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    return 0.5 + 0.4 * Math.tanh(3 * (x - cx)) * Math.tanh(3 * (y - cy));
  });
  return { width: SIDE, height: SIDE, data };
}

/** A bright quarter plane whose corner is at (cx, cy), with soft edges. */
function quarter(cx: number, cy: number): GrayImage {
  const step = (t: number) => 1 / (1 + Math.exp(-3 * t));
  const data = Float32Array.from(
    { length: SIDE * SIDE },
    (_, i) => 0.2 + 0.6 * step((i % SIDE) - cx) * step(Math.floor(i / SIDE) - cy),
  );
  return { width: SIDE, height: SIDE, data };
}

test('a keypoint climbs to a corner and moves with it between pixels', () => {
  const ends: [number, number][] = [];
  for (let shift = 0; shift < 1; shift += 0.125) {
    const [cx, cy] = [20 + shift, 24 - shift];
    const start = Float32Array.of(cx + 2.8, cy - 1.6);
    const { keypoints, found } = snapToCorners(cornerStrength(quarter(cx, cy)), SIDE, SIDE, start, 3);
    assert.equal(found[0], 1);
    ends.push([keypoints[0] - cx, keypoints[1] - cy]);
  }
  // The strongest place lies a pixel inside the bright quarter, wherever that begins.
  for (const [dx, dy] of ends) assert.ok(Math.hypot(dx - 1, dy - 1) < 0.35, `${dx}, ${dy}`);
});

test('a keypoint without a corner within reach stays where it was', () => {
  const start = Float32Array.of(30.5, 24.25, 8, 8);
  const { keypoints, found } = snapToCorners(cornerStrength(saddle(20, 24)), SIDE, SIDE, start, 3);
  assert.deepEqual([...keypoints], [...start]);
  assert.deepEqual([...found], [0, 0]);
});

test('keypoints at the edges of a small picture do not leave it', () => {
  const data = Float32Array.from({ length: 64 }, (_, i) => ((i * 37) % 64) / 64);
  const start = Float32Array.of(0, 0, 7, 0, 0, 7, 7, 7);
  const { keypoints } = snapToCorners(cornerStrength({ width: 8, height: 8, data }), 8, 8, start, 3);
  for (const value of keypoints) assert.ok(value >= 0 && value <= 7);
});

test('with the picture a peak of the heatmap becomes the corner beside it', () => {
  const heatmap = new Float32Array(SIDE * SIDE);
  heatmap[24 * SIDE + 18] = 0.3;
  heatmap[25 * SIDE + 22] = 0.6;
  const image = saddle(20.5, 24);
  assert.equal(extractKeypoints(heatmap, SIDE, SIDE, { nmsRadius: 3 }).count, 2);
  const { count, keypoints, scores } = extractKeypoints(heatmap, SIDE, SIDE, { nmsRadius: 3 }, image);
  assert.equal(count, 1);
  assert.ok(scores[0] > 0);
  assert.ok(Math.hypot(keypoints[0] - 20.5, keypoints[1] - 24) < 0.45);
  const plain = extractKeypoints(heatmap, SIDE, SIDE, { nmsRadius: 3, cornerRadius: 0 }, image);
  assert.equal(plain.count, 2);
});

test('nothing counts far from what the network found, nor where the picture is flat', () => {
  const image = saddle(20, 24);
  const strength = cornerStrength(image);
  const heatmap = new Float32Array(SIDE * SIDE);
  heatmap[24 * SIDE + 30] = 0.5;
  const weighted = cornerHeatmap(heatmap, strength, SIDE, SIDE, 0.005);
  for (const [i, value] of weighted.entries()) {
    const isNear = Math.abs((i % SIDE) - 30) <= 2 && Math.abs(Math.floor(i / SIDE) - 24) <= 2;
    assert.ok(value === 0 || isNear);
  }
  const flat = cornerStrength({ width: SIDE, height: SIDE, data: new Float32Array(SIDE * SIDE).fill(0.3) });
  assert.ok(flat.every((value) => value < 1e-9));
});

test('a picture of another size than the heatmap is refused', () => {
  assert.throws(
    () => extractKeypoints(new Float32Array(64), 8, 8, {}, saddle(20, 20)),
    /a picture of 8x8, got 48x48/,
  );
});

test('the strength is det / trace of the gradient products under a binomial of 5 x 5', () => {
  const [width, height] = [9, 7];
  const data = Float32Array.from({ length: width * height }, (_, i) => ((i * 29) % 31) / 31);
  const strength = cornerStrength({ width, height, data });
  const at = (map: ArrayLike<number>, x: number, y: number) =>
    map[Math.min(Math.max(y, 0), height - 1) * width + Math.min(Math.max(x, 0), width - 1)];
  const binomial = (map: ArrayLike<number>, taps: readonly number[]) => {
    const [sum, half] = [taps.reduce((a, b) => a + b) ** 2, (taps.length - 1) / 2];
    return Float64Array.from({ length: width * height }, (_, i) => {
      let total = 0;
      for (const [k, down] of taps.entries()) {
        for (const [j, along] of taps.entries()) {
          total += down * along * at(map, (i % width) + j - half, Math.floor(i / width) + k - half);
        }
      }
      return total / sum;
    });
  };
  const smooth = binomial(data, [1, 2, 1]);
  const gradient = (dx: number, dy: number) =>
    smooth.map((_, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      return at(smooth, x + dx, y + dy) - at(smooth, x - dx, y - dy);
    });
  const [gx, gy] = [gradient(1, 0), gradient(0, 1)];
  const [xx, xy, yy] = [
    [gx, gx],
    [gx, gy],
    [gy, gy],
  ].map(([a, b]) =>
    binomial(
      a.map((value, i) => value * b[i]),
      [1, 4, 6, 4, 1],
    ),
  );
  for (const [i, value] of strength.entries()) {
    const expected = (xx[i] * yy[i] - xy[i] ** 2) / (xx[i] + yy[i] + 1e-6);
    assert.ok(Math.abs(value - expected) < 1e-5 * expected + 1e-9, `${value} for ${expected} at ${i}`);
  }
});

test('the heat around a probability is a mean of squares taken twice, times the strength', () => {
  const [width, height] = [16, 12];
  const heatmap = new Float32Array(width * height);
  heatmap[1 * width + 2] = 0.5;
  heatmap[8 * width + 13] = 0.25;
  const ones = new Float32Array(width * height).fill(1);
  const weighted = cornerHeatmap(heatmap, ones, width, height, 0.01);
  const taps = [1, 2, 3, 4, 5, 4, 3, 2, 1];
  const expected = (x: number, y: number) =>
    (0.5 * (taps[x - 2 + 4] ?? 0) * (taps[y - 1 + 4] ?? 0) +
      0.25 * (taps[x - 13 + 4] ?? 0) * (taps[y - 8 + 4] ?? 0)) /
    625;
  // At the edge of the picture part of the first mean is cut off, so only the inner one is exact.
  for (const [x, y] of [
    [13, 8],
    [12, 7],
    [15, 6],
    [13, 10],
  ]) {
    const value = weighted[y * width + x];
    if (y < 10 && x < 14) assert.ok(Math.abs(value - expected(x, y)) < 1e-6, `${value} at ${x}, ${y}`);
    else assert.ok(value > 0 && value <= expected(x, y) + 1e-6);
  }
  assert.equal(weighted[4 * width + 2], 0);
  assert.ok(weighted[3 * width + 4] > 0);
});

test('the peak of a slanted Gaussian hill is found between the pixels', () => {
  for (const [cx, cy] of [
    [20.3, 23.8],
    [19.55, 24.4],
  ]) {
    const hill = Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
      const [dx, dy] = [(i % SIDE) - cx, Math.floor(i / SIDE) - cy];
      return 0.1 * Math.exp(-(dx * dx + 0.9 * dx * dy + 0.6 * dy * dy) / 4);
    });
    const { keypoints } = snapToCorners(hill, SIDE, SIDE, Float32Array.of(22, 22), 5);
    assert.ok(Math.hypot(keypoints[0] - cx, keypoints[1] - cy) < 1e-3, `${keypoints} for ${cx}, ${cy}`);
  }
});
