import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeNpz } from '../../src/files/npz.js';
import { decodeSafetensors } from '../../src/files/safetensors.js';
import { decodeFeaturesNpz, encodeFeaturesNpz, npzOrigin } from '../../src/formats/features-npz.js';
import {
  decodeFeaturesSafetensors,
  encodeFeaturesSafetensors,
  safetensorsOrigin,
} from '../../src/formats/features-safetensors.js';
import { someFeatures } from './fixture.js';

const FORMATS = {
  npz: { encode: encodeFeaturesNpz, decode: decodeFeaturesNpz, originIn: npzOrigin },
  safetensors: {
    encode: encodeFeaturesSafetensors,
    decode: decodeFeaturesSafetensors,
    originIn: safetensorsOrigin,
  },
};

for (const [format, { encode, decode, originIn }] of Object.entries(FORMATS)) {
  test(`${format}: features come back whole, also none`, () => {
    for (const features of [someFeatures(7, 256), someFeatures(0, 256), someFeatures(3, 0)]) {
      if (features.count > 0 || format === 'safetensors')
        assert.deepEqual(decode(encode(features)), features);
    }
  });

  test(`${format}: half makes scores and descriptors smaller and leaves keypoints exact`, () => {
    const features = someFeatures(40, 256);
    const [whole, half] = [encode(features), encode(features, { half: true })];
    // but for the padding of the header
    assert.ok(Math.abs(whole.length - half.length - 2 * 40 * 257) <= 8);
    const read = decode(half);
    assert.deepEqual(read.keypoints, features.keypoints);
    for (const kind of ['scores', 'descriptors'] as const) {
      for (const [i, value] of read[kind].entries()) {
        assert.ok(Math.abs(value - features[kind][i]) <= Math.abs(features[kind][i]) / 2048 + 1e-7);
      }
    }
  });

  test(`${format}: the origin is found in the first bytes`, () => {
    const bytes = encode(someFeatures(5, 8), { origin: 'abc123', exif: 'ignore' });
    assert.equal(originIn(bytes.subarray(0, 512)), 'abc123');
    for (const other of [
      encode(someFeatures(5, 8)),
      new Uint8Array(),
      new Uint8Array(64),
      bytes.subarray(0, 20),
    ]) {
      assert.equal(originIn(other), undefined);
    }
  });
}

test('whether EXIF was applied stands in the file', () => {
  for (const exif of ['apply', 'ignore'] as const) {
    const { exif_applied } = decodeNpz(encodeFeaturesNpz(someFeatures(1, 2), { exif }));
    assert.deepEqual([...exif_applied.data], [exif === 'apply' ? 1 : 0]);
    assert.equal(
      decodeSafetensors(encodeFeaturesSafetensors(someFeatures(1, 2), { exif })).metadata.exif,
      exif,
    );
  }
});
