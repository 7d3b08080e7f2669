import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyRectangle, tilesOf } from '../../src/features/tiles.js';

test('the cores cover the map once; tiles hold their margin and the largest area', () => {
  for (const [wide, high, margin, maxArea] of [
    [160, 120, 6, 12800],
    [1000, 750, 6, 12800],
    [7, 300, 2, 100],
    [40, 40, 3, 1600],
    [33, 21, 1, 30],
  ]) {
    const seen = new Uint8Array(wide * high);
    const tiles = tilesOf(wide, high, margin, maxArea);
    for (const { core, outer } of tiles) {
      assert.ok(outer.wide * outer.high <= maxArea, `${outer.wide}x${outer.high}`);
      assert.deepEqual(
        [outer.left, outer.top, outer.left + outer.wide, outer.top + outer.high],
        [
          Math.max(0, core.left - margin),
          Math.max(0, core.top - margin),
          Math.min(wide, core.left + core.wide + margin),
          Math.min(high, core.top + core.high + margin),
        ],
      );
      for (let y = core.top; y < core.top + core.high; y++) {
        for (let x = core.left; x < core.left + core.wide; x++) seen[y * wide + x]++;
      }
    }
    assert.ok(seen.every((times) => times === 1));
    assert.equal(tiles.length === 1, wide * high <= maxArea);
  }
});

test('a map without a small enough tile stays whole', () => {
  assert.equal(tilesOf(50, 40, 100, 100).length, 1);
});

test('a rectangle is copied row by row, values of a place together', () => {
  const from = Int16Array.from({ length: 24 }, (_, i) => i); // 4 wide, 3 high, 2 values a place
  const to = new Int16Array(2 * 3 * 3);
  copyRectangle(from, 4, 1, 1, to, 3, { left: 1, top: 0, wide: 2, high: 2 }, 2);
  assert.deepEqual([...to], [0, 0, 10, 11, 12, 13, 0, 0, 18, 19, 20, 21, 0, 0, 0, 0, 0, 0]);
});
