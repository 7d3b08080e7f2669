import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GrayImage, grayImage } from '../../src/image/image.js';
import {
  PHOTO_PHOTOMETRY,
  type Photometry,
  photometricAugment,
  SYNTHETIC_PHOTOMETRY,
} from '../../src/image/photometric.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';
import { blobImage, brightCentre } from './blob.js';

/** No change at all. Tests switch single changes on. */
const NONE: Photometry = {
  brightness: 0,
  contrast: [1, 1],
  noise: [0, 0],
  speckle: [0, 0],
  shade: { ellipses: 0, transparency: [0, 0], blur: [50, 50] },
  motionBlur: 1,
};

function flatImage(width: number, height: number, value: number): GrayImage {
  return grayImage(width, height, new Float32Array(width * height).fill(value));
}

function statistics(data: Float32Array): { mean: number; deviation: number } {
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
  return { mean, deviation: Math.sqrt(variance) };
}

test('without any change the picture stays, and the input is never touched', () => {
  const image = blobImage(40, 30, 20, 15, 5);
  const before = image.data.slice();
  assertClose(photometricAugment(image, new Random(1), NONE).data, before, 1e-6);
  photometricAugment(image, new Random(1), SYNTHETIC_PHOTOMETRY);
  assertClose(image.data, before, 0);
});

test('equal generators give equal pictures, others give others', () => {
  const image = blobImage(64, 48, 30, 20, 9);
  const draw = (seed: number) => photometricAugment(image, new Random(seed), SYNTHETIC_PHOTOMETRY).data;
  assert.deepEqual(draw(3), draw(3));
  assert.notDeepEqual(draw(3), draw(4));
});

test('the result stays in [0, 1] and finite under both presets, at odd and tiny sizes', () => {
  const random = new Random(2);
  const sizes = [
    [161, 119],
    [8, 8],
    [1, 1],
    [3, 200],
  ];
  for (const [width, height] of sizes) {
    for (const photometry of [SYNTHETIC_PHOTOMETRY, PHOTO_PHOTOMETRY]) {
      for (let n = 0; n < 20; n++) {
        const image = blobImage(width, height, width / 2, height / 2, 20);
        const { data } = photometricAugment(image, random, photometry);
        assert.ok(data.every((value) => value >= 0 && value <= 1));
      }
    }
  }
});

test('brightness shifts all pixels alike, within its amplitude', () => {
  const random = new Random(3);
  const shifts = Array.from({ length: 300 }, () => {
    const { data } = photometricAugment(flatImage(2, 2, 0.5), random, { ...NONE, brightness: 0.2 });
    assert.ok(data.every((value) => value === data[0]));
    return data[0] - 0.5;
  });
  assert.ok(Math.max(...shifts) <= 0.2 + 1e-6 && Math.max(...shifts) > 0.19);
  assert.ok(Math.min(...shifts) >= -0.2 - 1e-6 && Math.min(...shifts) < -0.19);
});

test('contrast scales about the mean', () => {
  const image = grayImage(2, 1, Float32Array.of(0.4, 0.6));
  const { data } = photometricAugment(image, new Random(4), { ...NONE, contrast: [0.5, 0.5] });
  assertClose(data, [0.45, 0.55], 1e-6);
});

test('noise is normal with the deviation asked for', () => {
  const photometry = { ...NONE, noise: [0.05, 0.05] } as const;
  const { data } = photometricAugment(flatImage(400, 300, 0.5), new Random(5), photometry);
  const { mean, deviation } = statistics(data);
  assert.ok(Math.abs(mean - 0.5) < 5e-4 && Math.abs(deviation - 0.05) < 5e-4, `${mean} ± ${deviation}`);
  const beyond = (limit: number) =>
    data.filter((value) => Math.abs(value - 0.5) > limit * 0.05).length / 120000;
  assert.ok(Math.abs(beyond(1) - 0.3173) < 0.005 && Math.abs(beyond(2) - 0.0455) < 0.002);
  assert.ok(Math.abs(beyond(3) - 0.0027) < 0.0006);
});

