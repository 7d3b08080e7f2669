/** Finds a flat picture in a frame: matches, their homography, and the picture's outline in the frame. */
import type { Features } from '../features/features.js';
import { estimateHomography } from '../geometry/estimate-homography.js';
import { type Homography, outerCorners, warpPoints } from '../geometry/homography.js';
import { matchFeatures } from './match-features.js';
import type { Matches } from './matches.js';

export interface LocateOptions {
  /** Largest error of an inlier, in pixels of the frame. @default 3 */
  readonly threshold?: number;
  /** Smallest cosine of two descriptors that match, in [-1, 1]. @default -1 */
  readonly minSimilarity?: number;
}

/** Where a frame shows the picture. */
export interface PictureLocation {
  /** Maps points of the picture to points of the frame; null where the frame does not show the picture. */
  readonly H_pictureToFrame: Homography | null;
  /** [4, 2] the picture's corners in the frame, clockwise from its top left; null as the homography. */
  readonly outline: Float64Array | null;
  readonly matches: Matches;
  /** [matches.count] 1 = agrees with the homography, also where that is chance. */
  readonly inliers: Uint8Array;
  readonly inlierCount: number;
}

/** Samples at most: most frames without the picture would use up any number. */
const MAX_ITERATIONS = 2000;

/**
 * Finds the picture whose features are `picture` in the frame whose features are `frame`, deterministically.
 * @throws RangeError as `matchFeatures` and `estimateHomography`.
 */
export async function locatePicture(
  picture: Features,
  frame: Features,
  { threshold = 3, minSimilarity }: LocateOptions = {},
): Promise<PictureLocation> {
  const matches = await matchFeatures(picture, frame, { minSimilarity });
  const options = { threshold, maxIterations: MAX_ITERATIONS };
  const { H_0to1, inliers, inlierCount } = estimateHomography(picture, frame, matches, options);
  const corners = outerCorners(picture.width, picture.height);
  const isFound = H_0to1 !== null && showsFront(H_0to1, corners);
  return {
    H_pictureToFrame: isFound ? H_0to1 : null,
    outline: isFound ? warpPoints(H_0to1, corners) : null,
    matches,
    inliers,
    inlierCount,
  };
}

/**
 * Does a camera before the picture see it like this? All of it lies on one side of the horizon (then a
 * rectangle stays convex), and it is not mirrored.
 */
function showsFront(h: Homography, corners: ArrayLike<number>): boolean {
  const determinant =
    h[0] * (h[4] * h[8] - h[5] * h[7]) -
    h[1] * (h[3] * h[8] - h[5] * h[6]) +
    h[2] * (h[3] * h[7] - h[4] * h[6]);
  return [0, 2, 4, 6].every((at) => {
    const w = h[6] * corners[at] + h[7] * corners[at + 1] + h[8];
    return w * determinant > 0;
  });
}
