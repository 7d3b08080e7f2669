import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extractKeypoints, keypointOptions } from '../../src/features/extract-keypoints.js';
import { Random } from '../../src/random.js';

test('points come by descending score with the x and y of their pixels', () => {
  const heatmap = new Float32Array(20 * 30);
  heatmap[10 * 20 + 5] = 0.25;
  heatmap[20 * 20 + 12] = 0.5;
  heatmap[15 * 20 + 15] = 0.004;
  const found = extractKeypoints(heatmap, 20, 30, { subpixel: false });
  assert.equal(found.count, 2);
  assert.deepEqual([...found.keypoints], [12, 20, 5, 10]);
  assert.deepEqual([...found.scores], [0.5, 0.25]);
});

test('no pixel above the threshold gives empty arrays', () => {
  const found = extractKeypoints(new Float32Array(400), 20, 20, { detectionThreshold: 0 });
  assert.equal(found.count, 0);
  assert.equal(found.keypoints.length, 0);
});

test('sub-pixel positions change neither the choice nor the scores', () => {
  const random = new Random('choice');
  const heatmap = new Float32Array(64 * 48).map(() => random.uniform() ** 6);
  const whole = extractKeypoints(heatmap, 64, 48, { subpixel: false, nmsRadius: 3 });
  const refined = extractKeypoints(heatmap, 64, 48, { subpixel: true, nmsRadius: 3 });
  assert.deepEqual(refined.scores, whole.scores);
  for (let i = 0; i < whole.keypoints.length; i++) {
    assert.ok(Math.abs(refined.keypoints[i] - whole.keypoints[i]) <= 1);
  }
});

test('sub-pixel positions find the centre of a blob between pixels', () => {
  for (const [x, y] of [
    [10.3, 9.6],
    [12.5, 14.49],
    [8, 8],
  ]) {
    const heatmap = new Float32Array(24 * 24).map((_, i) =>
      Math.exp(-(((i % 24) - x) ** 2 + (Math.floor(i / 24) - y) ** 2) / (2 * 0.7 ** 2)),
    );
    const { keypoints } = extractKeypoints(heatmap, 24, 24, { subpixel: true, maxKeypoints: 1 });
    assert.ok(Math.abs(keypoints[0] - x) < 0.04, `x ${keypoints[0]} for ${x}`);
    assert.ok(Math.abs(keypoints[1] - y) < 0.04, `y ${keypoints[1]} for ${y}`);
  }
});

test('at the edge of the picture nothing is drawn inwards', () => {
  const heatmap = new Float32Array(64).fill(0.1);
  heatmap[0] = 0.5;
  const { keypoints } = extractKeypoints(heatmap, 8, 8, { borderMargin: 0, nmsRadius: 8, subpixel: true });
  assert.deepEqual([...keypoints], [0, 0]);
});

test('options out of range are refused by name', () => {
  const wrong = [
    [{ detectionThreshold: Number.NaN }, /detectionThreshold in \[0, 1\], got NaN/],
    [{ detectionThreshold: 1.5 }, /detectionThreshold/],
    [{ nmsRadius: -1 }, /nmsRadius/],
    [{ nmsRadius: 1.5 }, /nmsRadius/],
    [{ borderMargin: Number.NaN }, /borderMargin/],
    [{ maxKeypoints: 0 }, /maxKeypoints/],
    [{ maxKeypoints: 2.5 }, /maxKeypoints/],
    [{ maxKeypoints: Number.NaN }, /maxKeypoints/],
  ] as const;
  for (const [options, message] of wrong) {
    assert.throws(() => keypointOptions(options), { name: 'RangeError', message });
  }
  assert.throws(() => extractKeypoints(new Float32Array(10), 4, 4), /expected 4x4 = 16 values, got 10/);
});
