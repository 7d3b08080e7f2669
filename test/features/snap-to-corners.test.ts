import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extractKeypoints } from '../../src/features/extract-keypoints.js';
import { snapToCorners } from '../../src/features/snap-to-corners.js';
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

test('a keypoint climbs to a corner between pixels', () => {
  for (const [cx, cy] of [
    [20, 24],
    [20.25, 24.4],
    [19.6, 23.8],
  ]) {
    const start = Float32Array.of(cx + 1.8, cy - 1.6);
    const { keypoints, found } = snapToCorners(saddle(cx, cy), start, 3);
    assert.equal(found[0], 1);
    assert.ok(Math.hypot(keypoints[0] - cx, keypoints[1] - cy) < 0.45, `${keypoints} for ${cx}, ${cy}`);
  }
});

test('a keypoint without a corner within reach stays where it was', () => {
  const start = Float32Array.of(30.5, 24.25, 8, 8);
  const { keypoints, found } = snapToCorners(saddle(20, 24), start, 3);
  assert.deepEqual([...keypoints], [...start]);
  assert.deepEqual([...found], [0, 0]);
});

test('keypoints at the edges of a small picture do not leave it', () => {
  const data = Float32Array.from({ length: 64 }, (_, i) => ((i * 37) % 64) / 64);
  const start = Float32Array.of(0, 0, 7, 0, 0, 7, 7, 7);
  const { keypoints } = snapToCorners({ width: 8, height: 8, data }, start, 3);
  for (const value of keypoints) assert.ok(value >= 0 && value <= 7);
});

test('of keypoints that climb to the same corner the best one stays', () => {
  const heatmap = new Float32Array(SIDE * SIDE);
  heatmap[24 * SIDE + 18] = 0.3;
  heatmap[24 * SIDE + 23] = 0.6;
  const options = { nmsRadius: 3 };
  const image = saddle(20.5, 24);
  assert.equal(extractKeypoints(heatmap, SIDE, SIDE, options).count, 2);
  const { count, scores, keypoints } = extractKeypoints(heatmap, SIDE, SIDE, options, image);
  assert.equal(count, 1);
  assert.deepEqual([...scores], [Math.fround(0.6)]);
  assert.ok(Math.abs(keypoints[0] - 20.5) < 0.45);
  assert.equal(extractKeypoints(heatmap, SIDE, SIDE, { ...options, cornerRadius: 0 }, image).count, 2);
});

test('a picture of another size than the heatmap is refused', () => {
  assert.throws(
    () => extractKeypoints(new Float32Array(64), 8, 8, {}, saddle(20, 20)),
    /a picture of 8x8, got 48x48/,
  );
});
