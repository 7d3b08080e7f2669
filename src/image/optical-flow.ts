/** Points followed from one frame to the next by their surroundings: Lucas-Kanade on pyramids (Bouguet 2001). */
import type { GrayImage } from './image.js';
import { resizeImage } from './resize.js';

export interface FlowOptions {
  /** Pixels of the surroundings to each side of a point. @default 7 */
  readonly radius?: number;
  /** Mean difference of the surroundings in two frames, at most, beside a change of brightness. @default 0.06 */
  readonly maxDifference?: number;
}

/** Where points have gone. */
export interface Flow {
  /** [N, 2] */
  readonly points: Float64Array;
  /** [N] 1 = followed, 0 = lost: left the frame, was covered, or has nothing to hold on to. */
  readonly found: Uint8Array;
}

const ITERATIONS = 12;
/** A step that is too small to matter, in pixels. */
const CLOSE_ENOUGH = 0.02;
/** Least eigenvalue of the mean gradient matrix of something to hold on to, grey in [0, 1]. */
const LEAST_TEXTURE = 2e-5;

/** The frame, and the same at half the size, and so on. */
export function flowPyramid(frame: GrayImage, levels = 4): GrayImage[] {
  const pyramid = [frame];
  while (pyramid.length < levels) {
    const { width, height } = pyramid[pyramid.length - 1];
    if (Math.min(width, height) < 32) break;
    pyramid.push(resizeImage(pyramid[pyramid.length - 1], width >> 1, height >> 1));
  }
  return pyramid;
}

/** Fills `window`, a square of `side` pixels around (x, y), bilinear. @returns whether all of it is in the picture. */
function sample(
  { width, height, data }: GrayImage,
  x: number,
  y: number,
  side: number,
  window: Float32Array,
): boolean {
  const reach = (side - 1) / 2;
  const [left, top] = [Math.floor(x - reach), Math.floor(y - reach)];
  if (!(left >= 0 && top >= 0 && left + side < width && top + side < height)) return false;
  const [fx, fy] = [x - reach - left, y - reach - top];
  for (let row = 0, at = 0; row < side; row++) {
    let from = (top + row) * width + left;
    for (let column = 0; column < side; column++, at++, from++) {
      const upper = data[from] + fx * (data[from + 1] - data[from]);
      const lower = data[from + width] + fx * (data[from + width + 1] - data[from + width]);
      window[at] = upper + fy * (lower - upper);
    }
  }
  return true;
}

/** What holds a point: its surroundings, their slopes, and what solves for a step. */
class Template {
  readonly #side: number;
  readonly #outer: Float32Array;
  readonly #values: Float32Array;
  readonly #slopesX: Float32Array;
  readonly #slopesY: Float32Array;
  readonly #seen: Float32Array;
  #mean = 0;
  #inverse = [0, 0, 0];

  constructor(radius: number) {
    this.#side = 2 * radius + 1;
    const count = this.#side ** 2;
    this.#outer = new Float32Array((this.#side + 2) ** 2);
    [this.#values, this.#slopesX, this.#slopesY, this.#seen] = [0, 1, 2, 3].map(
      () => new Float32Array(count),
    );
  }

