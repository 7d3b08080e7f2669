import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadOpenCV } from '@opencvjs/node';
import { estimateHomography, estimateHomographyFromPoints } from '../../src/geometry/estimate-homography.js';
import { type Homography, homographyFromFourPoints, warpPoints } from '../../src/geometry/homography.js';
import { Random } from '../../src/random.js';

const [width, height] = [640, 480];
const corners = [0, 0, width - 1, 0, width - 1, height - 1, 0, height - 1];

interface Scene {
  readonly H_0to1: Homography;
  readonly points0: Float32Array;
  readonly points1: Float32Array;
}

/** Points of a plane seen twice, with noise in both pictures; the first `outliers` of them go anywhere. */
function makeScene(random: Random, count: number, noise: number, outliers: number, motion = 0.25): Scene {
  const target = corners.map((c, i) => c + (random.between(-motion, motion) * (i % 2 ? height : width)) / 2);
  const H_0to1 = homographyFromFourPoints(corners, target);
  const points0 = new Float32Array(2 * count);
  const points1 = new Float32Array(2 * count);
  for (let n = 0; n < count; n++) {
    const point = [random.between(0, width), random.between(0, height)];
    const seen =
      n < outliers ? [random.between(0, width), random.between(0, height)] : warpPoints(H_0to1, point);
    for (let axis = 0; axis < 2; axis++) {
      points0[2 * n + axis] = point[axis] + random.normal(0, noise);
      points1[2 * n + axis] = seen[axis] + random.normal(0, noise);
    }
  }
  return { H_0to1, points0, points1 };
}

/** Mean distance between the corners of picture 0 mapped by both, at most 50 px. */
function cornerError(estimate: Homography | null, truth: Homography): number {
  if (!estimate) return 50;
  const a = warpPoints(estimate, corners);
  const b = warpPoints(truth, corners);
  let sum = 0;
  for (let n = 0; n < 8; n += 2) sum += Math.hypot(a[n] - b[n], a[n + 1] - b[n + 1]) / 4;
  return Math.min(sum, 50);
}

test('exact correspondences give the exact homography in spite of outliers', () => {
  const { H_0to1, points0, points1 } = makeScene(new Random('exact'), 100, 0, 50);
  const result = estimateHomographyFromPoints(points0, points1);
  assert.ok(cornerError(result.H_0to1, H_0to1) < 1e-3);
  assert.equal(result.H_0to1?.[8], 1);
  assert.ok(result.inliers.subarray(50).every((flag) => flag === 1));
  assert.equal(
    result.inlierCount,
    result.inliers.reduce((sum, flag) => sum + flag, 0),
  );
  assert.ok(result.inlierCount < 55);
});

test('four matches determine a homography, but prove none; three are too few', () => {
  const { H_0to1, points0, points1 } = makeScene(new Random('four'), 4, 0, 0);
  const best = estimateHomographyFromPoints(points0, points1, { maxFalseAlarms: Number.POSITIVE_INFINITY });
  assert.ok(cornerError(best.H_0to1, H_0to1) < 1e-2);
  const judged = estimateHomographyFromPoints(points0, points1);
  assert.deepEqual([judged.H_0to1, judged.verdict, judged.inlierCount], [null, 'chance', 4]);
  const three = estimateHomographyFromPoints(points0.subarray(0, 6), points1.subarray(0, 6));
  assert.deepEqual(three, {
    H_0to1: null,
    inliers: new Uint8Array(3),
    inlierCount: 0,
    verdict: 'chance',
    logFalseAlarms: Number.POSITIVE_INFINITY,
  });
  assert.equal(estimateHomographyFromPoints([], []).H_0to1, null);
});

test('one right match in ten is enough', () => {
  const random = new Random('few');
  for (let round = 0; round < 5; round++) {
    const { H_0to1, points0, points1 } = makeScene(random, 400, 0.5, 360);
    const { verdict, H_0to1: found } = estimateHomographyFromPoints(points0, points1);
    assert.equal(verdict, 'plane');
    assert.ok(cornerError(found, H_0to1) < 5);
  }
});

test('points on a line, or all in one place, give no homography', () => {
  const line = Float32Array.from({ length: 60 }, (_, i) => (i % 2 ? 3 * i : 5 * i + 5));
  const { points1 } = makeScene(new Random('line'), 30, 0, 0);
  assert.equal(estimateHomographyFromPoints(line, points1).H_0to1, null);
  assert.equal(estimateHomographyFromPoints(points1, line).H_0to1, null);
  assert.equal(estimateHomographyFromPoints(line, line).H_0to1, null);
  assert.equal(estimateHomographyFromPoints(new Float32Array(60).fill(7), points1).H_0to1, null);
});

