import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FormatError } from '../../src/files/format-error.js';
import {
  decodeFeaturesJson,
  encodeFeaturesJson,
  type NamedFeatures,
} from '../../src/formats/features-json.js';
import { someFeatures } from './fixture.js';

async function textOf(pictures: NamedFeatures[]): Promise<string> {
  let text = '';
  for await (const piece of encodeFeaturesJson(pictures)) text += piece;
  return text;
}

suite('features as JSON', () => {
  test('gives back every bit of the features of several pictures', async () => {
    const pictures = [
      { name: 'a.jpg', features: someFeatures(4, 3) },
      { name: 'folder/"b".png', features: someFeatures(1, 256) },
    ];
    assert.deepEqual(decodeFeaturesJson(await textOf(pictures)), pictures);
  });

  test('writes the documented fields with short numbers', async () => {
    const features = {
      width: 8,
      height: 9,
      count: 1,
      keypoints: new Float32Array([0.1, 2]),
      scores: new Float32Array([0.7]),
      descriptors: new Float32Array([0.6, 0.8]),
      descriptorDim: 2,
    };
    const text = await textOf([{ name: 'x', features }]);
    assert.equal(
      text,
      '[\n{"name":"x","width":8,"height":9,"keypoints":[[0.1,2]],"scores":[0.7],"descriptors":[[0.6,0.8]]}\n]\n',
    );
  });

  test('handles no pictures and pictures without points', async () => {
    assert.deepEqual(decodeFeaturesJson(await textOf([])), []);
    const [picture] = decodeFeaturesJson(await textOf([{ name: 'empty', features: someFeatures(0, 256) }]));
    assert.equal(picture.features.count, 0);
    assert.equal(picture.features.keypoints.length, 0);
  });

  test('refuses other texts', () => {
    const point = { name: 'a', width: 8, height: 8, keypoints: [[1, 2]], scores: [1], descriptors: [[1, 0]] };
    for (const text of [
      '[{',
      '{}',
      '[null]',
      '[{"name":"a"}]',
      JSON.stringify([{ ...point, scores: [1, 1] }]),
      JSON.stringify([{ ...point, keypoints: [[1]] }]),
    ]) {
      assert.throws(() => decodeFeaturesJson(text), FormatError, text);
    }
  });
});
