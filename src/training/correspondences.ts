/**
 * True correspondences for the descriptor's loss: one in each cell of view 0, at a keypoint of the cell, as
 * exactly as its label is, or at a random place where the cell has none; and where view 1 shows it.
 */
import { cubicWeights } from '../features/sample-descriptors.js';
import type { Homography } from '../geometry/homography.js';
import { CELL } from '../network/architecture.js';
import type { Random } from '../random.js';

/** Coordinate of a point that is not there: near none that is, yet finite. */
export const NOWHERE = -1e4;

/** P points of one view of each of N pairs, and how to read the descriptor map [Hc, Wc] there. */
export interface SampledPoints {
  /** [N, P, 2] x, y in pixels; far outside where the view does not show the point. */
  readonly points: Float32Array<ArrayBuffer>;
  /** [N, P, Hc] and [N, P, Wc]: cubic weights of the map's rows and columns. */
  readonly rowWeights: Float32Array<ArrayBuffer>;
  readonly columnWeights: Float32Array<ArrayBuffer>;
  /** [N, P]: 1 where the view shows the point. */
  readonly present: Float32Array<ArrayBuffer>;
}

/** Point p of view 1 is what point p of view 0 shows; P is the number of cells. */
export interface Correspondences {
  readonly view0: SampledPoints;
  /** A point that view 1 shows, view 0 shows too. */
  readonly view1: SampledPoints;
  /** [N, P]: 1 where the point of view 0 is a labelled keypoint, 0 where it is a random place. */
  readonly isKeypoint: Float32Array<ArrayBuffer>;
}

/** Correspondences of `count` pairs of this size, none of them present. */
export function emptyCorrespondences(count: number, width: number, height: number): Correspondences {
  const [rows, columns] = [height / CELL, width / CELL];
  const points = count * rows * columns;
  const none = (): SampledPoints => ({
    points: new Float32Array(2 * points).fill(NOWHERE),
    rowWeights: new Float32Array(points * rows),
    columnWeights: new Float32Array(points * columns),
    present: new Float32Array(points),
  });
  return { view0: none(), view1: none(), isKeypoint: new Float32Array(points) };
}

/** A pair whose views are in their batches already. */
export interface FilledPair {
  readonly width: number;
  readonly height: number;
  /** [N, Hc, Wc] of the batch's views 0 and 1: 1 where a cell counts. */
  readonly masks0: Float32Array;
  readonly masks1: Float32Array;
  readonly H_0to1: Homography;
  /** [2N] x, y of view 0 in pixels, and the one of each cell, as `chooseKeypoints` gives it. */
  readonly keypoints0: ArrayLike<number>;
  readonly chosen0: Int32Array;
}

/** Writes the correspondences of the pair in place `index` of its views' batches. */
export function fillCorrespondences(
  { view0, view1, isKeypoint }: Correspondences,
  index: number,
  { width, height, masks0, masks1, H_0to1, keypoints0, chosen0 }: FilledPair,
  random: Random,
): void {
  const [rows, columns] = [height / CELL, width / CELL];
  const cells = rows * columns;
  for (const [cell, k] of chosen0.entries()) {
    const place = index * cells + cell;
    if (masks0[place] === 0) continue;
    const within = () => random.between(-0.5, CELL - 0.5);
    const x0 = k < 0 ? CELL * (cell % columns) + within() : keypoints0[2 * k];
    const y0 = k < 0 ? CELL * Math.floor(cell / columns) + within() : keypoints0[2 * k + 1];
    isKeypoint[place] = k < 0 ? 0 : 1;
    writePoint(view0, place, x0, y0, rows, columns);

    const depth = H_0to1[6] * x0 + H_0to1[7] * y0 + H_0to1[8];
    const x1 = (H_0to1[0] * x0 + H_0to1[1] * y0 + H_0to1[2]) / depth;
    const y1 = (H_0to1[3] * x0 + H_0to1[4] * y0 + H_0to1[5]) / depth;
    if (!(depth > 0 && x1 >= 0 && y1 >= 0 && x1 <= width - 1 && y1 <= height - 1)) continue;
    const cell1 = Math.floor((y1 + 0.5) / CELL) * columns + Math.floor((x1 + 0.5) / CELL);
    if (masks1[index * cells + cell1] !== 0) writePoint(view1, place, x1, y1, rows, columns);
  }
}

function writePoint(
  view: SampledPoints,
  place: number,
  x: number,
  y: number,
  rows: number,
  columns: number,
): void {
  view.present[place] = 1;
  view.points[2 * place] = x;
  view.points[2 * place + 1] = y;
  writeWeights(y, view.rowWeights.subarray(place * rows, (place + 1) * rows));
  writeWeights(x, view.columnWeights.subarray(place * columns, (place + 1) * columns));
}

const taps = new Float64Array(4);

/** Adds the weights of a line of descriptors at pixel `x`: cubic, continued by its edges. */
function writeWeights(x: number, line: Float32Array): void {
  const position = (x - (CELL - 1) / 2) / CELL;
  const cell = Math.floor(position);
  cubicWeights(position - cell, taps);
  for (let tap = 0; tap < 4; tap++) {
    line[Math.min(line.length - 1, Math.max(0, cell - 1 + tap))] += taps[tap];
  }
}
