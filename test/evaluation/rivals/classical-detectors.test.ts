import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { akaze, orb, signsOfBits } from '../../../src/evaluation/rivals/binary-features.js';
import { fast, harris, randomPoints, shiTomasi } from '../../../src/evaluation/rivals/classical-detectors.js';
import { openRival, RIVAL_NAMES } from '../../../src/evaluation/rivals/rivals.js';
import { grayImage } from '../../../src/image/image.js';
import { resizeImage } from '../../../src/image/resize.js';
import { clutter } from '../scenes.js';

const SETTINGS = { maxKeypoints: 50, nmsRadius: 4, detectionThreshold: 0.001 };

/** A white square on black, somewhat blurred, corners at 20 and 59 in x, 15 and 44 in y. */
function square() {
  const image = grayImage(320, 240);
  for (let y = 61; y < 179; y++) image.data.fill(1, y * 320 + 82, y * 320 + 239);
  return resizeImage(image, 80, 60);
}

suite('classical detectors', () => {
  for (const open of [harris, shiTomasi, fast]) {
    test(`${open.name} finds the four corners of a square`, async () => {
      const { count, keypoints } = await (await open()).extract(
        square(),
        { ...SETTINGS, maxKeypoints: 4 },
        '',
      );
      assert.equal(count, 4);
      for (const [x, y] of [
        [20, 15],
        [59, 15],
        [20, 44],
        [59, 44],
      ]) {
        const near = [0, 1, 2, 3].filter(
          (n) => Math.hypot(keypoints[2 * n] - x, keypoints[2 * n + 1] - y) < 3,
        );
        assert.equal(near.length, 1, `one keypoint near (${x}, ${y})`);
      }
    });
  }

  test('keep their distance, the best first', async () => {
    const image = clutter('distance', 160, 120);
    for (const open of [harris, shiTomasi, fast]) {
      const { count, keypoints, scores } = await (await open()).extract(image, SETTINGS, '');
      assert.ok(count > 20 && count <= 50);
      for (let a = 0; a < count; a++) {
        assert.ok(a === 0 || scores[a] <= scores[a - 1]);
        for (let b = 0; b < a; b++) {
          const dx = Math.abs(keypoints[2 * a] - keypoints[2 * b]);
          const dy = Math.abs(keypoints[2 * a + 1] - keypoints[2 * b + 1]);
          assert.ok(Math.max(dx, dy) > 4);
        }
      }
    }
  });

  test('random points depend on the seed and the picture only', async () => {
    const image = grayImage(64, 48);
    const draw = async (seed: number, key: string) =>
      (await randomPoints(seed).extract(image, SETTINGS, key)).keypoints;
    assert.deepEqual(await draw(1, 'a'), await draw(1, 'a'));
    assert.notDeepEqual(await draw(1, 'a'), await draw(2, 'a'));
    assert.notDeepEqual(await draw(1, 'a'), await draw(1, 'b'));
  });
});

suite('binary features', () => {
  test('bits become signs, so that distances order as Hamming’s', () => {
    assert.deepEqual([...signsOfBits(Uint8Array.of(0, 0b101), 1, [1])], [1, -1, 1, -1, -1, -1, -1, -1]);
    const [a, b] = [signsOfBits(Uint8Array.of(0b1100), 1, [0]), signsOfBits(Uint8Array.of(0b1010), 1, [0])];
    const squared = a.reduce((sum, value, n) => sum + (value - b[n]) ** 2, 0);
    assert.equal(squared, 4 * 2);
  });

  for (const open of [orb, akaze]) {
    test(`${open.name} describes the best points`, async () => {
      const image = clutter('binary', 320, 240);
      const features = await (await open()).extract(image, SETTINGS, '');
      assert.equal(features.count, 50);
      assert.equal(features.descriptors.length, 50 * features.descriptorDim);
      assert.ok(features.descriptors.every((value) => value === 1 || value === -1));
      assert.ok(features.scores.every((score, n) => n === 0 || score <= features.scores[n - 1]));
    });
  }

  test('a flat picture has no features', async () => {
    for (const name of RIVAL_NAMES.filter((name) => name !== 'random')) {
      const rival = await openRival(name, 0);
      assert.equal((await rival.extract(grayImage(160, 120), SETTINGS, '')).count, 0, name);
    }
  });
});
