import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleDescriptors } from '../../src/features/sample-descriptors.js';
import { Random } from '../../src/random.js';

/** Keys' kernel (a = -1/2) written as the piecewise cubic of the paper, summed over the whole map. */
function oracle(map: Float32Array, dim: number, high: number, wide: number, x: number, y: number): number[] {
  const kernel = (distance: number) => {
    const s = Math.abs(distance);
    if (s < 1) return 1.5 * s ** 3 - 2.5 * s ** 2 + 1;
    return s < 2 ? -0.5 * s ** 3 + 2.5 * s ** 2 - 4 * s + 2 : 0;
  };
  const u = (x - 3.5) / 8;
  const v = (y - 3.5) / 8;
  const sum = new Array<number>(dim).fill(0);
  for (let j = -3; j < high + 3; j++) {
    for (let i = -3; i < wide + 3; i++) {
      const weight = kernel(u - i) * kernel(v - j);
      const cell = Math.min(high - 1, Math.max(0, j)) * wide + Math.min(wide - 1, Math.max(0, i));
      for (let c = 0; c < dim; c++) sum[c] += weight * map[c * high * wide + cell];
    }
  }
  const norm = Math.hypot(...sum);
  return sum.map((value) => value / norm);
}

const [dim, high, wide] = [12, 5, 7];
const random = new Random('descriptors');
const map = new Float32Array(dim * high * wide).map(() => random.normal());
/** The map [dim, high, wide] as the network gives it, channels last. */
const cellsOf = (data: Float32Array, size: number, cellsHigh: number, cellsWide: number) => ({
  dim: size,
  cellsHigh,
  cellsWide,
  data: data.map((_, i) => data[(i % size) * cellsHigh * cellsWide + Math.floor(i / size)]),
});
const cells = cellsOf(map, dim, high, wide);
const assertClose = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5) => {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    assert.ok(Math.abs(actual[i] - expected[i]) <= tolerance, `[${i}] ${actual[i]} for ${expected[i]}`);
  }
};

test('bicubic sampling equals the kernel summed over the whole map, also at the edges', () => {
  const points = new Float32Array(80).map((_, i) =>
    random.between(0, i % 2 === 0 ? 8 * wide - 1 : 8 * high - 1),
  );
  points.set([0, 0, 8 * wide - 1, 8 * high - 1], 0);
  const sampled = sampleDescriptors(cells, points);
  for (let n = 0; n < 40; n++) {
    assertClose(
      sampled.subarray(n * dim, (n + 1) * dim),
      oracle(map, dim, high, wide, points[2 * n], points[2 * n + 1]),
    );
  }
});

test('at the centre of a cell both interpolations give its vector, of length 1', () => {
  const cell = 2 * wide + 3;
  const vector = Float32Array.from({ length: dim }, (_, c) => map[c * high * wide + cell]);
  const norm = Math.hypot(...vector);
  for (const interpolation of ['bicubic', 'bilinear'] as const) {
    const at = Float32Array.of(8 * 3 + 3.5, 8 * 2 + 3.5);
    assertClose(
      sampleDescriptors(cells, at, { interpolation }),
      vector.map((v) => v / norm),
    );
  }
});

test('halfway between two cells bilinear gives their mean', () => {
  const ramp = Float32Array.of(1, 0, 0, 1); // [2 channels, 1 high, 2 wide]: (1, 0) and (0, 1)
  const halfway = sampleDescriptors(cellsOf(ramp, 2, 1, 2), Float32Array.of(7.5, 2), {
    interpolation: 'bilinear',
  });
  assertClose(halfway, [Math.SQRT1_2, Math.SQRT1_2], 1e-6);
});

test('a linear ramp is sampled exactly on each named grid', () => {
  // Channel 0 is the column, channel 1 is 1: the ratio of the two tells the position on the map.
  const columns = 10;
  const ramp = new Float32Array(2 * columns).map((_, i) => (i < columns ? i : 1));
  const positions = {
    exact: (x: number) => (x - 3.5) / 8,
    superglue: (x: number) => ((x - 3.5) * 9) / 75.5,
    magicleap: (x: number) => (x / 8) * 0.9,
  };
  for (const samplingGrid of ['exact', 'superglue', 'magicleap'] as const) {
    for (const x of [13.25, 40, 66]) {
      const options = { interpolation: 'bilinear', samplingGrid } as const;
      const [a, b] = sampleDescriptors(cellsOf(ramp, 2, 1, columns), Float32Array.of(x, 0), options);
      assert.ok(Math.abs(a / b - positions[samplingGrid](x)) < 1e-5);
    }
  }
});

test('vectors in 16 bits give the same descriptors', () => {
  const peak = Math.max(...cells.data.map(Math.abs));
  const whole = Int16Array.from(cells.data, (value) => Math.round((32767 * value) / peak));
  const points = Float32Array.from({ length: 20 }, () => random.between(0, 8 * high));
  assertClose(sampleDescriptors({ ...cells, data: whole }, points), sampleDescriptors(cells, points), 2e-4);
});

test('the zero vector stays zero instead of becoming NaN', () => {
  assertClose(sampleDescriptors(cellsOf(new Float32Array(8), 2, 2, 2), Float32Array.of(4, 4)), [0, 0], 0);
});

test('unknown names and wrong lengths are refused', () => {
  const at = Float32Array.of(4, 4);
  assert.throws(
    () => sampleDescriptors({ ...cells, cellsWide: high }, at),
    /expected 5x5x12 values, got 420/,
  );
  // @ts-expect-error a caller without types
  assert.throws(() => sampleDescriptors(cells, at, { interpolation: 'cubic' }), /'cubic'/);
  // @ts-expect-error a caller without types
  assert.throws(() => sampleDescriptors(cells, at, { samplingGrid: 'sg' }), /'sg'/);
});
