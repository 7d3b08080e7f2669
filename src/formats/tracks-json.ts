/** Tracks as JSON text, frame by frame, so that a video of any length needs little memory. */

/** What the file needs of a track at one of its frames. */
export interface TrackPoint {
  readonly id: number;
  /** Frames in which it has been seen. */
  readonly length: number;
  /** The last two are its position. */
  readonly keypoints: Float32Array;
}

/** A frame with all its tracks. */
export interface TrackedFrame {
  /** Counts from 0. */
  readonly frame: number;
  /** Name of its picture, where it has one. */
  readonly name?: string;
  readonly width: number;
  readonly height: number;
  /** The tracks that it begins or continues. */
  readonly tracks: readonly TrackPoint[];
  /** The tracks that the frame before had and this has not. */
  readonly ended: readonly Pick<TrackPoint, 'id' | 'length'>[];
  /** Where it shows the reference picture, if one is followed. */
  readonly reference?: {
    readonly H_pictureToFrame: ArrayLike<number> | null;
    readonly outline: ArrayLike<number> | null;
    readonly inlierCount: number;
  };
}

/** A frame that waits until it is known which of its tracks become long enough. */
interface WaitingFrame extends TrackedFrame {
  readonly short: Set<number>;
}

/**
 * The text of a JSON file, piece by piece: an array with one object per frame,
 * `{frame, name?, width, height, points: [[id, x, y], …], reference?: {inliers, homography, outline}}`;
 * points with one id are one track. Positions in pixels to a thousandth.
 *
 * @param minLength tracks seen in fewer frames are left out; `minLength` frames are in memory.
 */
export async function* encodeTracksJson(
  frames: AsyncIterable<TrackedFrame>,
  minLength: number,
): AsyncGenerator<string> {
  const waiting: WaitingFrame[] = [];
  const leaveOut = (tracks: TrackedFrame['ended']) => {
    for (const { id, length } of tracks) {
      // A short track lies within the frames that wait.
      if (length < minLength) for (const { short } of waiting) short.add(id);
    }
  };
  let separator = '[\n';
  const encode = (frame: WaitingFrame) => {
    const text = separator + JSON.stringify(frameJson(frame));
    separator = ',\n';
    return text;
  };
  for await (const frame of frames) {
    leaveOut(frame.ended);
    waiting.push({ ...frame, short: new Set() });
    if (waiting.length >= minLength) yield encode(waiting.shift()!);
  }
  leaveOut(waiting.at(-1)?.tracks ?? []);
  for (const frame of waiting) yield encode(frame);
  yield separator === ',\n' ? '\n]\n' : '[]\n';
}

function frameJson({ frame, name, width, height, tracks, short, reference }: WaitingFrame) {
  const points = tracks
    .filter(({ id }) => !short.has(id))
    .map(({ id, keypoints }) => [id, ...Array.from(keypoints.subarray(-2), thousandth)]);
  return { frame, name, width, height, points, reference: reference && referenceJson(reference) };
}

function referenceJson({ H_pictureToFrame, outline, inlierCount }: NonNullable<TrackedFrame['reference']>) {
  const corners = outline && [0, 2, 4, 6].map((at) => [thousandth(outline[at]), thousandth(outline[at + 1])]);
  return {
    inliers: inlierCount,
    homography: H_pictureToFrame && Array.from(H_pictureToFrame),
    outline: corners,
  };
}

function thousandth(value: number): number {
  return Math.round(1000 * value) / 1000;
}
