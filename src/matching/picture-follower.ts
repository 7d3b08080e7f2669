/**
 * Follows a flat picture from frame to frame, between the detections that say where it is: points of the picture
 * go with the optical flow, and their homography is what most of them agree on. A detection may come late; the
 * points then start anew from its frame, where they are exact, and catch up.
 */
import { estimateHomographyFromPoints } from '../geometry/estimate-homography.js';
import {
  type Homography,
  invertHomography,
  multiplyHomographies,
  warpPoints,
} from '../geometry/homography.js';
import type { GrayImage } from '../image/image.js';
import { flowPoints, flowPyramid } from '../image/optical-flow.js';

/** A frame that a detection is under way for. */
export interface Mark {
  readonly pyramid: readonly GrayImage[];
  readonly H_pictureToFrame: Homography | null;
}

/** Points that are followed, at most: more cost time and steady little. */
const MOST_POINTS = 100;
/** Points that agree, at least, for the picture to count as followed. */
const LEAST_POINTS = 10;
/** Largest distance of an agreeing point from where the homography has it, in pixels of the frame. */
const AGREEMENT = 2;
const ITERATIONS = 200;
/** Detections in a row that do not see the picture before the flow is not believed any more. */
const MISSES = 3;

export class PictureFollower {
  #pyramid: readonly GrayImage[] = [];
  /** [N, 2] in the picture, and where the last frame has them. */
  #points: Float64Array = new Float64Array();
  #positions: Float64Array = new Float64Array();
  #homography: Homography | null = null;
  #misses = 0;

  /** From the picture to the last frame; null while it is not in sight. */
  get H_pictureToFrame(): Homography | null {
    return this.#homography;
  }

  /** Takes the next frame. @returns from the picture to it; null where the picture is not in sight. */
  follow(frame: GrayImage): Homography | null {
    const before = this.#pyramid;
    this.#pyramid = flowPyramid(frame);
    const isOther = before[0]?.width !== frame.width || before[0].height !== frame.height;
    if (isOther) this.lose();
    if (!this.#homography) return null;
    return this.#flow(before, this.#positions);
  }

  /** The last frame, for a detection to be made in it. */
  mark(): Mark {
    return { pyramid: this.#pyramid, H_pictureToFrame: this.#homography };
  }

  /**
   * Takes what a detection says.
   * @param mark of the frame that it was made in.
   * @param H_pictureToFrame where it is there; null where it was not seen.
   * @param points [N, 2] of the picture, by which the detection knew it.
   * @returns from the picture to the last frame.
   */
  anchor(mark: Mark, H_pictureToFrame: Homography | null, points: ArrayLike<number>): Homography | null {
    if (!H_pictureToFrame) {
      if (++this.#misses >= MISSES) this.lose();
      return this.#homography;
    }
    this.#misses = 0;
    if (mark.pyramid.length === 0 || mark.pyramid.length !== this.#pyramid.length) return this.#homography;
    const kept = spread(points);
    const positions = warpPoints(H_pictureToFrame, kept);
    // What the flow saw the picture do since is a good guess of where its points are now.
    const [H_then, H_now] = [mark.H_pictureToFrame, this.#homography];
    const H_thenToNow = H_then && H_now && multiplyHomographies(H_now, invertHomography(H_then));
    this.#points = kept;
    return this.#flow(mark.pyramid, positions, H_thenToNow ? warpPoints(H_thenToNow, positions) : positions);
  }

  /** Forgets where the picture is. */
  lose(): void {
    this.#homography = null;
    this.#points = new Float64Array();
    this.#positions = new Float64Array();
    this.#misses = 0;
  }

  /** Moves the points on from an earlier frame to the last one, and keeps those that agree. */
  #flow(
    from: readonly GrayImage[],
    positions: Float64Array,
    guesses: ArrayLike<number> = positions,
  ): Homography | null {
    const { points: moved, found } = flowPoints(from, this.#pyramid, positions, guesses);
    const seen = Array.from(found.keys()).filter((n) => found[n] === 1);
    const picture = pick(this.#points, seen);
    const now = pick(moved, seen);
    const { H_0to1, inliers, inlierCount } = estimateHomographyFromPoints(picture, now, {
      threshold: AGREEMENT,
      maxIterations: ITERATIONS,
    });
    if (!H_0to1 || inlierCount < LEAST_POINTS) {
      this.lose();
      return null;
    }
    const agreeing = Array.from(inliers.keys()).filter((n) => inliers[n] === 1);
    this.#points = pick(picture, agreeing);
    this.#positions = pick(now, agreeing);
    this.#homography = H_0to1;
    return H_0to1;
  }
}

function pick(points: ArrayLike<number>, indices: readonly number[]): Float64Array {
  return Float64Array.from({ length: 2 * indices.length }, (_, i) => points[2 * indices[i >> 1] + (i & 1)]);
}

/** Evenly chosen points, where there are too many. */
function spread(points: ArrayLike<number>): Float64Array {
  const count = points.length / 2;
  const chosen = Math.min(count, MOST_POINTS);
  return pick(
    points,
    Array.from({ length: chosen }, (_, n) => Math.floor((n * count) / chosen)),
  );
}
