/** How well points were tracked: the numbers that tell one detector or setting from another. */
import type { Track, TrackUpdate } from './point-tracker.js';

/** What a sequence came to. */
export interface TrackSummary {
  readonly frames: number;
  /** Points found in all frames together. */
  readonly points: number;
  /** Tracks seen in at least `minLength` frames. */
  readonly tracks: number;
  /** Mean number of frames that such a track was seen in; 0 where there is none. */
  readonly meanTrackLength: number;
  /** Share of the points of a frame that the next frame continues, over all neighbours; 0 without any. */
  readonly trackedShare: number;
}

/** Counts over a sequence, in constant memory. */
export class TrackStatistics {
  readonly #minLength: number;
  #frames = 0;
  #points = 0;
  #continued = 0;
  #continuable = 0;
  #endedTracks = 0;
  #endedLength = 0;

  /** @param minLength frames in which a track must be seen to count; a whole number >= 1. */
  constructor(minLength = 2) {
    if (!(Number.isInteger(minLength) && minLength >= 1)) {
      throw new RangeError(`expected minLength to be a whole number >= 1, got ${minLength}`);
    }
    this.#minLength = minLength;
  }

  /** Takes what `PointTracker.update` returned for the next frame. */
  add({ continued, started, ended }: TrackUpdate): void {
    this.#frames++;
    this.#points += continued + started;
    this.#continued += continued;
    this.#continuable += continued + ended.length;
    const counting = ended.filter(({ length }) => length >= this.#minLength);
    this.#endedTracks += counting.length;
    this.#endedLength += totalLength(counting);
  }

  /** The numbers so far. @param live the tracker's tracks of the same minimum length under way. */
  summary(live: readonly Track[]): TrackSummary {
    const tracks = this.#endedTracks + live.length;
    const length = this.#endedLength + totalLength(live);
    return {
      frames: this.#frames,
      points: this.#points,
      tracks,
      meanTrackLength: tracks > 0 ? length / tracks : 0,
      trackedShare: this.#continuable > 0 ? this.#continued / this.#continuable : 0,
    };
  }
}

function totalLength(tracks: readonly Track[]): number {
  return tracks.reduce((sum, { length }) => sum + length, 0);
}
