import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { decodeNpz, encodeNpz } from '../../src/files/npz.js';
import { decodeFeaturesNpz, encodeFeaturesNpz } from '../../src/formats/features-npz.js';
import { someFeatures } from './fixture.js';

suite('features as npz', () => {
  test('gives back features, also none', () => {
    for (const features of [someFeatures(5, 4), someFeatures(0, 256)]) {
      assert.deepEqual(decodeFeaturesNpz(encodeFeaturesNpz(features)), features);
    }
  });

  test('refuses arrays that are missing or disagree', () => {
    assert.throws(() => decodeFeaturesNpz(encodeNpz({})), /lacks the array keypoints/);
    const features = someFeatures(3, 4);
    const short = { ...features, scores: features.scores.subarray(1) };
    assert.throws(() => encodeFeaturesNpz(short), /shape \[3\] but 2 values/);
    const lying = encodeNpz({
      ...decodeNpz(encodeFeaturesNpz(features)),
      scores: { dims: [2], data: short.scores },
    });
    assert.throws(() => decodeFeaturesNpz(lying), /disagree/);
  });
});
