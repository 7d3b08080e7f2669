/** Frames of Track: points followed from frame to frame, and a reference picture found in each. */
import type { Features } from '../../src/features/features.js';
import { grayFromRgba } from '../../src/image/convert.js';
import { locatePicture, type PictureLocation } from '../../src/matching/locate-picture.js';
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
export interface Found extends PictureLocation {
  readonly points: Points;
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
        ? { heat: await bitmapFrom(heatLayer((await sight.detected.heatmap()).data, width, height)) }
        : {}),
      ...(found ? { found } : {}),
      milliseconds: performance.now() - start,
    };
  }

  async #find(features: Features, matchThreshold: number): Promise<Found | undefined> {
    const reference = this.#reference;
    if (!reference || reference.descriptorDim !== features.descriptorDim) return undefined;
    const minSimilarity = Math.max(-1, 1 - matchThreshold ** 2 / 2);
    const { descriptors: _, ...points } = reference;
    return { points, ...(await locatePicture(reference, features, { minSimilarity })) };
  }
}
