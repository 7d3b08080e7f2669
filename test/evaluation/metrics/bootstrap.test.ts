import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { bootstrap, meanOf } from '../../../src/evaluation/metrics/bootstrap.js';
import { Random } from '../../../src/random.js';
import { assertClose } from '../../assert-close.js';

suite('bootstrap', () => {
  const random = new Random('normal values');
  const values = Array.from({ length: 400 }, () => random.normal(5, 2));

  test('finds the interval of a mean that theory gives', () => {
    const { value, low, high } = bootstrap(values, meanOf);
    assertClose([value], [meanOf(values)]);
    // 1.96 standard errors of 2 / sqrt(400) to either side, known to about a tenth.
    assertClose([value - low, high - value], [0.196, 0.196], 0.03);
  });

  test('is the same for the same seed and differs for another', () => {
    assert.deepEqual(bootstrap(values, meanOf), bootstrap(values, meanOf));
    assert.notEqual(bootstrap(values, meanOf, { seed: 1 }).low, bootstrap(values, meanOf).low);
  });

  test('has no width for equal values and no numbers for none', () => {
    assert.deepEqual(bootstrap([3, 3, 3], meanOf), { value: 3, low: 3, high: 3 });
    assert.ok(Number.isNaN(bootstrap([], meanOf).low));
  });

  test('means leave out what is not a number', () => {
    assert.equal(meanOf([1, Number.NaN, 3]), 2);
    assert.ok(Number.isNaN(meanOf([])));
  });
});
