import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FormatError } from '../../src/files/format-error.js';
import { encodeNpz } from '../../src/files/npz.js';
import { decodeFeaturesJson } from '../../src/formats/features-json.js';
import { decodeFeaturesNpz } from '../../src/formats/features-npz.js';

/** A picture with one keypoint, as JSON. */
const json = (changed: string) => {
  const fields = `"name":"a","width":9,"height":7,"keypoints":[[1,2]],"scores":[0.5],"descriptors":[[1]],${changed}`;
  return `[{${fields}}]`;
};

test('sizes and numbers that cannot be are refused, whatever the format', () => {
  assert.equal(decodeFeaturesJson(json('"width":9'))[0].features.count, 1);
  const cases: [changed: string, message: RegExp][] = [
    ['"width":-1', /^features file: picture a: expected a width and height in whole pixels, got -1x7$/],
    ['"height":0', /got 9x0$/],
    ['"height":1e999', /got 9xInfinity$/],
    ['"width":1.5', /got 1.5x7$/],
    ['"keypoints":[[1,1e999]]', /expected keypoints to be finite numbers, got Infinity$/],
    ['"keypoints":[[1,"two"]]', /expected keypoints to be finite numbers, got NaN$/],
    ['"scores":[{}]', /expected scores to be finite numbers, got NaN$/],
    ['"descriptors":[[1e39]]', /expected descriptors to be finite numbers, got Infinity$/],
  ];
  for (const [changed, message] of cases) {
    assert.throws(
      () => decodeFeaturesJson(json(changed)),
      (error: Error) => {
        assert.match(error.message, message);
        return error instanceof FormatError;
      },
    );
  }
  const npz = encodeNpz({
    keypoints: { dims: [1, 2], data: Float32Array.of(1, Number.NaN) },
    scores: { dims: [1], data: Float32Array.of(1) },
    descriptors: { dims: [1, 1], data: Float32Array.of(1) },
    image_size: { dims: [2], data: Int32Array.of(9, 7) },
  });
  assert.throws(
    () => decodeFeaturesNpz(npz),
    /^FormatError: features \.npz: expected keypoints to be finite/,
  );
});
