/** Comparison of number arrays with a tolerance; names the first place where they differ. */
import assert from 'node:assert/strict';

/** Fails unless both have one length and differ by at most `tolerance` everywhere. */
export function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-9): void {
  assert.equal(actual.length, expected.length, 'lengths differ');
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    assert.ok(difference <= tolerance, `at ${i}: got ${actual[i]}, expected ${expected[i]} (± ${tolerance})`);
  }
}
