import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { colmapKeypointsText, colmapMatchesText } from '../../src/formats/colmap.js';
import { someFeatures } from './fixture.js';

suite('COLMAP text files', () => {
  test('moves keypoints by half a pixel and fills 128 descriptor numbers', () => {
    const keypoints = new Float32Array([0, 0, 10.25, 7]);
    const text = colmapKeypointsText({ ...someFeatures(2, 256), keypoints });
    const lines = text.split('\n').map((line) => line.split(' ').map(Number));
    assert.deepEqual(lines[0], [2, 128]);
    assert.deepEqual(lines[1], [0.5, 0.5, 1, 0, ...new Array(128).fill(0)]);
    assert.deepEqual(lines[2].slice(0, 4), [10.75, 7.5, 1, 0]);
    assert.ok(text.endsWith(' 0\n'));
  });

  test('lists matches by index and ends the pair with an empty line', () => {
    const matches = {
      count: 2,
      indices0: new Int32Array([0, 5]),
      indices1: new Int32Array([3, 1]),
      similarities: new Float32Array([1, 1]),
    };
    assert.equal(colmapMatchesText('a.jpg', 'b/c.jpg', matches), 'a.jpg b/c.jpg\n0 3\n5 1\n\n');
    assert.throws(() => colmapMatchesText('a b.jpg', 'c.jpg', matches), /white space/);
  });
});
