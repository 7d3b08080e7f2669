/** Features as OpenCV's programs hold them: keypoints as records; descriptors are rows of a `Mat` as they are. */
import type { Features } from '../features/features.js';

/** OpenCV's `KeyPoint`. */
export interface OpenCvKeyPoint {
  readonly pt: { readonly x: number; readonly y: number };
  /** Diameter of what was looked at, in pixels. */
  readonly size: number;
  /** -1: none. */
  readonly angle: number;
  readonly response: number;
  readonly octave: number;
  /** -1: none. */
  readonly class_id: number;
}

/** The side of the cell that a keypoint is chosen in. */
const SIZE = 8;

/**
 * The keypoints as OpenCV's records. OpenCV counts from pixel centres, as we do. The descriptors are [N, D] float32
 * already: `cv.matFromArray(count, descriptorDim, cv.CV_32F, descriptors)`, compared by `cv.NORM_L2`.
 */
export function openCvKeypoints({ count, keypoints, scores }: Features): OpenCvKeyPoint[] {
  return Array.from({ length: count }, (_, n) => ({
    pt: { x: keypoints[2 * n], y: keypoints[2 * n + 1] },
    size: SIZE,
    angle: -1,
    response: scores[n],
    octave: 0,
    class_id: -1,
  }));
}
