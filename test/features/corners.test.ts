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

test('a keypoint climbs to a corner between pixels', () => {
  for (const [cx, cy] of [
    [20, 24],
    [20.25, 24.4],
    [19.6, 23.8],
  ]) {
    const start = Float32Array.of(cx + 1.8, cy - 1.6);
    const { keypoints, found } = snapToCorners(cornerStrength(saddle(cx, cy)), SIDE, SIDE, start, 3);
    assert.equal(found[0], 1);
    assert.ok(Math.hypot(keypoints[0] - cx, keypoints[1] - cy) < 0.45, `${keypoints} for ${cx}, ${cy}`);
  }
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
