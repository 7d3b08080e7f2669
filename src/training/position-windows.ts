/** Windows about keypoints that both views of a pair show, for the detector's position loss. */
import { type Homography, invertHomography } from '../geometry/homography.js';
import { CELL, CLASSES } from '../network/architecture.js';

/** Arrays of `WindowValues` in network/position-loss.ts: K windows of S places. */
export interface PositionWindows {
  /** [K, S] */
  readonly fine: Int32Array;
  /** [K, S, 4] */
  readonly coarse: Int32Array;
  readonly coarseWeights: Float32Array;
  /** [K] */
  readonly counts: Float32Array;
}

/** A keypoint that both views of a pair show, pixels of each. */
export interface SharedPoint {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** Pixels from a window's centre to its side: a label's own error, magnified, lies within. */
export const WINDOW_RADIUS = 4;
/** Places of a window. */
export const WINDOW_PLACES = (2 * WINDOW_RADIUS + 1) ** 2;
/** Views that differ in scale by more have no place in common to choose. */
const LARGEST_SCALE = 3;

/** Index of the class of a pixel in flat [views, 65, Hc, Wc]. */
function classIndex(view: number, x: number, y: number, width: number, height: number): number {
  const columns = width / CELL;
  const rows = height / CELL;
  const channel = CELL * (y % CELL) + (x % CELL);
  return ((view * CLASSES + channel) * rows + Math.floor(y / CELL)) * columns + Math.floor(x / CELL);
}

/** How much a homography magnifies about a point: the root of the area's factor. */
function magnification([a, b, c, d, e, f, g, h, i]: Homography, x: number, y: number): number {
  const depth = g * x + h * y + i;
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  return Math.sqrt(Math.abs(determinant / depth ** 3));
}

/**
 * The windows of N pairs, at most `perPair` of each, evenly taken from its points.
 *
 * A window lies in the view that shows the point larger, at whole pixels; each of its places is looked up
 * in the other view between four pixels. Points too near a border of either view are left out.
 *
 * @param pairs homography and shared keypoints of each pair.
 * @param width @param height of a view, multiples of 8.
 */
export function positionWindows(
  pairs: readonly { readonly H_0to1: Homography; readonly points: readonly SharedPoint[] }[],
  width: number,
  height: number,
  perPair: number,
): PositionWindows {
  const windows = pairs.length * perPair;
  const fine = new Int32Array(windows * WINDOW_PLACES);
  const coarse = new Int32Array(4 * windows * WINDOW_PLACES);
  const coarseWeights = new Float32Array(4 * windows * WINDOW_PLACES);
  const counts = new Float32Array(windows);
  let window = 0;
  for (const [n, { H_0to1, points }] of pairs.entries()) {
    const H_1to0 = invertHomography(H_0to1);
    const stride = Math.max(1, points.length / perPair);
    for (let k = 0; Math.floor(k) < points.length && window < (n + 1) * perPair; k += stride) {
      const { x0, y0, x1, y1 } = points[Math.floor(k)];
      const scale = magnification(H_0to1, x0, y0);
      if (scale > LARGEST_SCALE || scale < 1 / LARGEST_SCALE) continue;
      const inSecond = scale > 1;
      const [x, y] = inSecond ? [x1, y1] : [x0, y0];
      const views = inSecond ? [n + pairs.length, n] : [n, n + pairs.length];
      const isWhole = writeWindow([Math.round(x), Math.round(y)], inSecond ? H_1to0 : H_0to1, views, window);
      if (isWhole) counts[window++] = 1;
    }
    window = (n + 1) * perPair;
  }
  return { fine, coarse, coarseWeights, counts };

  /** Fills one window; false where a place of it lies outside either view, and the window is to be refilled. */
  function writeWindow(
    [centreX, centreY]: number[],
    [a, b, c, d, e, f, g, h, i]: Homography,
    [fineView, coarseView]: number[],
    at: number,
  ): boolean {
    let place = at * WINDOW_PLACES;
    for (let y = centreY - WINDOW_RADIUS; y <= centreY + WINDOW_RADIUS; y++) {
      for (let x = centreX - WINDOW_RADIUS; x <= centreX + WINDOW_RADIUS; x++, place++) {
        const depth = g * x + h * y + i;
        const u = (a * x + b * y + c) / depth;
        const v = (d * x + e * y + f) / depth;
        const isInside = x >= 0 && y >= 0 && x < width && y < height;
        if (!(isInside && u >= 0 && v >= 0 && u < width - 1 && v < height - 1)) return false;
        fine[place] = classIndex(fineView, x, y, width, height);
        const [left, top] = [Math.floor(u), Math.floor(v)];
        for (let corner = 0; corner < 4; corner++) {
          const [dx, dy] = [corner & 1, corner >> 1];
          coarse[4 * place + corner] = classIndex(coarseView, left + dx, top + dy, width, height);
          coarseWeights[4 * place + corner] =
            (dx === 1 ? u - left : 1 - u + left) * (dy === 1 ? v - top : 1 - v + top);
        }
      }
    }
    return true;
  }
}
