import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CAMERA_CHANGES, type CameraChanges, cameraView } from '../../src/image/camera.js';
import { grayImage } from '../../src/image/image.js';
import { addGlare, castShadow, changeGamma, vignette } from '../../src/image/light.js';
import { addShotNoise } from '../../src/image/noise.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';
import { blobImage } from './blob.js';

/** All changes off. Tests switch single ones on. */
const NONE = Object.fromEntries(
  Object.entries(CAMERA_CHANGES).map(([name, change]) => [
    name,
    typeof change === 'number' ? 0 : { ...change, probability: 0 },
  ]),
) as unknown as CameraChanges;

const always = <K extends keyof CameraChanges>(name: K): CameraChanges => ({
  ...NONE,
  [name]: { ...(CAMERA_CHANGES[name] as object), probability: 1 },
});

test('without any change the picture stays, and the input is never touched', () => {
  const image = blobImage(40, 30, 20, 15, 5);
  const before = image.data.slice();
  assertClose(cameraView(image, new Random(1), NONE).data, before, 1e-6);
  assertClose(cameraView(image, new Random(1), { ...CAMERA_CHANGES, clean: 1 }).data, before, 0);
  for (let seed = 0; seed < 40; seed++) cameraView(image, new Random(seed), CAMERA_CHANGES);
  assertClose(image.data, before, 0);
});

test('each change alone changes the picture and stays in [0, 1], at odd and tiny sizes', () => {
  const names = Object.keys(CAMERA_CHANGES).filter((name) => name !== 'clean') as (keyof CameraChanges)[];
  assert.equal(names.length, 11);
  for (const name of names) {
    const image = blobImage(48, 40, 20, 15, 9);
    assert.notDeepEqual(cameraView(image, new Random(3), always(name)).data, image.data, name);
    for (const [width, height] of [
      [161, 119],
      [8, 8],
      [1, 1],
      [3, 50],
    ] as const) {
      const { data } = cameraView(blobImage(width, height, 1, 1, 20), new Random(name), always(name));
      assert.ok(
        data.every((value) => value >= 0 && value <= 1),
        `${name} at ${width}x${height}`,
      );
    }
  }
});

test('equal generators give equal pictures, others give others', () => {
  const image = blobImage(64, 48, 30, 20, 9);
  const draw = (seed: number) => cameraView(image, new Random(seed), CAMERA_CHANGES).data;
  assert.deepEqual(draw(3), draw(3));
  assert.notDeepEqual(draw(3), draw(4));
});

test('views stay clean as often as told', () => {
  const image = blobImage(16, 16, 8, 8, 4);
  let clean = 0;
  for (let n = 0; n < 2000; n++) {
    const { data } = cameraView(image, new Random(7).fork(n), { ...always('gamma'), clean: 0.25 });
    if (data.every((value, i) => value === image.data[i])) clean++;
  }
  assert.ok(clean > 430 && clean < 570, `${clean} of 2000`);
});

test('gamma is a power, a shadow keeps its share of light on the dark side only', () => {
  const flat = grayImage(50, 10, new Float32Array(500).fill(0.5));
  assertClose(changeGamma(flat, 2).data, new Float32Array(500).fill(0.25), 1e-6);
  const { data } = castShadow(flat, { light: 0.2, x: 25, y: 5, angle: 0, softness: 1 });
  assertClose([data[250], data[299], data[275]], [0.1, 0.5, 0.3], 1e-4);
});

test('glare is strongest at its centre, a vignette darkens the corners by its loss', () => {
  const flat = grayImage(41, 31, new Float32Array(41 * 31).fill(0.5));
  const lit = addGlare(flat, { x: 20, y: 15, size: 5, strength: 0.4 }).data;
  assertClose([lit[15 * 41 + 20], lit[15 * 41 + 25], lit[0]], [0.9, 0.5 + 0.4 * Math.exp(-0.5), 0.5], 1e-4);
  const dimmed = vignette(flat, 0.6).data;
  assertClose([dimmed[15 * 41 + 20], dimmed[0], dimmed[41 * 31 - 1]], [0.5, 0.2, 0.2], 1e-6);
});

test("a sensor's noise grows with the light: a quarter of the variance stays in the dark", () => {
  const half = 20000;
  const data = new Float32Array(2 * half).fill(0.8, half);
  addShotNoise(data, new Random(1), 0.05);
  const variance = (from: number, mean: number) =>
    data.subarray(from, from + half).reduce((sum, value) => sum + (value - mean) ** 2, 0) / half;
  assertClose([variance(0, 0) / 0.05 ** 2, variance(half, 0.8) / 0.05 ** 2], [0.25, 1.75], 0.1);
});