test('a mirrored picture is found', () => {
  const { points0 } = makeScene(new Random('mirror'), 30, 0, 0);
  const mirrored = points0.map((value, i) => (i % 2 ? value : 640 - value));
  const { H_0to1, inlierCount } = estimateHomographyFromPoints(points0, mirrored);
  assert.ok(cornerError(H_0to1, Float64Array.of(-1, 0, 640, 0, 1, 0, 0, 0, 1)) < 1e-2);
  assert.equal(inlierCount, 30);
});

test('coordinates of any size and origin do', () => {
  const { points0, points1, H_0to1 } = makeScene(new Random('scale'), 80, 0, 30);
  for (const scale of [1e-3, 1e4]) {
    const scaled = [points0, points1].map((points) =>
      Float64Array.from(points, (v) => v * scale + 7 * scale),
    );
    const threshold = 3 * scale;
    const estimate = estimateHomographyFromPoints(scaled[0], scaled[1], { threshold }).H_0to1;
    assert.ok(estimate);
    const mapped = warpPoints(
      estimate,
      corners.map((v) => v * scale + 7 * scale),
    );
    const expected = warpPoints(H_0to1, corners);
    for (let i = 0; i < 8; i++) assert.ok(Math.abs(mapped[i] / scale - 7 - expected[i]) < 1e-2);
  }
});

test('the same seed gives the same bits, and matches pick the keypoints', () => {
  const { points0, points1 } = makeScene(new Random('seed'), 60, 1, 20);
  const order = new Random('order').shuffle(Int32Array.from({ length: 60 }, (_, i) => i));
  const shuffled = new Float32Array(120);
  order.forEach((to, from) => {
    shuffled.set(points1.subarray(2 * from, 2 * from + 2), 2 * to);
  });
  const indices0 = Int32Array.from({ length: 60 }, (_, i) => i);
  const direct = estimateHomographyFromPoints(points0, points1, { seed: 5 });
  const matched = estimateHomography(
    { keypoints: points0 },
    { keypoints: shuffled },
    { indices0, indices1: order },
    { seed: 5 },
  );
  assert.deepEqual(matched, direct);
});

test('wrong arguments are refused', () => {
  const { points0, points1 } = makeScene(new Random('wrong'), 10, 0, 0);
  const estimate = (options: object) => () => estimateHomographyFromPoints(points0, points1, options);
  assert.throws(estimate({ threshold: 0 }), /threshold to be a number of pixels > 0, got 0/);
  assert.throws(estimate({ threshold: Number.NaN }), /threshold/);
  assert.throws(estimate({ confidence: 1 }), /confidence in \(0, 1\), got 1/);
  assert.throws(estimate({ maxIterations: 0 }), /maxIterations/);
  assert.throws(estimate({ maxFalseAlarms: 0 }), /maxFalseAlarms to be a number > 0, got 0/);
  assert.throws(() => estimateHomographyFromPoints(points0, points1.subarray(2)), /got 20 and 18 numbers/);
  assert.throws(
    () =>
      estimateHomographyFromPoints(
        points0,
        points1.map(() => Number.NaN),
      ),
    /finite/,
  );
  const indices = Int32Array.of(0, 1, 2, 10);
  const features = { keypoints: points0 };
  assert.throws(
    () => estimateHomography(features, features, { indices0: indices, indices1: indices }),
    /expected matches of 10 keypoints, got the index 10/,
  );
});

test('as accurate as OpenCV on the same correspondences', async () => {
  const cv = await loadOpenCV();
  const findHomography = ({ points0, points1 }: Scene): Homography | null => {
    const source = cv.matFromArray(points0.length / 2, 1, cv.CV_32FC2, [...points0]);
    const target = cv.matFromArray(points1.length / 2, 1, cv.CV_32FC2, [...points1]);
    const result = cv.findHomography(source, target, cv.RANSAC, 3);
    const H_0to1 = result.rows === 3 ? Float64Array.from(result.data64F) : null;
    for (const mat of [source, target, result]) mat.delete();
    return H_0to1;
  };
  const settings = [
    [50, 0.5, 0.2],
    [150, 1, 0.5],
    [400, 0.7, 0.7],
    [200, 1.5, 0.4],
  ];
  for (const [count, noise, outliers] of settings) {
    const random = new Random(`opencv ${count}`);
    let ours = 0;
    let theirs = 0;
    for (let round = 0; round < 30; round++) {
      const scene = makeScene(random, count, noise, Math.round(outliers * count));
      ours +=
        cornerError(estimateHomographyFromPoints(scene.points0, scene.points1).H_0to1, scene.H_0to1) / 30;
      theirs += cornerError(findHomography(scene), scene.H_0to1) / 30;
    }
    assert.ok(
      ours <= 1.02 * theirs,
      `${count} matches, noise ${noise}, outliers ${outliers}: corner error ${ours}, OpenCV's ${theirs}`,
    );
  }
});
