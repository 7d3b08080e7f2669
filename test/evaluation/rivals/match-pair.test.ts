import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { matchPair } from '../../../src/evaluation/rivals/match-pair.js';
import { matchFeatures } from '../../../src/matching/match-features.js';
import { Random } from '../../../src/random.js';
import { assertClose } from '../../assert-close.js';
import { featuresOf } from '../features.js';

type Row = [number, number, ...number[]];

function rowsOf(count: number, dim: number, value: () => number): Row[] {
  return Array.from({ length: count }, () => [0, 0, ...Array.from({ length: dim }, value)]);
}

suite('matches of a pair', () => {
  test('of descriptors of length 1 are those of matchFeatures', async () => {
    const random = new Random('units');
    const unit = (row: Row): Row => {
      const norm = Math.hypot(...row);
      return [0, 0, ...row.slice(2).map((value) => value / norm)];
    };
    const [a, b] = [50, 40].map((count) =>
      featuresOf(rowsOf(count, 16, () => random.normal()).map(unit), 16),
    );
    const { mutual, neighbours0 } = await matchPair(a, b);
    const shipped = await matchFeatures(a, b);
    assert.deepEqual([mutual.indices0, mutual.indices1], [shipped.indices0, shipped.indices1]);
    assert.ok(mutual.count > 5);
    const proposed = Array.from(mutual.indices0, (i) => neighbours0.indices[i]);
    assert.deepEqual(proposed, [...mutual.indices1]);
  });

  test('of descriptors of other lengths are by the angle between them', async () => {
    const a = featuresOf([
      [0, 0, 100, 1],
      [0, 0, 1, 20],
    ]);
    const b = featuresOf([
      [0, 0, 0, 0.5],
      [0, 0, 3, 0],
    ]);
    const { mutual } = await matchPair(a, b);
    assert.deepEqual([...mutual.indices1], [1, 0]);
    assertClose(mutual.similarities, [100 / Math.hypot(100, 1), 20 / Math.hypot(1, 20)], 1e-6);
  });

  test('of binary descriptors are by Hamming distance, the first of equal ones', async () => {
    const random = new Random('bits');
    // As many bits as no power of two: AKAZE has 488.
    const dim = 24;
    const bit = () => (random.uniform() < 0.5 ? -1 : 1);
    const [a, b] = [rowsOf(60, dim, bit), rowsOf(50, dim, bit)];
    const hamming = (x: Row, y: Row) => x.reduce((sum, value, n) => sum + (value === y[n] ? 0 : 1), 0);
    const nearest = a.map((row) => {
      const distances = b.map((other) => hamming(row, other));
      return distances.indexOf(Math.min(...distances));
    });
    const { neighbours0 } = await matchPair(featuresOf(a, dim), featuresOf(b, dim));
    assert.deepEqual([...neighbours0.indices], nearest);
    // Each different bit takes 2 of 64 from the product.
    const expected = nearest.map((j, i) => 1 - (2 * hamming(a[i], b[j])) / 64);
    assert.deepEqual([...neighbours0.similarities], expected);
  });

  test('of an empty picture are none, whatever the length of its descriptors', async () => {
    const one = featuresOf([[1, 1, 1, 0]]);
    for (const dim of [2, 0]) {
      const { neighbours0, mutual } = await matchPair(one, featuresOf([], dim));
      assert.deepEqual([...neighbours0.indices], [-1]);
      assert.equal(mutual.count, 0);
    }
    assert.equal((await matchPair(featuresOf([], 0), featuresOf([], 0))).mutual.count, 0);
  });

  test('refuse descriptors of different lengths, and none', async () => {
    const two = featuresOf([[1, 1, 1, 0]]);
    const three = featuresOf([[1, 1, 1, 0, 0]], 3);
    await assert.rejects(matchPair(two, three), /descriptors of one length, got 2 and 3/);
    const none = featuresOf([[1, 1]], 0);
    await assert.rejects(matchPair(none, none), RangeError);
  });
});
