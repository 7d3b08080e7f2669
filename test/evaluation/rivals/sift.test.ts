import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { siftFeatures } from '../../../src/evaluation/rivals/sift.js';
import { siftDescriptor } from '../../../src/evaluation/rivals/sift-descriptor.js';
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

  test('a descriptor sees two cells and a half to each side, and puts each side in its histograms', () => {
    // at scale 2 a cell is 6 px wide
    const [side, centre] = [81, 40];
    const describe = (dx: number, dy: number) => {
      const data = new Float32Array(side * side);
      data[(centre + dy) * side + centre + dx] = 255;
      const descriptor = new Float32Array(128);
      const keypoint = { octave: 0, layer: 1, x: centre, y: centre, scale: 2, response: 1, angle: 0 };
      siftDescriptor({ width: side, height: side, data }, keypoint, descriptor, 0);
      const cells = Array.from({ length: 16 }, (_, n) => n).filter((n) =>
        descriptor.subarray(8 * n, 8 * n + 8).some((value) => value > 0),
      );
      return { rows: [...new Set(cells.map((n) => n >> 2))], columns: [...new Set(cells.map((n) => n % 4))] };
    };
    for (const [dx, dy] of [
      [17, 0],
      [-17, 0],
      [0, 17],
      [0, -17],
    ]) {
      assert.deepEqual(describe(dx, dy), { rows: [], columns: [] }, `${dx}, ${dy}`);
    }
    assert.deepEqual(describe(15, 0), { rows: [1, 2], columns: [3] });
    assert.deepEqual(describe(-15, 0), { rows: [1, 2], columns: [0] });
    assert.deepEqual(describe(0, 15), { rows: [3], columns: [1, 2] });
    assert.deepEqual(describe(0, -15), { rows: [0], columns: [1, 2] });
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
