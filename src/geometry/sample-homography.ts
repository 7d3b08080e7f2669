/**
 * Random homographies (§5.2 of DeTone et al. 2018): a centre crop of the picture, put out of shape by a
 * perspective change, scaled, rotated and moved, each by bounded amounts, becomes the view. What comes
 * back always maps **points of the input picture to points of the sampled view**: give it to
 * `warpImage`, `warpMask` and `warpPoints` as it is.
 */
import type { Random } from '../random.js';
import {
  type Homography,
  homographyFromFourPoints,
  invertHomography,
  outerCorners,
  warpPoints,
} from './homography.js';

/** How far a sampled view may differ from the centre crop. Plain JSON. */
export interface HomographySampling {
  /**
   * Side of the centre crop, as a share of the largest rectangle of the view's shape that the picture
   * holds: 1 is as much as there is.
   */
  readonly patchRatio: number;
  /**
   * Amplitude of the perspective change, as a share of that rectangle: each of three displacements (left
   * side, right side, vertical keystone) is a normal of deviation amplitude / 2 truncated at the amplitude.
   */
  readonly perspective: number;
  /**
   * Smallest and largest factor of the crop's side (above 1 the view shows more, smaller). The logarithm
   * is a normal, truncated at the two ends, so that halving is as likely as doubling in [0.5, 2].
   */
  readonly scaling: readonly [number, number];
  /** Largest turn in the picture plane, radians: uniform in [-rotation, rotation]. */
  readonly rotation: number;
  /** Share of the free room around the crop that it may move in: 0 stays in the centre, 1 uses all. */
  readonly translation: number;
  /** How far the crop may move beyond the picture's edge, as a share of the picture. @default 0 */
  readonly translationOverflow?: number;
  /** May the view see beyond the picture's edge? If not, such views are drawn again. */
  readonly allowArtifacts: boolean;
}

/** Views in which Homographic Adaptation looks at a photograph (§5.2); mask what lies outside. */
export const ADAPTATION_HOMOGRAPHIES: HomographySampling = {
  patchRatio: 0.85,
  perspective: 0.2,
  scaling: [0.8, 1.25],
  rotation: Math.PI / 2,
  translation: 1,
  translationOverflow: 0.05,
  allowArtifacts: true,
};

/** Variety of viewpoint for Synthetic Shapes (§4). */
export const SYNTHETIC_HOMOGRAPHIES: HomographySampling = { ...ADAPTATION_HOMOGRAPHIES, patchRatio: 0.8 };

/** The second view of a training pair (§6): the paper avoids extreme turns in the plane. */
export const PAIR_HOMOGRAPHIES: HomographySampling = { ...ADAPTATION_HOMOGRAPHIES, rotation: Math.PI / 6 };

/** Draws before a view without artifacts is given up for the plain centre crop. */
const MAX_TRIES = 64;

/** Four corners, [4, 2]: top left, top right, bottom right, bottom left. */
type Corners = Float64Array;

/** Are the corners in order around a convex quadrilateral of some area? */
function isConvex(corners: Corners, smallestArea: number): boolean {
  for (let n = 0; n < 4; n++) {
    const p = 2 * n;
    const q = 2 * ((n + 1) % 4);
    const r = 2 * ((n + 2) % 4);
    const turn =
      (corners[q] - corners[p]) * (corners[r + 1] - corners[q + 1]) -
      (corners[q + 1] - corners[p + 1]) * (corners[r] - corners[q]);
    if (!(turn > smallestArea)) return false;
  }
  return true;
}

/** The crop about its own centre (0, 0): displaced, scaled and turned. */
function deformedCrop(random: Random, sampling: HomographySampling, wide: number, high: number): Corners {
  const { patchRatio, perspective, scaling, rotation } = sampling;
  const left = random.truncatedNormal(0, (perspective * wide) / 2);
  const right = random.truncatedNormal(0, (perspective * wide) / 2);
  const keystone = random.truncatedNormal(0, (perspective * high) / 2);
  const low = Math.log(scaling[0]);
  const span = Math.log(scaling[1]) - low;
  const factor = Math.exp(random.truncatedNormal(low + span / 2, span / 4));
  const angle = random.between(-rotation, rotation);
  const halfWide = (patchRatio * wide) / 2;
  const halfHigh = (patchRatio * high) / 2;
  const shape = [
    left - halfWide,
    keystone - halfHigh,
    right + halfWide,
    -keystone - halfHigh,
    right + halfWide,
    keystone + halfHigh,
    left - halfWide,
    -keystone + halfHigh,
  ];
  const cosine = factor * Math.cos(angle);
  const sine = factor * Math.sin(angle);
  const corners = new Float64Array(8);
  for (let n = 0; n < 8; n += 2) {
    corners[n] = cosine * shape[n] - sine * shape[n + 1];
    corners[n + 1] = sine * shape[n] + cosine * shape[n + 1];
  }
  return corners;
}