test('neighbouring noise is independent', () => {
  const photometry = { ...NONE, noise: [0.05, 0.05] } as const;
  const { data } = photometricAugment(flatImage(400, 300, 0.5), new Random(6), photometry);
  for (const lag of [1, 2, 400]) {
    let product = 0;
    for (let i = lag; i < data.length; i++) product += (data[i] - 0.5) * (data[i - lag] - 0.5);
    assert.ok(Math.abs(product / data.length / 0.05 ** 2) < 0.012, `correlation at lag ${lag}`);
  }
});

test('speckle turns the asked share of pixels black and as many white', () => {
  const photometry = { ...NONE, speckle: [0.02, 0.02] } as const;
  const { data } = photometricAugment(flatImage(500, 400, 0.5), new Random(7), photometry);
  const share = (value: number) => data.filter((pixel) => pixel === value).length / data.length;
  assert.ok(Math.abs(share(0) - 0.02) < 0.0015 && Math.abs(share(1) - 0.02) < 0.0015);
  assert.ok(Math.abs(share(0.5) - 0.96) < 0.002);
});

test('shade darkens smoothly by at most its transparency, or brightens', () => {
  const random = new Random(8);
  let darkest = 1;
  for (let n = 0; n < 20; n++) {
    const shade = { ellipses: 20, transparency: [0.6, 0.6], blur: [50, 100] } as const;
    const { data } = photometricAugment(flatImage(160, 120, 0.5), random, { ...NONE, shade });
    darkest = Math.min(darkest, ...data);
    assert.ok(data.every((value) => value >= 0.5 * 0.4 - 1e-5 && value <= 0.5 + 1e-5));
    for (let i = 1; i < data.length; i++) {
      if (i % 160) assert.ok(Math.abs(data[i] - data[i - 1]) < 0.03, 'no hard edge that looks like a corner');
    }
  }
  assert.ok(darkest < 0.3);
  const light = { ellipses: 20, transparency: [-0.5, -0.5], blur: [50, 50] } as const;
  const { data } = photometricAugment(flatImage(160, 120, 0.5), random, { ...NONE, shade: light });
  assert.ok(Math.max(...data) > 0.55);
});

test('motion blur spreads along a line and leaves the position alone', () => {
  const random = new Random(9);
  const lengths = new Set<number>();
  for (let n = 0; n < 100; n++) {
    const image = grayImage(31, 31);
    image.data[15 * 31 + 15] = 1;
    const blurred = photometricAugment(image, random, { ...NONE, motionBlur: 7 });
    assertClose(brightCentre(blurred), [15, 15], 1e-5);
    const lit = Array.from(blurred.data.keys()).filter((i) => blurred.data[i] > 0);
    lengths.add(lit.length);
    const steps = new Set(lit.slice(1).map((i, k) => i - lit[k]));
    assert.ok(steps.size <= 1 && [...steps].every((step) => [1, 30, 31, 32].includes(step)));
    assert.ok(Math.abs(blurred.data.reduce((sum, value) => sum + value, 0) - 1) < 1e-5);
  }
  assert.deepEqual([...lengths].sort(), [1, 3, 5, 7]);
});

test('motion blur of a flat picture changes nothing, borders included', () => {
  const random = new Random(10);
  for (let n = 0; n < 20; n++) {
    const { data } = photometricAugment(flatImage(9, 5, 0.5), random, { ...NONE, motionBlur: 7 });
    assertClose(data, new Array(45).fill(0.5), 1e-6);
  }
});

test('the order of the changes is random', () => {
  // brightening to white before or after halving the contrast makes the difference
  const image = grayImage(2, 1, Float32Array.of(0.6, 1));
  const photometry: Photometry = {
    ...NONE,
    contrast: [0.5, 0.5],
    shade: { ellipses: 400, transparency: [-1, -1], blur: [1, 1] },
  };
  const outcomes = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    const { data } = photometricAugment(image, new Random(seed), photometry);
    outcomes.add(Array.from(data, (value) => value.toFixed(2)).join());
  }
  assert.ok(outcomes.size >= 2, [...outcomes].join(' '));
});
