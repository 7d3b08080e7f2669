import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adaptImage, type HeatmapDetector } from '../../src/adaptation/adapt-image.js';
import { extractKeypoints } from '../../src/features/extract-keypoints.js';
import { Network } from '../../src/features/network.js';
import { SuperPoint } from '../../src/features/superpoint.js';
import { ADAPTATION_HOMOGRAPHIES } from '../../src/geometry/sample-homography.js';
import { type GrayImage, grayImage } from '../../src/image/image.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';
import { smallWeights } from './small-network.js';

/** Blobs of deviation 1.5 px around given points, on black. */
function blobs(width: number, height: number, points: readonly number[]): GrayImage {
  const image = grayImage(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let n = 0; n < points.length; n += 2) {
        const squared = (x - points[n]) ** 2 + (y - points[n + 1]) ** 2;
        image.data[y * width + x] += Math.exp(-squared / (2 * 1.5 ** 2));
      }
    }
  }
  return image;
}

/** Sub-pixel places at least 16 px apart and 20 px from the edges. */
function scatteredPoints(width: number, height: number, random: Random): number[] {
  const points: number[] = [];
  for (let tries = 0; tries < 400; tries++) {
    const x = random.between(20, width - 21);
    const y = random.between(20, height - 21);
    let free = true;
    for (let n = 0; n < points.length; n += 2) {
      free &&= Math.hypot(x - points[n], y - points[n + 1]) > 16;
    }
    if (free) points.push(x, y);
  }
  return points;
}

/** A perfect network of whole pixels: heat 1 at each bright local maximum of a view, 0 elsewhere. */
const detectMaxima: HeatmapDetector = async (views) =>
  views.map(({ width, height, data }) => {
    const { keypoints } = extractKeypoints(data, width, height, {
      detectionThreshold: 0.4,
      borderMargin: 1,
      subpixel: false,
    });
    const heatmap = new Float32Array(width * height);
    for (let n = 0; n < keypoints.length; n += 2) heatmap[keypoints[n + 1] * width + keypoints[n]] = 1;
    return heatmap;
  });

test('peaks of the mean heatmap lie where the corners are, to 0.3 px', async () => {
  const random = new Random(5);
  for (const [width, height] of [
    [160, 120],
    [97, 131],
  ]) {
    const points = scatteredPoints(width, height, random);
    const photo = blobs(width, height, points);
    const heatmap = await adaptImage(detectMaxima, photo, new Random(1), { warps: 100 });
    const found = extractKeypoints(heatmap, width, height, { detectionThreshold: 0.04 });
    assert.equal(found.count, points.length / 2, 'one keypoint for each blob');
    const errors: number[] = [];
    for (let n = 0; n < points.length; n += 2) {
      let nearest = Number.POSITIVE_INFINITY;
      for (let k = 0; k < found.keypoints.length; k += 2) {
        const distance = Math.hypot(found.keypoints[k] - points[n], found.keypoints[k + 1] - points[n + 1]);
        nearest = Math.min(nearest, distance);
      }
      errors.push(nearest);
    }
    assert.ok(Math.max(...errors) < 0.3, `errors ${errors.map((error) => error.toFixed(2))}`);
  }
});

test('a heatmap that follows its view exactly comes back as it was', async () => {
  const photo = blobs(120, 88, [31.3, 40.8, 80.1, 25.4, 66.6, 62.2]);
  const detect: HeatmapDetector = async (views) => views.map(({ data }) => data);
  const heatmap = await adaptImage(detect, photo, new Random(3), { warps: 40, minViews: 1 });
  // Two bilinear samplings widen a blob of 1.5 px deviation, which lowers its peak by a tenth.
  assertClose(heatmap, photo.data, 0.12);
});

test('heat that is the same everywhere stays the same, however often a pixel is seen', async () => {
  const photo = grayImage(64, 48);
  const detect: HeatmapDetector = async (views) =>
    views.map(({ width, height }) => new Float32Array(width * height).fill(0.25));
  for (const warps of [1, 2, 50]) {
    assertClose(
      await adaptImage(detect, photo, new Random(0), { warps, minViews: 1 }),
      new Float32Array(64 * 48).fill(0.25),
      1e-6,
    );
  }
});