/** Where the crop may lie along one axis: room before and after it, scaled, plus the overflow. */
function drawOffset(
  random: Random,
  sampling: HomographySampling,
  corners: Corners,
  axis: 0 | 1,
  size: number,
): number {
  const along = [corners[axis], corners[axis + 2], corners[axis + 4], corners[axis + 6]];
  const centre = (size - 1) / 2;
  // offsets at which the crop touches either edge; they change places where it does not fit at all
  const toStart = -0.5 - Math.min(...along);
  const toEnd = size - 0.5 - Math.max(...along);
  const overflow = sampling.allowArtifacts ? (sampling.translationOverflow ?? 0) * size : 0;
  const low = centre + sampling.translation * (Math.min(toStart, toEnd) - centre) - overflow;
  const high = centre + sampling.translation * (Math.max(toStart, toEnd) - centre) + overflow;
  return random.between(low, high);
}

function checkSampling(sampling: HomographySampling): void {
  const { patchRatio, perspective, scaling, rotation, translation, translationOverflow = 0 } = sampling;
  const rules: [boolean, string][] = [
    [patchRatio > 0 && patchRatio <= 1, `patchRatio in (0, 1], got ${patchRatio}`],
    [perspective >= 0 && perspective < 1, `perspective in [0, 1), got ${perspective}`],
    [
      scaling.length === 2 && scaling[0] > 0 && scaling[1] >= scaling[0],
      `scaling [smallest, largest] with 0 < smallest <= largest, got [${scaling}]`,
    ],
    [rotation >= 0 && rotation <= Math.PI, `rotation in [0, π] radians, got ${rotation}`],
    [translation >= 0 && translation <= 1, `translation in [0, 1], got ${translation}`],
    [translationOverflow >= 0, `translationOverflow of at least 0, got ${translationOverflow}`],
  ];
  for (const [holds, rule] of rules) if (!holds) throw new RangeError(`expected ${rule}`);
}

/**
 * Does the whole view of `outWidth` x `outHeight` lie inside the picture of `width` x `height`?
 * @param H_inputToOutput maps points of the picture to points of the view.
 */
export function fitsInside(
  H_inputToOutput: Homography,
  width: number,
  height: number,
  outWidth: number,
  outHeight: number,
): boolean {
  const seen = warpPoints(invertHomography(H_inputToOutput), outerCorners(outWidth, outHeight));
  const slack = 1e-6 * Math.max(width, height);
  if (!isConvex(seen, 0)) return false;
  for (let n = 0; n < 8; n += 2) {
    if (!(seen[n] >= -0.5 - slack && seen[n] <= width - 0.5 + slack)) return false;
    if (!(seen[n + 1] >= -0.5 - slack && seen[n + 1] <= height - 0.5 + slack)) return false;
  }
  return true;
}

/**
 * A random view of a picture.
 * @param random where the draws come from; equal generators give equal views.
 * @param width @param height size of the input picture.
 * @param sampling bounds of each change; without artifacts, a view that leaves the picture is drawn again
 *   up to 64 times, then the undistorted centre crop is taken.
 * @param outWidth @param outHeight size of the view; may be smaller or larger than the picture.
 * @returns H_inputToOutput: maps points of the input picture to points of the sampled view.
 * @throws RangeError on a bound that makes no sense.
 */
export function sampleHomography(
  random: Random,
  width: number,
  height: number,
  sampling: HomographySampling,
  outWidth = width,
  outHeight = height,
): Homography {
  checkSampling(sampling);
  const fit = Math.min(width / outWidth, height / outHeight);
  const wide = fit * outWidth;
  const high = fit * outHeight;
  const view = outerCorners(outWidth, outHeight);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const corners = deformedCrop(random, sampling, wide, high);
    const offsetX = drawOffset(random, sampling, corners, 0, width);
    const offsetY = drawOffset(random, sampling, corners, 1, height);
    // a sliver of a quadrilateral would magnify a few pixels without bound
    if (!isConvex(corners, 0.02 * wide * high * sampling.patchRatio ** 2 * sampling.scaling[0] ** 2))
      continue;
    for (let n = 0; n < 8; n += 2) {
      corners[n] += offsetX;
      corners[n + 1] += offsetY;
    }
    const H_inputToOutput = homographyFromFourPoints(corners, view);
    if (sampling.allowArtifacts || fitsInside(H_inputToOutput, width, height, outWidth, outHeight)) {
      return H_inputToOutput;
    }
  }
  return centreCropHomography(width, height, outWidth, outHeight, sampling.patchRatio);
}

/**
 * The undistorted centre crop of side `patchRatio`, as a view of `outWidth` x `outHeight`.
 * @returns H_inputToOutput: maps points of the input picture to points of the view.
 */
export function centreCropHomography(
  width: number,
  height: number,
  outWidth: number,
  outHeight: number,
  patchRatio = 1,
): Homography {
  const scale = 1 / (patchRatio * Math.min(width / outWidth, height / outHeight));
  const shiftX = (outWidth - 1) / 2 - (scale * (width - 1)) / 2;
  const shiftY = (outHeight - 1) / 2 - (scale * (height - 1)) / 2;
  return Float64Array.of(scale, 0, shiftX, 0, scale, shiftY, 0, 0, 1);
}
