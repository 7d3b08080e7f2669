import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pointsModel } from '../../src/features/points-model.js';
import { SuperPoint } from '../../src/features/superpoint.js';
import { createSession, tensor } from '../../src/graph/session.js';
import { type GrayImage, grayImage } from '../../src/image/image.js';
import { readModel } from '../../src/network/model-file.js';
import { synthesize } from '../../src/synthetic/synthesize.js';

async function run(model: Uint8Array, { width, height, data }: GrayImage) {
  const session = await createSession(model, { threads: 1 });
  const results = await session.run({ image: tensor(data, [1, 1, height, width]) });
  await session.release();
  return {
    dims: Object.fromEntries(Object.entries(results).map(([name, { dims }]) => [name, dims])),
    keypoints: results.keypoints.data as Float32Array,
    scores: results.scores.data as Float32Array,
    descriptors: results.descriptors?.data as Float32Array | undefined,
  };
}

test('the model finds the points of detect, with its scores and descriptors, at any size', async () => {
  const model = await readModel('superpoint-small-int8');
  const superpoint = await SuperPoint.load({ model, threads: 1 });
  try {
    for (const [width, height, index] of [
      [160, 120, 1],
      [123, 89, 2],
    ] as const) {
      const { image } = synthesize('points', index, { width, height, kind: 'multiplePolygons' });
      const options = { detectionThreshold: 0.001, nmsRadius: 3, borderMargin: 2, cornerRadius: 4 };
      const expected = await superpoint.detect(image, { ...options, maxKeypoints: 60, scales: [1] });
      const found = await run(pointsModel(model, 60, options), image);
      assert.deepEqual(found.dims, { keypoints: [60, 2], scores: [60], descriptors: [60, 128] });
      const count = found.scores.filter((score) => score > 0).length;
      assert.ok(expected.count > 20 && count > 20);
      let same = 0;
      for (let n = 0; n < expected.count; n++) {
        for (let k = 0; k < count; k++) {
          const [dx, dy] = [0, 1].map(
            (axis) => expected.keypoints[2 * n + axis] - found.keypoints[2 * k + axis],
          );
          if (Math.hypot(dx, dy) > 0.01) continue;
          same++;
          assert.ok(Math.abs(expected.scores[n] - found.scores[k]) < 1e-5);
          for (let c = 0; c < 128; c++) {
            const difference = expected.descriptors[128 * n + c] - found.descriptors![128 * k + c];
            assert.ok(Math.abs(difference) < 1e-3);
          }
        }
      }
      assert.ok(same >= 0.95 * expected.count, `${same} of ${expected.count}`);
    }
  } finally {
    await superpoint.dispose();
  }
});

test('scores fall, and a picture with fewer points has scores of 0 behind its last', async () => {
  const model = await readModel('magicpoint');
  const bytes = pointsModel(model, 50);
  const flat = await run(bytes, grayImage(8, 8));
  assert.deepEqual(flat.dims, { keypoints: [50, 2], scores: [50] });
  assert.ok(flat.scores.every((score) => score === 0));
  const { image } = synthesize('points', 3, { width: 96, height: 72, kind: 'star' });
  const { scores, keypoints } = await run(bytes, image);
  const count = scores.filter((score) => score > 0).length;
  assert.ok(count > 2 && count < 50);
  for (let n = 1; n < 50; n++) assert.ok(scores[n] <= scores[n - 1]);
  for (let n = 0; n < count; n++) {
    const [x, y] = keypoints.subarray(2 * n, 2 * n + 2);
    assert.ok(x >= 0 && x <= 95 && y >= 0 && y <= 71);
  }
});

test('a number of points that is none is refused', async () => {
  const model = await readModel('magicpoint');
  for (const points of [0, 1.5, Number.POSITIVE_INFINITY]) {
    assert.throws(() => pointsModel(model, points), /RangeError: expected .*got/);
  }
});
