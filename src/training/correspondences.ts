/**
 * True correspondences for the dual-softmax loss: one in each cell of view 0, at its labelled keypoint if
 * it has one and else at a random place, and where view 1 shows it.
 */
import { cubicWeights } from '../features/sample-descriptors.js';
import { CELL, CLASSES } from '../network/architecture.js';
import { Random } from '../random.js';
import type { PairBatch } from './batches.js';

/** Arrays of `CorrespondenceValues` in network/descriptor-loss.ts, for a batch of N pairs. */
export interface Correspondences {
  /** [2, N, P, 2] */
  readonly points: Float32Array;
  /** [2, N, P, Hc] */
  readonly rowWeights: Float32Array;
  /** [2, N, P, Wc] */
  readonly columnWeights: Float32Array;
  /** [N, P] */
  readonly importance: Float32Array;
  /** [2, N, P] */
  readonly present: Float32Array;
}

/** Where a point lies that a view does not show: near none that it does. */
const NOWHERE = -1e4;

/** Writes the weights of a line of `cells` descriptors at pixel `x`: cubic, continued by its edges. */
function writeWeights(
  x: number,
  cells: number,
  target: Float32Array,
  start: number,
  taps: Float64Array,
): void {
  const position = (x - (CELL - 1) / 2) / CELL;
  const cell = Math.floor(position);
  cubicWeights(position - cell, taps);
  for (let tap = 0; tap < 4; tap++) {
    const at = Math.min(cells - 1, Math.max(0, cell - 1 + tap));
    target[start + at] = target[start + at]! + taps[tap]!;
  }
}

/** The pixel of a cell that is labelled, as its class, or -1. */
function labelledClass(targets: Float32Array, start: number, cells: number, cell: number): number {
  let best = -1;
  let most = 0.25;
  for (let k = 0; k < CLASSES - 1; k++) {
    const value = targets[start + k * cells + cell]!;
    if (value > most) [best, most] = [k, value];
  }
  return best;
}

/**
 * The correspondences of pairs first … first + count - 1 of a batch. The places in cells without a
 * keypoint are drawn from the pair's homography alone, so a batch always gives the same ones.
 *
 * @param backgroundImportance weight of a correspondence without a keypoint, where one with counts 1.
 */
export function correspondencesOf(
  batch: PairBatch,
  first: number,
  count: number,
  backgroundImportance: number,
): Correspondences {
  const { width, height } = batch;
  const [rows, columns] = [height / CELL, width / CELL];
  const cells = rows * columns;
  const points = new Float32Array(2 * count * cells * 2).fill(NOWHERE);
  const rowWeights = new Float32Array(2 * count * cells * rows);
  const columnWeights = new Float32Array(2 * count * cells * columns);
  const importance = new Float32Array(count * cells);
  const present = new Float32Array(2 * count * cells);
  const taps = new Float64Array(4);
  for (let n = 0; n < count; n++) {
    const pair = first + n;
    const H_0to1 = batch.H_0to1.subarray(9 * pair, 9 * pair + 9);
    const random = new Random(`correspondences ${H_0to1}`);
    for (let cell = 0; cell < cells; cell++) {
      const place = n * cells + cell;
      const label = labelledClass(batch.targets0, pair * CLASSES * cells, cells, cell);
      const [dx, dy] = [random.between(-0.5, CELL - 0.5), random.between(-0.5, CELL - 0.5)];
      const x0 = CELL * (cell % columns) + (label < 0 ? dx : label % CELL);
      const y0 = CELL * Math.floor(cell / columns) + (label < 0 ? dy : Math.floor(label / CELL));
      const depth = H_0to1[6]! * x0 + H_0to1[7]! * y0 + H_0to1[8]!;
      const x1 = (H_0to1[0]! * x0 + H_0to1[1]! * y0 + H_0to1[2]!) / depth;
      const y1 = (H_0to1[3]! * x0 + H_0to1[4]! * y0 + H_0to1[5]!) / depth;
      if (batch.masks0[pair * cells + cell] === 0) continue;
      const isInside = depth > 0 && x1 >= 0 && y1 >= 0 && x1 <= width - 1 && y1 <= height - 1;
      const cell1 = Math.floor((y1 + 0.5) / CELL) * columns + Math.floor((x1 + 0.5) / CELL);
      const isShared = isInside && batch.masks1[pair * cells + cell1] !== 0;
      if (isShared) importance[place] = label < 0 ? backgroundImportance : 1;
      for (const [view, x, y] of [
        [0, x0, y0],
        [1, x1, y1],
      ].slice(0, isShared ? 2 : 1) as [number, number, number][]) {
        const at = view * count * cells + place;
        present[at] = 1;
        points[2 * at] = x;
        points[2 * at + 1] = y;
        writeWeights(y, rows, rowWeights, at * rows, taps);
        writeWeights(x, columns, columnWeights, at * columns, taps);
      }
    }
  }
  return { points, rowWeights, columnWeights, importance, present };
}
