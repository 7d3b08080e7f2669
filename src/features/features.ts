/** What the network makes of a picture: the record that all later stages share. */

/** Keypoints of one picture with their descriptors, sorted by descending score. */
export interface Features {
  /** Size of the picture handed in; keypoints are in its pixels. */
  readonly width: number;
  readonly height: number;
  /** Number of keypoints N. */
  readonly count: number;
  /** [N, 2]: x0, y0, x1, y1, … (centre of the top-left pixel is (0, 0)). */
  readonly keypoints: Float32Array;
  /**
   * [N] in (0, 1]: strength of a point, to rank the points of one network by. By default the geometric mean of the
   * network's smoothed probability and the corner strength of the picture, .01 to .1 for good ones; with
   * `cornerRadius` 0 the probability itself, which `detectionThreshold` is compared with in both cases.
   */
  readonly scores: Float32Array;
  /** [N, descriptorDim], each row of Euclidean length 1. */
  readonly descriptors: Float32Array;
  readonly descriptorDim: number;
}
