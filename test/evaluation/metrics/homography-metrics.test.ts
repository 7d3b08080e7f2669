import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  areaUnderRecall,
  cornerError,
  correctness,
} from '../../../src/evaluation/metrics/homography-metrics.js';
import {
  identityHomography,
  scaleHomography,
  translationHomography,
} from '../../../src/geometry/homography.js';
import { assertClose } from '../../assert-close.js';

const SIZE = { width: 640, height: 480 };

suite('homography metrics', () => {
  test('a shift by (3, 4) is wrong by 5 px at every corner', () => {
    assertClose([cornerError(translationHomography(3, 4), identityHomography(), SIZE)], [5]);
  });

  test('the scale of the matrix does not matter', () => {
    const scaled = translationHomography(3, 4).map((value) => -7 * value);
    assertClose([cornerError(scaled, identityHomography(), SIZE)], [5]);
  });

  test('corners are pixel centres or the ends of the picture', () => {
    // Doubling about the centre of the top-left pixel moves a corner by its own distance from there.
    const doubling = Float64Array.of(2, 0, 0, 0, 2, 0, 0, 0, 1);
    const centres = (0 + 639 + 479 + Math.hypot(639, 479)) / 4;
    assertClose([cornerError(doubling, identityHomography(), SIZE, 'pixelCentres')], [centres], 1e-9);
    // Doubling about the picture's own corner leaves that corner where it is.
    const about = scaleHomography(2, 2);
    const edges = (0 + 640 + 480 + Math.hypot(640, 480)) / 4;
    assertClose([cornerError(about, identityHomography(), SIZE, 'pictureEdges')], [edges], 1e-9);
  });

  test('a failed estimate and one with a corner on the horizon are infinitely wrong', () => {
    assert.equal(cornerError(null, identityHomography(), SIZE), Number.POSITIVE_INFINITY);
    const horizon = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 0);
    assert.equal(cornerError(horizon, identityHomography(), SIZE), Number.POSITIVE_INFINITY);
  });

  test('correctness counts errors up to the threshold, failures in the whole', () => {
    const errors = [0.5, 3, 3.01, Number.POSITIVE_INFINITY];
    assert.equal(correctness(errors, 3), 0.5);
    assert.equal(correctness(errors, 0.1), 0);
  });

  test('the area under the recall curve by hand', () => {
    // (0, 0) → (1, 1/2) → (2, 1), then level to 5: .25 + .75 + 3 of 5.
    assertClose([areaUnderRecall([2, 1], 5)], [4 / 5]);
    // The second never comes: (0, 0) → (1, 1/2), level to 5.
    assertClose([areaUnderRecall([1, Number.POSITIVE_INFINITY], 5)], [(0.25 + 2) / 5]);
    assertClose([areaUnderRecall([0, 0], 5)], [1]);
    assertClose([areaUnderRecall([6, 7], 5)], [0]);
    assert.ok(Number.isNaN(areaUnderRecall([], 5)));
  });
});
