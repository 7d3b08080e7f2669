/**
 * What the detector should answer: keypoints turned into one distribution over 65 classes per 8x8 cell
 * (§3.4 of DeTone et al. 2018), and which cells count in the loss.
 */
import { CELL, CLASSES } from '../network/architecture.js';
import type { Random } from '../random.js';

/** The class that means "no keypoint in this cell". */
const DUSTBIN = CLASSES - 1;

/** `one`: one point of a cell, as a one-hot row. `soft`: sub-pixel points split over their four pixels. */
export type TargetKind = 'one' | 'soft';

/** Throws unless both sides are positive multiples of the cell. */
export function requireWholeCells(width: number, height: number): void {
  if (!(width > 0 && height > 0 && width % CELL === 0 && height % CELL === 0)) {
    throw new RangeError(`expected a width and height divisible by ${CELL}, got ${width}x${height}`);
  }
}

/** Index, in row-major order, of the cell that has the pixel. */
function cellOf(x: number, y: number, width: number): number {
  return Math.floor(y / CELL) * (width / CELL) + Math.floor(x / CELL);
}

/** Class of a pixel in its cell: 8 dy + dx. */
function classOf(x: number, y: number): number {
  return CELL * (y % CELL) + (x % CELL);
}

/**
 * One keypoint of each cell: [height / 8 * width / 8] its index, or -1 where the cell has none. A keypoint
 * belongs to the cell of its nearest pixel; of several in a cell one is chosen at random, each as likely.
 * Keypoints outside the picture are ignored.
 *
 * @param keypoints [2N] x, y in pixels.
 */
export function chooseKeypoints(
  keypoints: ArrayLike<number>,
  width: number,
  height: number,
  random: Random,
): Int32Array {
  requireWholeCells(width, height);
  const cells = (width * height) / CELL ** 2;
  const chosen = new Int32Array(cells).fill(-1);
  const seen = new Uint16Array(cells);
  for (let i = 0; i + 1 < keypoints.length; i += 2) {
    const x = Math.floor(keypoints[i] + 0.5);
    const y = Math.floor(keypoints[i + 1] + 0.5);
    if (!(x >= 0 && x < width && y >= 0 && y < height)) continue;
    const cell = cellOf(x, y, width);
    seen[cell]++;
    // The n-th point of a cell replaces the choice with probability 1/n: all are as likely in the end.
    if (seen[cell] === 1 || random.integer(1, seen[cell]) === 1) chosen[cell] = i / 2;
  }
  return chosen;
}

/**
 * The paper's targets of one picture: [65, height / 8, width / 8], each cell's 65 values are one 1 at the
 * pixel nearest to its chosen keypoint, class 8 * dy + dx, or at class 64, the dustbin.
 *
 * @param keypoints [2N] x, y in pixels.
 * @param chosen the keypoint of each cell, as `chooseKeypoints` gives it.
 */
export function oneHotTargets(
  keypoints: ArrayLike<number>,
  chosen: Int32Array,
  width: number,
  height: number,
): Float32Array {
  requireWholeCells(width, height);
  const cells = chosen.length;
  const targets = new Float32Array(CLASSES * cells);
  for (const [cell, k] of chosen.entries()) {
    const label =
      k < 0 ? DUSTBIN : classOf(Math.floor(keypoints[2 * k] + 0.5), Math.floor(keypoints[2 * k + 1] + 0.5));
    targets[label * cells + cell] = 1;
  }
  return targets;
}

/**
 * Targets that keep the sub-pixel part: each keypoint gives bilinear weights to the four pixels around it,
 * also across cells; the dustbin takes what is missing from 1, and a cell holding more than 1 is
 * normalised. Weights outside the picture are ignored.
 *
 * @param keypoints [2N] x, y in pixels.
 * @returns [65, height / 8, width / 8], each cell's 65 values sum to 1.
 * @throws RangeError when a side is not a multiple of 8.
 */
export function softTargets(keypoints: ArrayLike<number>, width: number, height: number): Float32Array {
  requireWholeCells(width, height);
  const cells = (width * height) / CELL ** 2;
  const targets = new Float32Array(CLASSES * cells);
  const sums = new Float32Array(cells);
  const add = (x: number, y: number, weight: number) => {
    if (!(weight > 0 && x >= 0 && x < width && y >= 0 && y < height)) return;
    const cell = cellOf(x, y, width);
    targets[classOf(x, y) * cells + cell] += weight;
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
  const valid = new Float32Array((width * height) / CELL ** 2).fill(1);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (mask[y * width + x] === 0) valid[cellOf(x, y, width)] = 0;
    }
  }
  return valid;
}
