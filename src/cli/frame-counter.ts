/** Tells on stderr how far a video is, also where nobody knows how long it will be. */
import { countPictures } from './output.js';

/** Counts frames as they are done. */
export interface FrameCounter {
  next(): void;
  /** Ends the line; call it once, also after an error. */
  stop(): void;
}

/** Seconds between two lines where nobody watches them as they change. */
const PLAIN_SECONDS = 10;

/** A counter of `total` frames, or of frames without end. */
export function countFrames(total: number | undefined, stream = process.stderr): FrameCounter {
  if (total === undefined) return countWithoutEnd(stream);
  const { next, progress } = countPictures('track', total);
  return { next, stop: () => progress.stop() };
}

function countWithoutEnd(stream: NodeJS.WriteStream): FrameCounter {
  const [between, start, end] = stream.isTTY ? [0.25, '\r', '\x1b[K'] : [PLAIN_SECONDS, '', '\n'];
  const began = performance.now();
  let frames = 0;
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    next() {
      frames++;
      const seconds = (performance.now() - began) / 1000;
      if (seconds - shownAt < between) return;
      stream.write(`${start}track: ${frames} frames · ${(frames / seconds).toFixed(1)} frames/s${end}`);
      shownAt = seconds;
    },
    stop() {
      if (stream.isTTY && frames > 0) stream.write('\n');
    },
  };
}