test("what a network sees along a view's frame and along the photograph's edges counts for nothing", async () => {
  // Black but for its outermost pixels, which a view repeats where the photograph has ended.
  const [width, height] = [96, 72];
  const onRim = (i: number, margin: number) => {
    const x = i % width;
    const y = Math.floor(i / width);
    return Math.min(x, y, width - 1 - x, height - 1 - y) < margin;
  };
  const photo = grayImage(
    width,
    height,
    new Float32Array(width * height).map((_, i) => (onRim(i, 1) ? 1 : 0)),
  );
  // Hot on all that the warp has made, and along the frame.
  const detect: HeatmapDetector = async (views) =>
    views.map((view) =>
      view === photo
        ? new Float32Array(width * height)
        : view.data.map((grey, i) => (grey > 0 || onRim(i, 5) ? 1 : 0)),
    );
  const options = {
    warps: 30,
    minViews: 1,
    homographies: { ...ADAPTATION_HOMOGRAPHIES, translationOverflow: 0.2 },
  };
  const hottest = async (erosion: number) =>
    Math.max(...(await adaptImage(detect, photo, new Random(2), { ...options, erosion })));
  assert.equal(await hottest(6), 0);
  assert.ok((await hottest(0)) > 0.3);
});

test('one view is the plain heatmap of the network', async () => {
  const weights = smallWeights();
  const random = new Random(4);
  const photo = grayImage(
    53,
    43,
    Float32Array.from({ length: 53 * 43 }, () => random.uniform()),
  );
  const superpoint = await SuperPoint.load({ model: weights, threads: 1 });
  try {
    const heatmap = await adaptImage((views) => superpoint.network.heatmaps(views), photo, random, {
      warps: 1,
    });
    const plain = await superpoint.heatmap(photo);
    assertClose(heatmap, plain, 1e-6);
    assert.ok(Math.max(...heatmap) > 0.015);
  } finally {
    await superpoint.dispose();
  }
});

test('the batch changes nothing', async () => {
  const network = await Network.load(smallWeights(), { threads: 1 });
  const random = new Random(9);
  const photo = grayImage(
    48,
    40,
    Float32Array.from({ length: 48 * 40 }, () => random.uniform()),
  );
  try {
    const detect: HeatmapDetector = (views) => network.heatmaps(views);
    const one = await adaptImage(detect, photo, new Random(1), { warps: 10, batch: 1 });
    const four = await adaptImage(detect, photo, new Random(1), { warps: 10, batch: 4 });
    assertClose(four, one, 1e-6);
  } finally {
    await network.dispose();
  }
});

test('a thousand views need no more memory than ten', async () => {
  const photo = grayImage(64, 48);
  let most = 0;
  let seen = 0;
  const detect: HeatmapDetector = async (views) => {
    most = Math.max(most, views.length);
    seen += views.length;
    return views.map(({ width, height }) => new Float32Array(width * height));
  };
  await adaptImage(detect, photo, new Random(1), { warps: 1000, batch: 8 });
  assert.equal(seen, 1000);
  assert.equal(most, 8);
});

test('options out of range and impossible photographs are refused in words', async () => {
  const detect: HeatmapDetector = async () => [];
  const photo = grayImage(16, 16);
  const random = new Random(1);
  await assert.rejects(adaptImage(detect, photo, random, { warps: 0 }), /RangeError: expected warps/);
  await assert.rejects(adaptImage(detect, photo, random, { batch: 1.5 }), /RangeError: expected batch/);
  await assert.rejects(adaptImage(detect, photo, random, { erosion: -1 }), /RangeError: expected erosion/);
  await assert.rejects(
    adaptImage(detect, grayImage(7, 30), random),
    /RangeError: expected an image of at least/,
  );
  const homographies = { ...ADAPTATION_HOMOGRAPHIES, patchRatio: 0 };
  await assert.rejects(
    adaptImage(async () => [new Float32Array(256)], photo, random, { homographies }),
    /RangeError: expected patchRatio/,
  );
});
