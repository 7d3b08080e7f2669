import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { rankedPrecision } from '../../../src/evaluation/metrics/average-precision.js';
import { matchErrors, matchingMetrics } from '../../../src/evaluation/metrics/matching-metrics.js';
import { matchPair } from '../../../src/evaluation/rivals/match-pair.js';
import { identityHomography, translationHomography } from '../../../src/geometry/homography.js';
import { assertClose } from '../../assert-close.js';
import { featuresOf } from '../features.js';

suite('average precision of a ranking', () => {
  test('is the mean precision at the correct entries', () => {
    assertClose([rankedPrecision([true, false, true])], [(1 + 2 / 3) / 2]);
    assertClose([rankedPrecision([false, true])], [1 / 2]);
    assert.equal(rankedPrecision([true, true]), 1);
    assert.equal(rankedPrecision([false, false]), 0);
    assert.equal(rankedPrecision([]), 0);
  });
});

suite('matching metrics', () => {
  const H = translationHomography(10, 0);

  test('errors are distances from where the truth maps the point, in view 1', () => {
    const a = featuresOf([[10, 10, 1, 0]]);
    const b = featuresOf([[23, 14, 1, 0]]);
    assertClose(matchErrors(a, b, [0], [0], H), [5]);
  });

  test('by hand: one right, one wrong, one outside the shared view', async () => {
    const a = featuresOf([
      [10, 10, 1, 0], // right, distance .1
      [30, 30, 0, 1], // wrong, distance 0
      [95, 50, 5, 5], // beyond the edge of view 1
    ]);
    const b = featuresOf([
      [20, 13, 1, 0.1], // exactly 3 px off
      [60, 60, 0, 1],
      [40, 30, -3, -3], // what the second should have found
    ]);
    const metrics = matchingMetrics(a, b, await matchPair(a, b), H, 3);
    // Ranked by distance: wrong (0), right (.1); the third proposes nothing, for view 1 does not see it.
    assertClose([metrics.nnMap], [1 / 2]);
    // View 0 has two points in the shared view, view 1 three; one mutual match is right.
    assertClose([metrics.matchingScore], [2 / 5]);
    assert.equal(metrics.correctMatches, 1);
    assertClose([metrics.precision], [1 / metrics.matches]);
  });

  test('equal pictures match perfectly', async () => {
    const a = featuresOf([
      [10, 10, 1, 0],
      [30, 30, 0, 1],
    ]);
    const metrics = matchingMetrics(a, a, await matchPair(a, a), identityHomography(), 3);
    assert.deepEqual(metrics, { nnMap: 1, matchingScore: 1, precision: 1, matches: 2, correctMatches: 2 });
  });

  test('no points give zeros', async () => {
    const none = featuresOf([]);
    const metrics = matchingMetrics(none, none, await matchPair(none, none), H, 3);
    assert.deepEqual(metrics, { nnMap: 0, matchingScore: 0, precision: 0, matches: 0, correctMatches: 0 });
  });
});
