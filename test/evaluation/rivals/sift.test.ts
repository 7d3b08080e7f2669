import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { siftFeatures } from '../../../src/evaluation/rivals/sift.js';
import { readImage } from '../../../src/image/codec.js';
import { grayImage } from '../../../src/image/image.js';

const FIXTURES = new URL('../../../../test/evaluation/fixtures/', import.meta.url);

interface OpenCvFeature {
  readonly x: number;
  readonly y: number;
  readonly response: number;
  readonly descriptor: readonly number[];
}

suite('SIFT', () => {
  test('finds and describes what OpenCV finds', async () => {
    const text = await readFile(new URL('sift.json', FIXTURES), 'utf8');
    const { features: expected } = JSON.parse(text) as { features: OpenCvFeature[] };
    const picture = await readImage(fileURLToPath(new URL('sift.png', FIXTURES)));
    const found = await siftFeatures(picture, Number.POSITIVE_INFINITY);
    const { keypoints, scores, descriptors } = found;

    const isNear = (n: number, { x, y, response, descriptor }: OpenCvFeature) =>
      Math.hypot(keypoints[2 * n] - x, keypoints[2 * n + 1] - y) < 0.02 &&
      Math.abs(scores[n] - response) < 1e-4 &&
      Math.hypot(...descriptor.map((value, d) => value - descriptors[128 * n + d])) < 40;
    const indices = Array.from({ length: found.count }, (_, n) => n);
    const missing = expected.filter((feature) => !indices.some((n) => isNear(n, feature)));
    assert.ok(missing.length <= 0.02 * expected.length, `${missing.length} of ${expected.length} missing`);
    assert.ok(Math.abs(found.count - expected.length) <= 0.02 * expected.length, `${found.count} found`);
  });

  test('keeps the best by descending response', async () => {
    const picture = await readImage(fileURLToPath(new URL('sift.png', FIXTURES)));
    const all = await siftFeatures(picture, Number.POSITIVE_INFINITY);
    const best = await siftFeatures(picture, 20);
    assert.equal(best.count, 20);
    assert.deepEqual(best.scores, all.scores.slice(0, 20));
    assert.ok(best.scores.every((score, n) => n === 0 || score <= best.scores[n - 1]));
  });

  test('finds nothing in a flat picture, however small', async () => {
    for (const [width, height] of [
      [64, 48],
      [8, 8],
      [3, 20],
    ]) {
      assert.equal((await siftFeatures(grayImage(width, height), 100)).count, 0);
    }
  });
});
