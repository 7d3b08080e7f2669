import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { rankedPrecision } from '../../../src/evaluation/metrics/average-precision.js';
import { matchErrors, matchingMetrics } from '../../../src/evaluation/metrics/matching-metrics.js';
import { nearestNeighbours } from '../../../src/evaluation/rivals/nearest-neighbours.js';
import { identityHomography, translationHomography } from '../../../src/geometry/homography.js';
import { Random } from '../../../src/random.js';
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

suite('nearest neighbours', () => {
  test('agree with a plain search for descriptors of any norm', async () => {
    const random = new Random('neighbours');
    const rows = (count: number) =>
      Array.from({ length: count }, (): [number, number, ...number[]] => [
        0,
        0,
        ...Array.from({ length: 8 }, () => random.integer(0, 255)),
      ]);
    const [a, b] = [rows(40), rows(30)];
    const squared = (i: number, j: number) =>
      a[i].slice(2).reduce((sum, value, d) => sum + (value - b[j].slice(2)[d]) ** 2, 0);
    const nearest = a.map((_, i) =>
      b.reduce((best, _, j) => (squared(i, j) < squared(i, best) ? j : best), 0),
    );
    const { nearest0, distances0, mutual } = await nearestNeighbours(featuresOf(a, 8), featuresOf(b, 8));
    assert.deepEqual([...nearest0], nearest);
    assertClose(
      distances0,
      nearest.map((j, i) => Math.sqrt(squared(i, j))),
      1e-4,
    );
    for (let m = 0; m < mutual.count; m++) {
      const [i, j] = [mutual.indices0[m], mutual.indices1[m]];
      assert.ok(a.every((_, other) => squared(other, j) >= squared(i, j)));
    }
    const isMutual = (i: number) => a.every((_, k) => squared(k, nearest[i]) >= squared(i, nearest[i]));
    assert.equal(mutual.count, a.filter((_, i) => isMutual(i)).length);
  });

  test('have no partner in an empty picture', async () => {
    const { nearest0, mutual } = await nearestNeighbours(featuresOf([[1, 1, 1, 0]]), featuresOf([]));
    assert.deepEqual([...nearest0], [-1]);
    assert.equal(mutual.count, 0);
    // OpenCV gives descriptors of length 0 where it finds no point.
    const empty = await nearestNeighbours(featuresOf([[1, 1, 1, 0]]), featuresOf([], 0));
    assert.deepEqual([...empty.nearest0], [-1]);
  });

  test('refuse descriptors of different lengths, and none', async () => {
    const two = featuresOf([[1, 1, 1, 0]]);
    const three = featuresOf([[1, 1, 1, 0, 0]], 3);
    await assert.rejects(nearestNeighbours(two, three), /one length in both pictures, got 2 and 3/);
    const none = featuresOf([[1, 1]], 0);
    await assert.rejects(nearestNeighbours(none, none), RangeError);
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
    const metrics = matchingMetrics(a, b, await nearestNeighbours(a, b), H, 3);
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
    const metrics = matchingMetrics(a, a, await nearestNeighbours(a, a), identityHomography(), 3);
    assert.deepEqual(metrics, { nnMap: 1, matchingScore: 1, precision: 1, matches: 2, correctMatches: 2 });
  });

  test('no points give zeros', async () => {
    const none = featuresOf([]);
    const metrics = matchingMetrics(none, none, await nearestNeighbours(none, none), H, 3);
    assert.deepEqual(metrics, { nnMap: 0, matchingScore: 0, precision: 0, matches: 0, correctMatches: 0 });
  });
});
