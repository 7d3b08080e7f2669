/// <reference lib="esnext.disposable" preserve="true" />
/** What the network saw in a picture: asked for keypoints, descriptors and heatmap without running it again. */
import type { GrayImage, ImageSize } from '../image/image.js';
import type { KeypointOptions, Keypoints } from './extract-keypoints.js';
import type { DescriptorOptions } from './sample-descriptors.js';

/** Where keypoints may be: a picture of the same size as the one looked at. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  /** [height, width]; a keypoint in a pixel of 0 is left out. */
  readonly data: ArrayLike<number>;
}

/** Which keypoints of a look. Radii, margin and threshold hold in the pixels of each size. */
export interface LookOptions extends KeypointOptions {
  /** Keeps keypoints out of a part of the picture. @default none */
  readonly mask?: Mask;
}

/** Points to describe, of this or another detector. */
export interface Points {
  /** [N, 2] x, y in pixels of the picture. */
  readonly keypoints: Float32Array;
  /** [N] which of the look's sizes describes each point. @default the largest for all */
  readonly sizes?: Uint8Array;
}

/** Keypoints of a picture seen at several sizes, by descending score. */
export interface LookKeypoints extends Keypoints {
  /** [count] at which of the look's sizes each was found. */
  readonly sizes: Uint8Array;
}

/**
 * One picture through one network; `Network.look` makes it. It holds its maps, some 6 MB of a picture of 640x480,
 * until it is disposed of or no longer reachable.
 */
export interface Look {
  /** Size of the picture handed in; all coordinates are in its pixels. */
  readonly width: number;
  readonly height: number;
  /** Length of a descriptor; 0 for a network that describes nothing. */
  readonly descriptorDim: number;
  /** The sizes at which the network saw the picture, in pixels. */
  readonly sizes: readonly ImageSize[];

  /**
   * The keypoints of all sizes, the best first.
   * @throws RangeError for options out of range or a mask of another size.
   */
  keypoints(options?: LookOptions): Promise<LookKeypoints>;

  /**
   * A descriptor of length 1 for each point (§3.3).
   * @returns [N, descriptorDim]
   * @throws RangeError for options that are not there, or a point beyond the sizes of this look.
   */
  describe(points: Points, options?: DescriptorOptions): Promise<Float32Array>;

  /**
   * The probability of an interest point at each pixel of a size (`sizes`), in [0, 1].
   * @throws RangeError for a size that is not there.
   */
  heatmap(size?: number): Promise<GrayImage>;

  /** Frees its memory; it answers nothing afterwards. */
  dispose(): void;
  [Symbol.dispose](): void;
}
