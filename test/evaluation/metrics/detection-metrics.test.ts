import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  isOnPicture,
  pointsInSharedView,
  repeatability,
} from '../../../src/evaluation/metrics/detection-metrics.js';
import { identityHomography, translationHomography } from '../../../src/geometry/homography.js';
import { assertClose } from '../../assert-close.js';

const SIZE = { width: 20, height: 10 };

suite('repeatability', () => {
  test('counts the outermost pixel centres as part of the picture', () => {
    assert.ok(isOnPicture(0, 0, SIZE));
    assert.ok(isOnPicture(19, 9, SIZE));
    assert.ok(!isOnPicture(19.01, 9, SIZE));
    assert.ok(!isOnPicture(0, -0.01, SIZE));
  });

  test('keeps the points that the homography maps onto the other view', () => {
    const points = [0, 0, 4, 5, 5, 5, 19, 9];
    assert.deepEqual([...pointsInSharedView(points, translationHomography(-5, 0), SIZE)], [2, 3]);
  });

  test('is 1 with no error for equal points', () => {
    const points = [1, 1, 5, 5, 9, 2];
    const [{ repeatability: share, localisationError, count0, count1 }] = repeatability(
      points,
      points,
      identityHomography(),
      SIZE,
      SIZE,
      [3],
    );
    assert.deepEqual([share, localisationError, count0, count1], [1, 0, 3, 3]);
  });

  test('counts both sides, each point by its nearest, a distance of ε included', () => {
    // View 1 lies 2 px to the right: (4, 4) → (6, 4) and (10, 4) → (12, 4).
    const points0 = [4, 4, 10, 4];
    const points1 = [6, 7, 6, 4.5, 12, 8];
    const [result] = repeatability(points0, points1, translationHomography(2, 0), SIZE, SIZE, [3]);
    // Of view 0: .5 and 4. Of view 1: 3, .5 and 4.
    assertClose([result.repeatability], [3 / 5]);
    assertClose([result.localisationError], [(0.5 + 3 + 0.5) / 3]);
  });

  test('drops what the other view does not see before it counts the best', () => {
    // Only points of view 0 with x < 15 are seen after the shift by 5.
    const points0 = [18, 5, 17, 5, 3, 5, 8, 5];
    const points1 = [1, 1, 8, 5, 13, 5];
    const [all] = repeatability(points0, points1, translationHomography(5, 0), SIZE, SIZE, [1]);
    assert.deepEqual([all.count0, all.count1, all.repeatability], [2, 2, 1]);
    const [best] = repeatability(points0, points1, translationHomography(5, 0), SIZE, SIZE, [1], 1);
    assert.deepEqual([best.count0, best.count1, best.repeatability], [1, 1, 1]);
  });

  test('gives one result for each ε', () => {
    const results = repeatability([5, 5], [5, 7], identityHomography(), SIZE, SIZE, [1, 2, 3]);
    assert.deepEqual(
      results.map((result) => result.repeatability),
      [0, 1, 1],
    );
    assert.ok(Number.isNaN(results[0].localisationError));
  });

  test('is 0 when one view has no points and not a number when neither has', () => {
    const [one] = repeatability([], [5, 5], identityHomography(), SIZE, SIZE, [3]);
    assert.equal(one.repeatability, 0);
    const [none] = repeatability([], [], identityHomography(), SIZE, SIZE, [3]);
    assert.ok(Number.isNaN(none.repeatability));
  });
});
