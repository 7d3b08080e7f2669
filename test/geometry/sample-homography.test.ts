import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invertHomography, warpPoints } from '../../src/geometry/homography.js';
import {
  ADAPTATION_HOMOGRAPHIES,
  centreCropHomography,
  fitsInside,
  type HomographySampling,
  SYNTHETIC_HOMOGRAPHIES,
  sampleHomography,
} from '../../src/geometry/sample-homography.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';

/** No change at all: the centre crop. Tests switch single changes on. */
const STILL: HomographySampling = {
  patchRatio: 0.5,
  perspective: 0,
  scaling: [1, 1],
  rotation: 0,
  translation: 0,
  allowArtifacts: true,
};

test('without any change the view is the centre crop', () => {
  // 60x40 of 120x80 in the middle, seen as 120x80: its corner (29.5, 19.5) comes to (-0.5, -0.5)
  const H_inputToOutput = sampleHomography(new Random(1), 120, 80, STILL);
  assertClose(warpPoints(H_inputToOutput, [29.5, 19.5, 89.5, 59.5]), [-0.5, -0.5, 119.5, 79.5], 1e-6);
  assertClose(H_inputToOutput, centreCropHomography(120, 80, 120, 80, 0.5), 1e-9);
});

test('a view of another size takes the largest rectangle of its shape', () => {
  // a square view of 200x100 with patchRatio 1 shows the middle 100x100
  const H_inputToOutput = sampleHomography(new Random(1), 200, 100, { ...STILL, patchRatio: 1 }, 50, 50);
  assertClose(warpPoints(H_inputToOutput, [49.5, -0.5, 149.5, 99.5]), [-0.5, -0.5, 49.5, 49.5], 1e-6);
});

test('the centre of the picture stays the centre under scale and rotation alone', () => {
  const random = new Random(5);
  const sampling = { ...STILL, scaling: [0.5, 2], rotation: Math.PI } as const;
  for (let n = 0; n < 50; n++) {
    const H_inputToOutput = sampleHomography(random, 121, 81, sampling, 64, 48);
    assertClose(warpPoints(H_inputToOutput, [60, 40]), [31.5, 23.5], 1e-6);
  }
});

test('each change stays within its bounds and reaches towards them', () => {
  const random = new Random(6);
  const sampling = { ...STILL, scaling: [0.5, 2], rotation: 0.4 } as const;
  const angles: number[] = [];
  const factors: number[] = [];
  for (let n = 0; n < 2000; n++) {
    const H_outputToInput = invertHomography(sampleHomography(random, 100, 100, sampling));
    const [x0, y0, x1, y1] = warpPoints(H_outputToInput, [0, 0, 100, 0]);
    angles.push(Math.atan2(y1 - y0, x1 - x0));
    // the view's 100 pixels show 50 pixels of the picture at factor 1
    factors.push(Math.hypot(x1 - x0, y1 - y0) / 50);
  }
  const withinAndWide = (values: number[], low: number, high: number, share: number) => {
    assert.ok(Math.min(...values) >= low - 1e-9 && Math.max(...values) <= high + 1e-9);
    assert.ok(Math.min(...values) < low + share && Math.max(...values) > high - share);
  };
  withinAndWide(angles, -0.4, 0.4, 0.01);
  withinAndWide(factors, 0.5, 2, 0.1);
  const median = factors.sort((a, b) => a - b)[1000];
  assert.ok(Math.abs(Math.log(median)) < 0.05, `halving is as likely as doubling, median ${median}`);
});

test('perspective displaces the corners of the crop by at most the amplitude', () => {
  const random = new Random(7);
  let largest = 0;
  for (let n = 0; n < 1000; n++) {
    const H_outputToInput = invertHomography(
      sampleHomography(random, 200, 100, { ...STILL, perspective: 0.1 }),
    );
    const corners = warpPoints(H_outputToInput, [-0.5, -0.5, 199.5, -0.5, 199.5, 99.5, -0.5, 99.5]);
    const still = [49.5, 24.5, 149.5, 24.5, 149.5, 74.5, 49.5, 74.5];
    corners.forEach((value, i) => {
      const share = Math.abs(value - still[i]) / (i % 2 ? 100 : 200);
      assert.ok(share <= 0.1 + 1e-9);
      largest = Math.max(largest, share);
    });
  }
  assert.ok(largest > 0.09);
});

