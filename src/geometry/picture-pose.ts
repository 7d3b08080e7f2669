/**
 * Where a camera stands before a flat picture, from the homography between them, and what things that stand on the
 * picture look like from there (Zhang, PAMI 22, 2000). On the picture x is right, y down and z away from the
 * viewer, in the picture's pixels from its centre: what stands out of it has a negative z.
 */
import {
  type Homography,
  invertHomography,
  multiplyHomographies,
  translationHomography,
} from './homography.js';

/** Of a picture or a frame, in pixels. */
export interface PlaneSize {
  readonly width: number;
  readonly height: number;
}

/** A camera without distortion, in pixels of its frames. */
export interface Camera {
  readonly focalLength: number;
  readonly centreX: number;
  readonly centreY: number;
}

/** From the picture to the camera, whose axes are x right, y down and z forwards. */
export interface Pose {
  /** [3, 3] row-major. */
  readonly rotation: Float64Array;
  /** [3] the picture's centre as the camera has it, in pixels of the picture. */
  readonly translation: Float64Array;
}

/** Focal length over the longer side of a frame: 64 degrees across, between what phones and webcams have. */
const TYPICAL_FOCAL_LENGTH = 0.8;
/** Focal lengths over the longer side that are believed. */
const FOCAL_LENGTHS = [0.45, 3] as const;
/** What the typical focal length weighs beside what homographies say: about a picture seen at 25 degrees. */
const PRIOR_WEIGHT = 0.01;

/** The camera to assume for frames of this size, its axis through their middle. */
export function cameraOf(
  { width, height }: PlaneSize,
  focalLength = TYPICAL_FOCAL_LENGTH * Math.max(width, height),
): Camera {
  return { focalLength, centreX: (width - 1) / 2, centreY: (height - 1) / 2 };
}

function fromCentre({ width, height }: PlaneSize): Homography {
  return translationHomography((width - 1) / 2, (height - 1) / 2);
}

/** From the picture's centred coordinates to directions of the camera, up to scale. */
function planeToCamera(H_pictureToFrame: Homography, picture: PlaneSize, camera: Camera): Homography {
  const { focalLength, centreX, centreY } = camera;
  const K_inverse = Float64Array.of(
    1 / focalLength,
    0,
    -centreX / focalLength,
    0,
    1 / focalLength,
    -centreY / focalLength,
    0,
    0,
    1,
  );
  return multiplyHomographies(K_inverse, multiplyHomographies(H_pictureToFrame, fromCentre(picture)));
}

/**
 * The pose whose homography is nearest: the rotation's first two columns are the orthonormal pair that is nearest
 * to the homography's, all errors shared between them.
 * @param H_pictureToFrame of a picture seen from its front.
 * @throws RangeError if the homography is singular.
 */
export function poseFromHomography(H_pictureToFrame: Homography, picture: PlaneSize, camera: Camera): Pose {
  invertHomography(H_pictureToFrame);
  const m = planeToCamera(H_pictureToFrame, picture, camera);
  // In front of the camera, the picture's centre is at a positive depth.
  const sign = m[8] < 0 ? -1 : 1;
  const [x0, x1, y0, y1, z0, z1] = [m[0], m[1], m[3], m[4], m[6], m[7]].map((value) => sign * value);
  // M (MᵀM)^-½ of the 3x2 matrix M, with the square root of a 2x2 matrix S: (S + √|S|) / √(tr S + 2 √|S|).
  const [a, b, d] = [x0 * x0 + y0 * y0 + z0 * z0, x0 * x1 + y0 * y1 + z0 * z1, x1 * x1 + y1 * y1 + z1 * z1];
  const root = Math.sqrt(a * d - b * b);
  const norm = Math.sqrt(a + d + 2 * root);
  const [p, q, s] = [(a + root) / norm, b / norm, (d + root) / norm];
  const determinant = p * s - q * q;
  const column0 = [x0 * s - x1 * q, y0 * s - y1 * q, z0 * s - z1 * q].map((value) => value / determinant);
  const column1 = [x1 * p - x0 * q, y1 * p - y0 * q, z1 * p - z0 * q].map((value) => value / determinant);
  const [[r0, r3, r6], [r1, r4, r7]] = [column0, column1];
  const scale = sign / ((p + s) / 2);
  return {
    rotation: Float64Array.of(
      r0,
      r1,
      r3 * r7 - r6 * r4,
      r3,
      r4,
      r6 * r1 - r0 * r7,
      r6,
      r7,
      r0 * r4 - r3 * r1,
    ),
    translation: Float64Array.of(m[2] * scale, m[5] * scale, m[8] * scale),
  };
}

/**
 * Where the camera sees points around the picture.
 * @param points [N, 3] from the picture's centre, in its pixels.
 * @returns [N, 2] in pixels of the frame; infinite at or behind the camera.
 */
export function projectPoints(
  { rotation: r, translation: t }: Pose,
  { focalLength, centreX, centreY }: Camera,
  points: ArrayLike<number>,
): Float64Array {
  const projected = new Float64Array((2 * points.length) / 3);
  for (let from = 0, to = 0; from < points.length; from += 3, to += 2) {
    const [x, y, z] = [points[from], points[from + 1], points[from + 2]];
    const depth = r[6] * x + r[7] * y + r[8] * z + t[2];
    const scale = depth > 0 ? focalLength / depth : Number.POSITIVE_INFINITY;
    projected[to] = centreX + scale * (r[0] * x + r[1] * y + r[2] * z + t[0]);
    projected[to + 1] = centreY + scale * (r[3] * x + r[4] * y + r[5] * z + t[1]);
  }
  return projected;
}

/**
 * The focal length of the camera that sees a picture, from the homographies of many frames: the picture's axes are
 * at right angles and of one scale, which only the right focal length makes of slanted views. Least squares over
 * all frames in 1 / f², with the typical focal length as one more observation; so views from the front, which say
 * nothing, change nothing.
 */
export class FocalLength {
  readonly #frame: PlaneSize;
  readonly #picture: PlaneSize;
  #weight = PRIOR_WEIGHT;
  #pull = PRIOR_WEIGHT / TYPICAL_FOCAL_LENGTH ** 2;

  constructor(frame: PlaneSize, picture: PlaneSize) {
    this.#frame = frame;
    this.#picture = picture;
  }

  /** Takes in one more frame. */
  add(H_pictureToFrame: Homography): void {
    const longest = Math.max(this.#frame.width, this.#frame.height);
    const m = planeToCamera(H_pictureToFrame, this.#picture, cameraOf(this.#frame, longest));
    const [x0, x1, y0, y1, z0, z1] = [m[0], m[1], m[3], m[4], m[6], m[7]];
    const size = (x0 * x0 + y0 * y0 + x1 * x1 + y1 * y1) / 2;
    // Right angles: a / f² + b = 0. One scale: c / f² + d = 0.
    const [a, b] = [(x0 * x1 + y0 * y1) / size, (z0 * z1) / size];
    const [c, d] = [(x0 * x0 + y0 * y0 - x1 * x1 - y1 * y1) / size, (z0 * z0 - z1 * z1) / size];
    this.#weight += a * a + c * c;
    this.#pull -= a * b + c * d;
  }

  /** In pixels of the frame. */
  get value(): number {
    const longest = Math.max(this.#frame.width, this.#frame.height);
    const [least, most] = FOCAL_LENGTHS;
    const inverse = Math.min(Math.max(this.#pull / this.#weight, most ** -2), least ** -2);
    return longest / Math.sqrt(inverse);
  }
}
