/**
 * What the detector should answer: keypoints turned into one distribution over 65 classes per 8x8 cell
 * (§3.4 of DeTone et al. 2018), and which cells count in the loss.
 */
import type { Random } from '../random.js';

/** Side of a cell in pixels. */
const CELL = 8;
/** The class that means "no keypoint in this cell". */
const DUSTBIN = CELL * CELL;

/** `one`: one point of a cell, as a one-hot row. `soft`: sub-pixel points split over their four pixels. */
export type TargetKind = 'one' | 'soft';

/** Throws unless both sides are positive multiples of the cell. */
function requireWholeCells(width: number, height: number): void {
  if (!(width > 0 && height > 0 && width % CELL === 0 && height % CELL === 0)) {
    throw new RangeError(`expected a width and height divisible by ${CELL}, got ${width}x${height}`);
  }
}

/**
 * The targets of one picture: [65, height / 8, width / 8], each cell's 65 values sum to 1.
 * Class 8 * dy + dx is the pixel (dx, dy) of the cell, class 64 the dustbin.
 *
 * With `one` a point belongs to its nearest pixel, and of several points in a cell one is chosen at
 * random, each as likely. With `soft` a point gives bilinear weights to the four pixels around it (also
 * across cells); the dustbin takes what is missing from 1, and a cell holding more than 1 is normalised.
 * Points outside the picture are ignored.
 *
 * @param keypoints [2N] x, y in pixels.
 * @throws RangeError when a side is not a multiple of 8.
 */
export function detectorTargets(
  keypoints: ArrayLike<number>,
  width: number,
  height: number,
  kind: TargetKind,
  random: Random,
): Float32Array {
  requireWholeCells(width, height);
  return kind === 'one'
    ? oneHotTargets(keypoints, width, height, random)
    : softTargets(keypoints, width, height);
}

function oneHotTargets(
  keypoints: ArrayLike<number>,
  width: number,
  height: number,
  random: Random,
): Float32Array {
  const cellsWide = width / CELL;
  const cells = cellsWide * (height / CELL);
  const chosen = new Uint8Array(cells).fill(DUSTBIN);
  const seen = new Uint16Array(cells);
  for (let i = 0; i + 1 < keypoints.length; i += 2) {
    const x = Math.floor(keypoints[i] + 0.5);
    const y = Math.floor(keypoints[i + 1] + 0.5);
    if (!(x >= 0 && x < width && y >= 0 && y < height)) continue;
    const cell = (y >> 3) * cellsWide + (x >> 3);
    seen[cell]++;
    // The n-th point of a cell replaces the choice with probability 1/n: all are as likely in the end.
    if (seen[cell] === 1 || random.integer(1, seen[cell]) === 1) chosen[cell] = CELL * (y & 7) + (x & 7);
  }
  const targets = new Float32Array(65 * cells);
  for (let cell = 0; cell < cells; cell++) targets[chosen[cell] * cells + cell] = 1;
  return targets;
}

function softTargets(keypoints: ArrayLike<number>, width: number, height: number): Float32Array {
  const cellsWide = width / CELL;
  const cells = cellsWide * (height / CELL);
  const targets = new Float32Array(65 * cells);
  const sums = new Float32Array(cells);
  const add = (x: number, y: number, weight: number) => {
    if (!(weight > 0 && x >= 0 && x < width && y >= 0 && y < height)) return;
    const cell = (y >> 3) * cellsWide + (x >> 3);
    targets[(CELL * (y & 7) + (x & 7)) * cells + cell] += weight;
    sums[cell] += weight;
  };
  for (let i = 0; i + 1 < keypoints.length; i += 2) {
    const x = Math.floor(keypoints[i]);
    const y = Math.floor(keypoints[i + 1]);
    const right = keypoints[i] - x;
    const below = keypoints[i + 1] - y;
    add(x, y, (1 - right) * (1 - below));
    add(x + 1, y, right * (1 - below));
    add(x, y + 1, (1 - right) * below);
    add(x + 1, y + 1, right * below);
  }
  for (let cell = 0; cell < cells; cell++) {
    if (sums[cell] < 1) targets[DUSTBIN * cells + cell] = 1 - sums[cell];
    else for (let k = 0; k < DUSTBIN; k++) targets[k * cells + cell] /= sums[cell];
  }
  return targets;
}

/**
 * Which cells count: [height / 8 * width / 8], 1 where all 64 pixels of the cell are valid, else 0.
 *
 * @param mask [height * width], not 0 = valid.
 * @throws RangeError when a side is not a multiple of 8.
 */
export function cellMask(mask: Uint8Array, width: number, height: number): Float32Array {
  requireWholeCells(width, height);
  const cellsWide = width / CELL;
  const valid = new Float32Array(cellsWide * (height / CELL)).fill(1);
  for (let y = 0; y < height; y++) {
    const row = (y >> 3) * cellsWide;
    for (let x = 0; x < width; x++) {
      if (mask[y * width + x] === 0) valid[row + (x >> 3)] = 0;
    }
  }
  return valid;
}
