import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/random.js';
import { cellMask, chooseKeypoints, oneHotTargets, softTargets } from '../../src/training/targets.js';

/** One-hot targets of keypoints. */
function oneHot(keypoints: number[], width: number, height: number, random = new Random(1)): Float32Array {
  return oneHotTargets(keypoints, chooseKeypoints(keypoints, width, height, random), width, height);
}

/** The classes of a cell that are not 0: [class, value]. */
function classesOf(targets: Float32Array, cells: number, cell: number): [number, number][] {
  const found: [number, number][] = [];
  for (let k = 0; k < 65; k++) {
    const value = targets[k * cells + cell];
    if (value !== 0) found.push([k, value]);
  }
  return found;
}

test('a point becomes the class 8 * dy + dx of its cell, other cells the dustbin', () => {
  // 24x16: three cells wide, two high; (18, 9) is pixel (2, 1) of cell 5
  const targets = oneHot([18.4, 8.6], 24, 16);
  assert.equal(targets.length, 65 * 6);
  assert.deepEqual(classesOf(targets, 6, 5), [[8 * 1 + 2, 1]]);
  for (const cell of [0, 1, 2, 3, 4]) assert.deepEqual(classesOf(targets, 6, cell), [[64, 1]]);
});

test('points outside the picture are ignored, points that round into it are not', () => {
  const outside = oneHot([-0.6, 3, 3, 15.5, Number.NaN, 2], 16, 16);
  for (let cell = 0; cell < 4; cell++) assert.deepEqual(classesOf(outside, 4, cell), [[64, 1]]);
  const inside = oneHot([-0.5, 15.4], 16, 16);
  assert.deepEqual(classesOf(inside, 4, 2), [[8 * 7, 1]]);
});

test('of three points in a cell each is chosen about as often, and exactly one', () => {
  const chosen = new Map<number, number>();
  const random = new Random('tie');
  for (let draw = 0; draw < 3000; draw++) {
    const found = classesOf(oneHot([0, 0, 3, 0, 7, 7], 8, 8, random), 1, 0);
    assert.equal(found.length, 1);
    chosen.set(found[0][0], (chosen.get(found[0][0]) ?? 0) + 1);
  }
  assert.deepEqual([...chosen.keys()].sort(), [0, 3, 63].sort());
  for (const count of chosen.values()) assert.ok(Math.abs(count - 1000) < 130, `chosen ${count} times`);
});

test('the keypoint of a cell is the one whose nearest pixel the cell has', () => {
  // 7.6 rounds to pixel 8 of the second cell; -0.6 and 15.5 round out of the picture
  const keypoints = [7.4, 3, 7.6, 3, -0.6, 3, 15.5, 3];
  assert.deepEqual([...chooseKeypoints(keypoints, 16, 8, new Random(1))], [0, 1]);
  assert.deepEqual([...chooseKeypoints([], 16, 8, new Random(1))], [-1, -1]);
});

test('soft targets split a point bilinearly, across cells too, and the dustbin takes the rest', () => {
  // (7.25, 2.5) lies between the columns 7 (first cell) and 8 (second cell), rows 2 and 3
  const targets = softTargets([7.25, 2.5], 16, 8);
  assert.deepEqual(classesOf(targets, 2, 0), [
    [8 * 2 + 7, 0.375],
    [8 * 3 + 7, 0.375],
    [64, 0.25],
  ]);
  assert.deepEqual(classesOf(targets, 2, 1), [
    [8 * 2, 0.125],
    [8 * 3, 0.125],
    [64, 0.75],
  ]);
});

test('soft targets of a crowded cell are normalised, without a dustbin', () => {
  const targets = softTargets([1, 1, 5, 5, 5, 5, 6, 6], 8, 8);
  assert.deepEqual(classesOf(targets, 1, 0), [
    [9, 0.25],
    [45, 0.5],
    [54, 0.25],
  ]);
});

test('every cell of random soft and one-hot targets sums to 1', () => {
  const random = new Random(7);
  const keypoints = Array.from({ length: 400 }, () => random.between(-5, 70));
  for (const targets of [oneHot(keypoints, 64, 64, random), softTargets(keypoints, 64, 64)]) {
    for (let cell = 0; cell < 64; cell++) {
      const sum = classesOf(targets, 64, cell).reduce((total, [, value]) => total + value, 0);
      assert.ok(Math.abs(sum - 1) < 1e-5, `cell ${cell} sums to ${sum}`);
    }
  }
});

test('a cell counts only if all of its 64 pixels are valid', () => {
  const mask = new Uint8Array(16 * 16).fill(1);
  mask[7 * 16 + 8] = 0; // last row of the second cell
  mask[15 * 16] = 0; // bottom left corner
  assert.deepEqual([...cellMask(mask, 16, 16)], [1, 0, 0, 1]);
});

test('sides that are not multiples of 8 are refused', () => {
  assert.throws(() => chooseKeypoints([], 12, 16, new Random(1)), /divisible by 8, got 12x16/);
  assert.throws(() => softTargets([], 16, 12), /divisible by 8, got 16x12/);
  assert.throws(() => cellMask(new Uint8Array(0), 16, 0), RangeError);
});
