/** What two pictures' matches say of their geometry, as structure from motion asks it: a plane, a scene, or nothing. */
import { estimateFundamentalFromPoints } from '../geometry/estimate-fundamental.js';
import { estimateHomographyFromPoints } from '../geometry/estimate-homography.js';
import type { Homography } from '../geometry/homography.js';
import type { Matches } from './matches.js';

export interface TwoViewOptions {
  /** Largest error of a match that agrees, in pixels. @default 4 */
  readonly threshold?: number;
  /** Fewer matches that agree are nothing. @default 15 */
  readonly minInliers?: number;
  /** Of the random samples. @default 0 */
  readonly seed?: number | string;
}

export interface TwoViewGeometry {
  /**
   * `scene`: the views of a scene in depth. `plane`: a homography explains the matches as well: a plane, or a camera
   * that only turned. `none`: chance explains them.
   */
  readonly kind: 'scene' | 'plane' | 'none';
  /** [9] row-major, p1ᵀ F p0 = 0, where there is one. */
  readonly F_0to1: Float64Array | null;
  readonly H_0to1: Homography | null;
  /** The matches that agree; none for `none`. */
  readonly matches: Matches;
}

/** From this share of the matches on that agree with F, a homography explains them as well. */
const PLANE_SHARE = 0.8;

/** Verifies the matches of two pictures. @throws RangeError for options out of range. */
export function twoViewGeometry(
  features0: { readonly keypoints: Float32Array },
  features1: { readonly keypoints: Float32Array },
  matches: Matches,
  { threshold = 4, minInliers = 15, seed = 0 }: TwoViewOptions = {},
): TwoViewGeometry {
  const points0 = pointsAt(features0.keypoints, matches.indices0);
  const points1 = pointsAt(features1.keypoints, matches.indices1);
  const scene = estimateFundamentalFromPoints(points0, points1, { threshold, seed });
  const plane = estimateHomographyFromPoints(points0, points1, { threshold, seed });
  const { F_0to1 } = scene;
  const { H_0to1 } = plane;
  const isPlane = H_0to1 !== null && plane.inlierCount >= PLANE_SHARE * scene.inlierCount;
  const found = isPlane ? plane : scene;
  if ((!isPlane && F_0to1 === null) || found.inlierCount < minInliers) {
    return { kind: 'none', F_0to1: null, H_0to1: null, matches: pickMatches(matches, []) };
  }
  const kept = [...found.inliers.keys()].filter((m) => found.inliers[m] === 1);
  return { kind: isPlane ? 'plane' : 'scene', F_0to1, H_0to1, matches: pickMatches(matches, kept) };
}

function pointsAt(keypoints: Float32Array, indices: Int32Array): Float32Array {
  return Float32Array.from(
    { length: 2 * indices.length },
    (_, at) => keypoints[2 * indices[at >> 1] + (at & 1)],
  );
}

function pickMatches({ indices0, indices1, similarities }: Matches, kept: readonly number[]): Matches {
  return {
    count: kept.length,
    indices0: Int32Array.from(kept, (m) => indices0[m]),
    indices1: Int32Array.from(kept, (m) => indices1[m]),
    similarities: Float32Array.from(kept, (m) => similarities[m]),
  };
}
