import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  above,
  given,
  type Kernel,
  kernel,
  larger,
  MAX_REACH,
  minus,
  over,
  plus,
  read,
  rowProgram,
  times,
  where,
} from '../../src/image/row-kernels.js';
import { Random } from '../../src/random.js';

const BYTES = 4;
const ROOM = 64;

/** Runs a kernel on rows of random numbers; the rows, and what it wrote. */
function compute(one: Kernel, length: number, numbers: readonly number[] = []) {
  const random = new Random('rows');
  const program = rowProgram({ one })();
  const count = one.rows + one.results.length;
  const memory = program.numbers(BYTES * ROOM * (count + 1));
  const starts = Array.from({ length: count }, (_, n) => ROOM * n + MAX_REACH);
  for (let i = 0; i < one.rows * ROOM; i++) memory[i] = random.normal();
  program.run.one(...starts.map((start) => BYTES * start), ...numbers, length);
  const at = (row: number, x: number) => memory[starts[row] + x];
  return { at, result: (n: number, x: number) => at(one.rows + n, x) };
}

test('terms are computed at each place, in floats of 32 bits', () => {
  const length = 21;
  const difference = minus(read(0, 2), read(1, -MAX_REACH));
  const one = kernel(
    2,
    [
      plus(times(difference, difference), given(1)),
      larger(over(difference, 4), given(0)),
      where(read(1), above(difference, 0.25)),
    ],
    2,
  );
  const { at, result } = compute(one, length, [0.1, -3]);
  for (let x = 0; x < length; x++) {
    const expected = Math.fround(at(0, x + 2) - at(1, x - MAX_REACH));
    assert.equal(result(0, x), Math.fround(Math.fround(expected * expected) - 3));
    assert.equal(result(1, x), Math.max(expected / 4, Math.fround(0.1)));
    assert.equal(result(2, x), expected > 0.25 ? at(1, x) : 0);
  }
});

test('more terms than a byte counts are computed as well', () => {
  const rows = 3;
  const shared = Array.from({ length: 130 }, (_, n) => times(read(n % rows, (n % 7) - 3), n));
  const sum = shared.map((term) => times(term, term)).reduce((total, term) => plus(total, term));
  const { at, result } = compute(kernel(rows, [sum]), 8);
  for (let x = 0; x < 8; x++) {
    let expected = 0;
    for (let n = 0; n < 130; n++) expected += (n * at(n % rows, x + (n % 7) - 3)) ** 2;
    assert.ok(Math.abs(result(0, x) - expected) < 1e-4 * expected, `${result(0, x)} for ${expected}`);
  }
});

test('a memory grows and keeps what was in it', () => {
  const program = rowProgram({ copy: kernel(1, [read(0)]) })();
  const before = program.numbers(BYTES * 100);
  before[40] = 7;
  const after = program.numbers(10 ** 6);
  assert.ok(after.length >= 250_000);
  assert.equal(after[40], 7);
  program.run.copy(BYTES * 40, BYTES * 200_000, 1);
  assert.equal(after[200_000], 7);
});
