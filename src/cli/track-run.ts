/** The work of `superpoint track`: each frame through the network, the tracker and the drawing. */

import { drawTracks } from '../drawing/draw.js';
import type { Features } from '../features/features.js';
import type { DetectOptions, SuperPoint } from '../features/superpoint.js';
import type { TrackedFrame } from '../formats/tracks-json.js';
import type { GrayImage } from '../image/image.js';
import { locatePicture } from '../matching/locate-picture.js';
import { PointTracker } from '../matching/point-tracker.js';
import { TrackStatistics, type TrackSummary } from '../matching/track-statistics.js';
import type { ContrastCheck } from './contrast.js';
import type { Draw } from './drawings.js';
import { type Failure, failureOf, InterruptedError, PartialFailureError } from './errors.js';
import type { Frame } from './frames.js';

/** How to track. */
export interface TrackSettings {
  readonly detection: DetectOptions;
  /** Notes a first frame without contrast. */
  readonly contrast: ContrastCheck;
  readonly matchThreshold: number;
  /** Positions of a track that are drawn. */
  readonly maxLength: number;
  /** Frames in which a track has to be seen. */
  readonly minLength: number;
  /** Frames at most. */
  readonly maxFrames: number;
  /** Features of a flat picture to follow. */
  readonly reference?: Features;
}

/** What a run came to. */
export interface TrackResult extends TrackSummary {
  /** Frames that show the reference; undefined without one. */
  readonly found?: number;
  /** Of all that was done, from the first frame on. */
  readonly framesPerSecond: number;
  readonly failures: readonly Failure[];
}

/** One pass over a sequence. */
export class TrackRun {
  readonly #superpoint: SuperPoint;
  readonly #settings: TrackSettings;
  readonly #tracker: PointTracker;
  readonly #statistics: TrackStatistics;
  readonly #failures: Failure[] = [];
  #frames = 0;
  #found = 0;
  #seconds = 0;
  #broken: unknown;

  constructor(superpoint: SuperPoint, settings: TrackSettings) {
    const { matchThreshold, maxLength, minLength } = settings;
    this.#superpoint = superpoint;
    this.#settings = settings;
    this.#tracker = new PointTracker({ matchThreshold, maxLength });
    this.#statistics = new TrackStatistics(minLength);
  }

  /**
   * The frames with their tracks, until the last or the signal. Frames that cannot be read are noted and
   * left out; a source that breaks in the middle ends the sequence (`throwFailures` tells).
   *
   * @param onFrame is called after each frame.
   * @throws what the source throws before its first frame; PartialFailureError if no frame can be read; Error if there is none.
   */
  async *track(
    frames: AsyncIterable<Frame>,
    signal: AbortSignal,
    draw: Draw | undefined,
    onFrame: () => void,
  ): AsyncGenerator<TrackedFrame, void, undefined> {
    const began = performance.now();
    for await (const frame of this.#untilBroken(frames)) {
      if (signal.aborted) break;
      const tracked = await this.#trackFrame(frame, draw);
      this.#seconds = (performance.now() - began) / 1000;
      onFrame();
      if (tracked) yield tracked;
      if (signal.aborted || this.#frames === this.#settings.maxFrames) break;
    }
    if (this.#frames > 0) return;
    this.throwFailures();
    throw signal.aborted ? new InterruptedError('no frame was done') : new Error('the input has no frames');
  }

  /** The numbers so far. */
  result(): TrackResult {
    const { minLength, reference } = this.#settings;
    return {
      ...this.#statistics.summary(this.#tracker.tracks(minLength)),
      ...(reference ? { found: this.#found } : {}),
      framesPerSecond: this.#seconds > 0 ? this.#frames / this.#seconds : 0,
      failures: this.#failures,
    };
  }

  /** @throws PartialFailureError for frames that were left out, or what ended the sequence too early. */
  throwFailures(): void {
    if (this.#broken) throw this.#broken;
    const failed = this.#failures.length;
    if (failed > 0) throw new PartialFailureError('frames', this.#frames + failed, this.#failures);
  }

  async *#untilBroken(frames: AsyncIterable<Frame>): AsyncGenerator<Frame, void, undefined> {
    try {
      yield* frames;
    } catch (error) {
      if (this.#frames === 0) throw error;
      this.#broken = error;
    }
  }

  async #trackFrame(frame: Frame, draw: Draw | undefined): Promise<TrackedFrame | undefined> {
    const features = await this.#detect(frame);
    if (!features) return undefined;
    const { minLength, maxLength, reference } = this.#settings;
    const update = await this.#tracker.update(features);
    this.#statistics.add(update);
    this.#frames++;
    const location = reference && (await locatePicture(reference, features));
    if (location?.outline) this.#found++;
    if (draw) {
      const trails = this.#tracker.tracks(minLength).map(({ keypoints }) => keypoints);
      const options = { longest: maxLength, outline: location?.outline };
      await draw(update.frame, drawTracks(frame.image as GrayImage, trails, options));
    }
    const { width, height } = features;
    const tracks = this.#tracker.tracks(1);
    const { frame: number, ended } = update;
    return { frame: number, name: frame.name, width, height, tracks, ended, reference: location };
  }

  async #detect({ image, path, name }: Frame): Promise<Features | undefined> {
    try {
      if (image instanceof Error) throw image;
      if (this.#frames === 0 && name !== undefined) this.#settings.contrast.note(path, image);
      return await this.#superpoint.detect(image, this.#settings.detection);
    } catch (error) {
      if (name === undefined) throw error;
      this.#failures.push(failureOf(name, path, error));
      return undefined;
    }
  }
}
