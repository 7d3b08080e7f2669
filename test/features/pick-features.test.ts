import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { pickFeatures, pickRows } from '../../src/features/pick-features.js';

suite('chosen points', () => {
  test('are the rows at the indices, in their order', () => {
    const rows = [1, 2, 3, 4, 5, 6];
    assert.deepEqual(pickRows(rows, 2, [2, 0, 2]), Float32Array.of(5, 6, 1, 2, 5, 6));
    assert.deepEqual(pickRows(rows, 3, []), new Float32Array());
    assert.deepEqual(pickRows([0.1], 1, [0], new Float64Array(1)), Float64Array.of(0.1));
  });

  test('keep keypoints, scores and descriptors together', () => {
    const features = {
      width: 9,
      height: 8,
      count: 3,
      keypoints: Float32Array.of(0, 1, 2, 3, 4, 5),
      scores: Float32Array.of(0.75, 0.5, 0.25),
      descriptors: Float32Array.of(1, 0, 0, 1, -1, 0),
      descriptorDim: 2,
    };
    assert.deepEqual(pickFeatures(features, [2, 0]), {
      ...features,
      count: 2,
      keypoints: Float32Array.of(4, 5, 0, 1),
      scores: Float32Array.of(0.25, 0.75),
      descriptors: Float32Array.of(-1, 0, 1, 0),
    });
    const without = { ...features, descriptors: new Float32Array(), descriptorDim: 0 };
    assert.equal(pickFeatures(without, [1]).descriptors.length, 0);
  });
});
