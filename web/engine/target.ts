/** The picture that Follow looks for, and where a frame shows it. */
import type { Features } from '../../src/features/features.js';
import type { Homography } from '../../src/geometry/homography.js';
import { grayFromRgba } from '../../src/image/convert.js';
import { locatePicture } from '../../src/matching/locate-picture.js';
import { featuresFrom, type Networks } from './network.js';
import type { DetectionSettings } from './pair.js';
import { type Picture, pixelsOf } from './pictures.js';

/** Where a frame shows the target. */
export interface Sighting {
  /** From the target, in pixels of what is kept of it, to the frame as the network saw it; null if not in sight. */
  readonly H_targetToFrame: Homography | null;
  /** Of the frame as the network saw it. */
  readonly width: number;
  readonly height: number;
  /** [N, 2] of the target, by which it was known. */
  readonly points: Float64Array;
  readonly milliseconds: number;
}

/** Longest side at which the network sees the target: it is looked at once, so it may take its time. */
const TARGET_SIZE = 480;
const TARGET_KEYPOINTS = 1000;

export class Target {
  #picture: Picture | undefined;
  #seen: { readonly networks: Networks; readonly features: Features } | undefined;

  put(picture: Picture): void {
    this.#picture = picture;
    this.#seen = undefined;
  }

  async #features(networks: Networks, settings: DetectionSettings): Promise<Features> {
    if (!this.#picture) throw new Error('expected a picture to follow; choose one first');
    if (this.#seen?.networks !== networks) {
      const { gray, colors } = this.#picture;
      const sight = await networks.look(gray, { resize: TARGET_SIZE });
      const options = { ...settings, maxKeypoints: TARGET_KEYPOINTS };
      const features = await featuresFrom(sight, options, colors.width, colors.height);
      this.#seen = { networks, features };
    }
    return this.#seen.features;
  }

  async locate(networks: Networks, frame: ImageBitmap, settings: DetectionSettings): Promise<Sighting> {
    if (!networks.describes) throw new Error('This model detects points but does not describe them.');
    const start = performance.now();
    const target = await this.#features(networks, settings);
    const colors = pixelsOf(frame, settings.size);
    frame.close();
    const sight = await networks.look(grayFromRgba(colors), { scales: [1] });
    const features = await featuresFrom(sight, settings);
    const { H_pictureToFrame, matches, inliers } = await locatePicture(target, features);
    const agreeing = Array.from(inliers.keys()).filter((m) => inliers[m] > 0);
    return {
      H_targetToFrame: H_pictureToFrame,
      width: features.width,
      height: features.height,
      points: Float64Array.from(
        { length: 2 * agreeing.length },
        (_, i) => target.keypoints[2 * matches.indices0[agreeing[i >> 1]] + (i & 1)],
      ),
      milliseconds: performance.now() - start,
    };
  }
}
