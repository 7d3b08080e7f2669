/** What is compared: anything that finds keypoints in a picture, with descriptors or without. */
import type { Features } from '../../features/features.js';
import type { GrayImage } from '../../image/image.js';

/** How many points a protocol asks for, and how far apart. */
export interface ExtractionSettings {
  /** The best so many. */
  readonly maxKeypoints: number;
  /**
   * Greedy suppression in a (2r + 1)² square, for methods that score each pixel; methods that choose among
   * scales themselves (SIFT, ORB, AKAZE) keep their own choice.
   */
  readonly nmsRadius: number;
  /** Smallest probability of a keypoint, for networks. */
  readonly detectionThreshold: number;
}

/** One row of the tables. */
export interface Method {
  /** As the tables show it. */
  readonly name: string;
  /** Whether it hands out descriptors (descriptorDim > 0). */
  readonly describes: boolean;
  /** Everything that its results depend on, for the report: version, weights' hash, thresholds. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /**
   * The keypoints of one picture by descending score.
   * @param key names the picture; methods that draw random numbers derive them from it.
   */
  extract(image: GrayImage, settings: ExtractionSettings, key: string): Promise<Features>;
  /** Frees what it holds. */
  dispose?(): Promise<void>;
}

/** Keypoints [N, 2] and scores [N] without descriptors as a record. */
export function detectionsOnly(image: GrayImage, keypoints: Float32Array, scores: Float32Array): Features {
  const { width, height } = image;
  const descriptors = new Float32Array();
  return { width, height, count: scores.length, keypoints, scores, descriptors, descriptorDim: 0 };
}
