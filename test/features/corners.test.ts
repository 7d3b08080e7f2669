import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cornerStrength, snapToCorners } from '../../src/features/corners.js';
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
