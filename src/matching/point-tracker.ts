/**
 * Follows points through a sequence of pictures, as the authors' demonstration does: mutual nearest
 * neighbours between consecutive frames, nothing else. No motion model and no drawing.
 */
import type { Features } from '../features/features.js';
import { WorkQueue } from '../threads/work-queue.js';
import { matchFeatures } from './match-features.js';

export interface PointTrackerOptions {
  /** Largest Euclidean distance between the descriptors of one point in two frames, in (0, 2]. @default 0.7 */
  readonly matchThreshold?: number;
  /** Positions that a track remembers, whole, >= 2, or Infinity. @default 5 */
  readonly maxLength?: number;
}

/** One point through consecutive frames. */
export interface Track {
  /** Counts from 0 in the order in which tracks began. */
  readonly id: number;
  /** Number of the frame where it began; the first update is frame 0. */
  readonly firstFrame: number;
  /** Frames in which it was seen, remembered or not. */
  readonly length: number;
  /** [min(length, maxLength), 2] its last positions, oldest first. */
  readonly keypoints: Float32Array;
  /** Mean descriptor distance of its matches; 0 while there is none. */
  readonly meanDistance: number;
}

/** What a frame changed. */
export interface TrackUpdate {
  /** Number of the frame. */
  readonly frame: number;
  /** Points of the frame that continue a track. */
  readonly continued: number;
  /** Points of the frame that begin one. */
  readonly started: number;
  /** Tracks that were seen in the last frame and are not in this. */
  readonly ended: readonly Track[];
}

/** A track under way. */
interface LiveTrack {
  readonly id: number;
  readonly firstFrame: number;
  length: number;
  positions: number[];
  distanceSum: number;
}

/** Tracks of points, updated frame by frame. */
export class PointTracker {
  readonly #maxLength: number;
  readonly #minSimilarity: number;
  readonly #queue = new WorkQueue();
  #last: Features | undefined;
  /** The track of each keypoint of the last frame. */
  #live: LiveTrack[] = [];
  #frames = 0;
  #begun = 0;

  /** @throws RangeError for options out of range. */
  constructor({ matchThreshold = 0.7, maxLength = 5 }: PointTrackerOptions = {}) {
    if (!(matchThreshold > 0 && matchThreshold <= 2)) {
      throw new RangeError(`expected matchThreshold in (0, 2], got ${matchThreshold}`);
    }
    if (!((Number.isInteger(maxLength) || maxLength === Number.POSITIVE_INFINITY) && maxLength >= 2)) {
      throw new RangeError(`expected maxLength to be a whole number >= 2 or Infinity, got ${maxLength}`);
    }
    this.#maxLength = maxLength;
    this.#minSimilarity = Math.max(-1, 1 - matchThreshold ** 2 / 2);
  }

  /**
   * Takes the next frame; calls are served in their order.
   * @throws RangeError as `matchFeatures`, for features that do not fit the last frame's; the tracks stay
   *   as they were.
   */
  update(features: Features): Promise<TrackUpdate> {
    return this.#queue.run(async () => {
      const frame = this.#frames;
      const previous = this.#last ?? { ...features, count: 0, descriptors: new Float32Array() };
      const matches = await matchFeatures(previous, features, { minSimilarity: this.#minSimilarity });
      const live = new Array<LiveTrack | undefined>(features.count).fill(undefined);
      const ended = new Set(this.#live);
      for (let m = 0; m < matches.count; m++) {
        const track = this.#live[matches.indices0[m]];
        track.distanceSum += Math.sqrt(2 - 2 * matches.similarities[m]);
        live[matches.indices1[m]] = track;
        ended.delete(track);
      }
      this.#live = live.map((track, n) => {
        const [x, y] = features.keypoints.subarray(2 * n, 2 * n + 2);
        return this.#extended(track ?? this.#begin(frame), x, y);
      });
      this.#last = features;
      this.#frames++;
      const started = features.count - matches.count;
      return { frame, continued: matches.count, started, ended: [...ended].map(snapshot) };
    });
  }

  /**
   * The tracks that the last frame continues, in order of their beginning.
   * @param minLength seen in at least so many frames; a whole number >= 1.
   */
  tracks(minLength = 2): Track[] {
    if (!(Number.isInteger(minLength) && minLength >= 1)) {
      throw new RangeError(`expected minLength to be a whole number >= 1, got ${minLength}`);
    }
    const chosen = this.#live.filter(({ length }) => length >= minLength);
    return chosen.sort((a, b) => a.id - b.id).map(snapshot);
  }

  #begin(firstFrame: number): LiveTrack {
    return { id: this.#begun++, firstFrame, length: 0, positions: [], distanceSum: 0 };
  }

  #extended(track: LiveTrack, x: number, y: number): LiveTrack {
    track.length++;
    track.positions.push(x, y);
    if (track.positions.length > 2 * this.#maxLength) track.positions.splice(0, 2);
    return track;
  }
}

function snapshot({ id, firstFrame, length, positions, distanceSum }: LiveTrack): Track {
  const meanDistance = length > 1 ? distanceSum / (length - 1) : 0;
  return { id, firstFrame, length, keypoints: Float32Array.from(positions), meanDistance };
}