  /** Takes the surroundings of a point. @returns whether there is something to hold on to. */
  take(image: GrayImage, x: number, y: number): boolean {
    const side = this.#side;
    const count = side * side;
    if (!sample(image, x, y, side + 2, this.#outer)) return false;
    let [xx, xy, yy, sum, sumX, sumY] = [0, 0, 0, 0, 0, 0];
    for (let row = 0, at = 0; row < side; row++) {
      let from = (row + 1) * (side + 2) + 1;
      for (let column = 0; column < side; column++, at++, from++) {
        const slopeX = (this.#outer[from + 1] - this.#outer[from - 1]) / 2;
        const slopeY = (this.#outer[from + side + 2] - this.#outer[from - side - 2]) / 2;
        this.#values[at] = this.#outer[from];
        this.#slopesX[at] = slopeX;
        this.#slopesY[at] = slopeY;
        xx += slopeX * slopeX;
        xy += slopeX * slopeY;
        yy += slopeY * slopeY;
        sum += this.#outer[from];
        sumX += slopeX;
        sumY += slopeY;
      }
    }
    this.#mean = sum / count;
    // A slope that all share looks like a change of brightness, which counts for nothing.
    xx -= (sumX * sumX) / count;
    xy -= (sumX * sumY) / count;
    yy -= (sumY * sumY) / count;
    const determinant = xx * yy - xy * xy;
    const least = (xx + yy - Math.hypot(xx - yy, 2 * xy)) / 2;
    this.#inverse = [yy / determinant, -xy / determinant, xx / determinant];
    return least > LEAST_TEXTURE * count;
  }

  /**
   * The step from (x, y) towards where `image` shows the surroundings, and their mean difference before it, apart
   * from brightness; undefined at the frame's edge.
   */
  step(image: GrayImage, x: number, y: number): readonly [number, number, number] | undefined {
    const count = this.#values.length;
    if (!sample(image, x, y, this.#side, this.#seen)) return undefined;
    let sum = 0;
    for (let at = 0; at < count; at++) sum += this.#seen[at];
    const brighter = sum / count - this.#mean;
    let [pullX, pullY, difference] = [0, 0, 0];
    for (let at = 0; at < count; at++) {
      const error = this.#values[at] + brighter - this.#seen[at];
      pullX += error * this.#slopesX[at];
      pullY += error * this.#slopesY[at];
      difference += Math.abs(error);
    }
    const [xx, xy, yy] = this.#inverse;
    return [xx * pullX + xy * pullY, xy * pullX + yy * pullY, difference / count];
  }
}

/**
 * Follows points from one frame to another of the same size.
 * @param from the pyramid of the frame that has the points @param to that of the other, as `flowPyramid` makes them.
 * @param points [N, 2] in the first frame.
 * @param guesses [N, 2] where each may be in the second. @default where it is in the first
 */
export function flowPoints(
  from: readonly GrayImage[],
  to: readonly GrayImage[],
  points: ArrayLike<number>,
  guesses: ArrayLike<number> = points,
  { radius = 7, maxDifference = 0.06 }: FlowOptions = {},
): Flow {
  const template = new Template(radius);
  const moved = new Float64Array(points.length);
  const found = new Uint8Array(points.length / 2);
  for (let n = 0; n < found.length; n++) {
    let [dx, dy] = [guesses[2 * n] - points[2 * n], guesses[2 * n + 1] - points[2 * n + 1]];
    let difference = Number.POSITIVE_INFINITY;
    for (let level = from.length - 1; level >= 0; level--) {
      const scaleX = from[level].width / from[0].width;
      const scaleY = from[level].height / from[0].height;
      const x = (points[2 * n] + 0.5) * scaleX - 0.5;
      const y = (points[2 * n + 1] + 0.5) * scaleY - 0.5;
      difference = Number.POSITIVE_INFINITY;
      // A coarse level whose surroundings leave the frame only gives no guess.
      if (!template.take(from[level], x, y)) continue;
      let [u, v] = [dx * scaleX, dy * scaleY];
      for (let iteration = 0; iteration < ITERATIONS; iteration++) {
        const step = template.step(to[level], x + u, y + v);
        difference = step ? step[2] : Number.POSITIVE_INFINITY;
        if (!step) break;
        u += step[0];
        v += step[1];
        if (Math.hypot(step[0], step[1]) < CLOSE_ENOUGH) break;
      }
      if (difference < Number.POSITIVE_INFINITY) [dx, dy] = [u / scaleX, v / scaleY];
    }
    moved[2 * n] = points[2 * n] + dx;
    moved[2 * n + 1] = points[2 * n + 1] + dy;
    found[n] = difference <= maxDifference ? 1 : 0;
  }
  return { points: moved, found };
}
