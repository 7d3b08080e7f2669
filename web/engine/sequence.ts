/** Frames of Track: points followed from frame to frame, and a reference picture found in each. */
import type { Features } from '../../src/features/features.js';
import { estimateHomography } from '../../src/geometry/estimate-homography.js';
import { type Homography, warpPoints } from '../../src/geometry/homography.js';
import { grayFromRgba } from '../../src/image/convert.js';
import { matchFeatures } from '../../src/matching/match-features.js';
import type { Matches } from '../../src/matching/matches.js';
import { PointTracker } from '../../src/matching/point-tracker.js';
import { featuresFrom, type Networks } from './network.js';
import type { DetectionSettings, Points } from './pair.js';
import { bitmapFrom, heatLayer, pixelsOf } from './pictures.js';

export interface TrackSettings extends DetectionSettings {
  /** Largest distance between the descriptors of one point in two frames. */
  readonly matchThreshold: number;
  /** Positions of a trail. */
  readonly trailLength: number;
  /** Frames that a point must have been seen in to be shown. */
  readonly minLength: number;
  readonly heat: boolean;
}

/** The reference as the frame shows it. */
export interface Found {
  readonly points: Points;
  readonly matches: Matches;
  readonly inliers: Uint8Array;
  readonly inlierCount: number;
  /** Its four corners in the frame, [4, 2]; null where it is out of sight. */
  readonly outline: Float64Array | null;
}

/** What a frame shows, in pixels of what the network saw. */
export interface FrameResult {
  readonly points: Points;
  /** [length, 2] each, oldest first. */
  readonly trails: readonly Float32Array[];
  /** Points that continue a track, and points that the frame before had. */
  readonly continued: number;
  readonly before: number;
  /** Mean number of frames that the shown tracks have been seen in. */
  readonly meanLength: number;
  readonly heat?: ImageBitmap;
  readonly found?: Found;
  readonly milliseconds: number;
}

/** Fewer agreeing matches than this happen by chance. */
const LEAST_INLIERS = 10;

/** Whether four corners go round once, without folding: what a flat picture seen from its front does. */
function isConvex(corners: ArrayLike<number>): boolean {
  for (let k = 0; k < 4; k++) {
    const [a, b, c] = [2 * k, (2 * k + 2) % 8, (2 * k + 4) % 8];
    const turn =
      (corners[b] - corners[a]) * (corners[c + 1] - corners[b + 1]) -
      (corners[b + 1] - corners[a + 1]) * (corners[c] - corners[b]);
    if (!(turn > 0)) return false;
  }
  return true;
}

function outlineOf(H_referenceToFrame: Homography, { width, height }: Features): Float64Array | null {
  const [right, bottom] = [width - 0.5, height - 0.5];
  const corners = warpPoints(H_referenceToFrame, [-0.5, -0.5, right, -0.5, right, bottom, -0.5, bottom]);
  return isConvex(corners) ? corners : null;
}

export class Sequence {
  #tracker = new PointTracker();
  #options = '';
  #last: Features | undefined;
  #reference: Features | undefined;

  /** Begins anew with the next frame; the reference stays. */
  restart(): void {
    this.#options = '';
  }

  /** Keeps the last frame as the reference. */
  freeze(): void {
    if (!this.#last) throw new Error('expected a frame that could be frozen; start a sequence first');
    this.#reference = this.#last;
  }

  release(): void {
    this.#reference = undefined;
  }

  async track(networks: Networks, frame: ImageBitmap, settings: TrackSettings): Promise<FrameResult> {
    const start = performance.now();
    const colors = pixelsOf(frame, settings.size);
    frame.close();
    const sight = await networks.look(grayFromRgba(colors), { scales: [1] });
    const features = await featuresFrom(sight, settings);
    const { width, height } = features;
    const { matchThreshold, trailLength, minLength } = settings;
    const options = `${[matchThreshold, trailLength, features.descriptorDim, width, height]}`;
    if (options !== this.#options) {
      this.#tracker = new PointTracker({ matchThreshold, maxLength: trailLength });
      this.#options = options;
      this.#last = undefined;
    }
    const before = this.#last?.count ?? 0;
    const continued = networks.describes ? (await this.#tracker.update(features)).continued : 0;
    this.#last = features;
    const tracks = networks.describes ? this.#tracker.tracks(minLength) : [];
    const { descriptors: _, ...points } = features;
    const found = networks.describes ? await this.#find(features, matchThreshold) : undefined;
    return {
      points,
      trails: tracks.map(({ keypoints }) => keypoints),
      continued,
      before,
      meanLength: tracks.reduce((sum, { length }) => sum + length, 0) / Math.max(1, tracks.length),
      ...(settings.heat
        ? { heat: await bitmapFrom(heatLayer(sight.detected.heatmap().data, width, height)) }
        : {}),
      ...(found ? { found } : {}),
      milliseconds: performance.now() - start,
    };
  }

  async #find(features: Features, matchThreshold: number): Promise<Found | undefined> {
    const reference = this.#reference;
    if (!reference || reference.descriptorDim !== features.descriptorDim) return undefined;
    const minSimilarity = Math.max(-1, 1 - matchThreshold ** 2 / 2);
    const matches = await matchFeatures(reference, features, { minSimilarity });
    const { H_0to1, inliers, inlierCount } = estimateHomography(reference, features, matches, {
      threshold: 3,
      maxIterations: 1000,
    });
    const { descriptors: _, ...points } = reference;
    const outline = H_0to1 && inlierCount >= LEAST_INLIERS ? outlineOf(H_0to1, reference) : null;
    return { points, matches, inliers, inlierCount, outline };
  }
}
