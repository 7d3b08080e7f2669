/** Pairs of keypoints of two pictures that show the same point. */

/** M correspondences: keypoint `indices0[i]` of picture 0 and `indices1[i]` of picture 1. */
export interface Matches {
  readonly count: number;
  readonly indices0: Int32Array;
  readonly indices1: Int32Array;
  /** Cosine of the angle between the two descriptors, in [-1, 1]. */
  readonly similarities: Float32Array;
}