test('translation keeps an undistorted crop inside and uses all the room', () => {
  const random = new Random(8);
  const lefts: number[] = [];
  for (let n = 0; n < 1000; n++) {
    const H_inputToOutput = sampleHomography(random, 100, 80, { ...STILL, translation: 1 });
    assert.ok(fitsInside(H_inputToOutput, 100, 80, 100, 80));
    lefts.push(warpPoints(invertHomography(H_inputToOutput), [-0.5, -0.5])[0]);
  }
  assert.ok(Math.min(...lefts) < 0 && Math.max(...lefts) > 49);
});

test('overflow lets the crop leave the picture by just that share', () => {
  const random = new Random(9);
  let furthest = 0;
  for (let n = 0; n < 1000; n++) {
    const sampling = { ...STILL, translation: 1, translationOverflow: 0.1 };
    const H_outputToInput = invertHomography(sampleHomography(random, 100, 80, sampling));
    furthest = Math.min(furthest, warpPoints(H_outputToInput, [-0.5, -0.5])[0]);
  }
  assert.ok(furthest >= -10.5 - 1e-6 && furthest < -9, `went to ${furthest}`);
});

test('without artifacts every view lies inside the picture', () => {
  const random = new Random(10);
  const sampling = { ...ADAPTATION_HOMOGRAPHIES, patchRatio: 0.7, allowArtifacts: false };
  const sizes = [
    [320, 240, 160, 160],
    [100, 400, 160, 120],
    [64, 64, 240, 320],
  ] as const;
  for (const [width, height, outWidth, outHeight] of sizes) {
    for (let n = 0; n < 300; n++) {
      const H_inputToOutput = sampleHomography(random, width, height, sampling, outWidth, outHeight);
      assert.ok(fitsInside(H_inputToOutput, width, height, outWidth, outHeight));
      const H_outputToInput = invertHomography(H_inputToOutput);
      const [x, y] = warpPoints(H_outputToInput, [
        random.between(-0.5, outWidth - 0.5),
        random.between(-0.5, outHeight - 0.5),
      ]);
      assert.ok(x > -0.501 && y > -0.501 && x < width - 0.499 && y < height - 0.499, `sees (${x}, ${y})`);
    }
  }
});

test('where no view fits, the centre crop comes back after a bounded number of tries', () => {
  const tooLarge = { ...STILL, patchRatio: 0.9, scaling: [3, 4], allowArtifacts: false } as const;
  const H_inputToOutput = sampleHomography(new Random(11), 100, 80, tooLarge);
  assertClose(H_inputToOutput, centreCropHomography(100, 80, 100, 80, 0.9), 1e-9);
});

test('equal generators give equal views, others give others', () => {
  const draw = (seed: number) => sampleHomography(new Random(seed), 160, 120, SYNTHETIC_HOMOGRAPHIES);
  assert.deepEqual(draw(4), draw(4));
  assert.notDeepEqual(draw(4), draw(5));
});

test('no view is folded: its whole area is in front of the camera', () => {
  const random = new Random(12);
  const wild = { ...ADAPTATION_HOMOGRAPHIES, perspective: 0.6, rotation: Math.PI };
  for (let n = 0; n < 500; n++) {
    const H_outputToInput = invertHomography(sampleHomography(random, 160, 120, wild));
    const depths = [-0.5, 159.5].flatMap((x) =>
      [-0.5, 119.5].map((y) => H_outputToInput[6] * x + H_outputToInput[7] * y + H_outputToInput[8]),
    );
    assert.ok(depths.every((depth) => depth > 0) || depths.every((depth) => depth < 0));
  }
});

test('bounds that make no sense are refused by name', () => {
  const refused: [Partial<HomographySampling>, RegExp][] = [
    [{ patchRatio: 0 }, /patchRatio in \(0, 1\], got 0/],
    [{ scaling: [2, 1] }, /scaling .* got \[2,1\]/],
    [{ rotation: 90 }, /radians, got 90/],
    [{ perspective: -1 }, /perspective/],
    [{ translation: 2 }, /translation/],
    [{ translationOverflow: -1 }, /translationOverflow/],
  ];
  for (const [change, message] of refused) {
    assert.throws(() => sampleHomography(new Random(1), 10, 10, { ...STILL, ...change }), message);
  }
});
