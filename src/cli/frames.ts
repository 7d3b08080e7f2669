/** Frames to track, one after the other: of a folder of pictures, a video file, a camera or a stream. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readImage } from '../image/codec.js';
import { grayFromSamples } from '../image/convert.js';
import type { GrayImage } from '../image/image.js';
import { decodePnm } from '../image/pnm.js';
import type { ReadOptions } from '../image/read-options.js';
import { stretchImage } from '../image/stretch.js';
import { readAhead } from '../threads/read-ahead.js';
import { probeVideo, startFfmpeg } from './ffmpeg.js';
import { imagesBelow, type LeftOut } from './find-images.js';

/** One frame, or why there is none. */
export interface Frame {
  readonly path: string;
  /** Of a picture in a folder: its path there. */
  readonly name?: string;
  readonly image: GrayImage | Error;
}

/** Where frames come from. */
export interface FrameSource {
  /** How many there are, where that is known; a video's own word for it. */
  readonly total?: number;
  /** Frames per second, where that is known. */
  readonly frameRate?: number;
  /** Goes on until it is told to stop: a camera or a stream. */
  readonly live: boolean;
  /** What a folder holds besides images. */
  readonly leftOut?: LeftOut;
  /**
   * The frames, until the last or until the signal; at most two are in memory.
   * @throws Error in one line when the source fails.
   */
  frames(signal: AbortSignal): AsyncGenerator<Frame, void, undefined>;
}

/** Cameras by ffmpeg's name of the system that they are on: `avfoundation:0`, `dshow:video=USB Camera`. */
const CAMERA = /^(v4l2|avfoundation|dshow):(.+)$/;
const URL_START = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * Finds out what `input` is.
 * @throws NoImagesError for a folder without pictures; the file system's error where there is nothing.
 */
export async function openFrames(input: string, options: ReadOptions = {}): Promise<FrameSource> {
  const camera = CAMERA.exec(input);
  if (camera) return liveSource(input, ['-f', camera[1], '-i', camera[2]], options);
  if (URL_START.test(input)) return liveSource(input, ['-i', input], options);
  const found = await stat(input);
  if (found.isDirectory()) return folderSource(input, options);
  if (found.isCharacterDevice()) return liveSource(input, ['-f', 'v4l2', '-i', input], options);
  const { frames: total, frameRate } = await probeVideo(input);
  const frames = (signal: AbortSignal) => ffmpegFrames(input, ['-i', `file:${input}`], options, signal);
  return { total, frameRate, live: false, frames };
}

function liveSource(input: string, args: readonly string[], options: ReadOptions): FrameSource {
  return { live: true, frames: (signal) => ffmpegFrames(input, args, options, signal) };
}

async function folderSource(folder: string, options: ReadOptions): Promise<FrameSource> {
  const found = await imagesBelow(folder);
  // frame9 comes before frame10
  const names = [...found.names].sort(new Intl.Collator('en', { numeric: true }).compare);
  const read = async (name: string): Promise<Frame> => {
    const path = join(folder, name);
    return { path, name, image: await readImage(path, options).catch((error: Error) => error) };
  };
  async function* frames(signal: AbortSignal): AsyncGenerator<Frame, void, undefined> {
    for await (const { result } of readAhead(names, read)) {
      if (signal.aborted) return;
      yield await result;
    }
  }
  return { total: names.length, live: false, leftOut: found.leftOut, frames };
}

async function* ffmpegFrames(
  input: string,
  source: readonly string[],
  { stretch }: ReadOptions,
  signal: AbortSignal,
): AsyncGenerator<Frame, void, undefined> {
  // Each frame once, whatever the distances in time: its number becomes its time.
  const filter = 'settb=1/25,setpts=N,format=gray';
  const sink = ['-map', '0:v:0', '-vf', filter, '-r', '25', '-c:v', 'pgm', '-f', 'image2pipe', '-'];
  const ffmpeg = await startFfmpeg(input, ['-nostdin', ...source, ...sink]);
  ffmpeg.stdin.end();
  signal.addEventListener('abort', ffmpeg.stop);
  try {
    for await (const image of pgmPictures(ffmpeg.stdout, input)) {
      if (signal.aborted) return;
      yield { path: input, image: stretch ? stretchImage(image) : image };
    }
    await ffmpeg.ended;
  } finally {
    signal.removeEventListener('abort', ffmpeg.stop);
    ffmpeg.stop();
  }
}

/** The pictures of a stream of binary PGM files, one behind the other; a last one that is cut is left out. */
export async function* pgmPictures(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<GrayImage, void, undefined> {
  let pending: Uint8Array[] = [];
  let length = 0;
  let wanted: number | undefined;
  for await (const chunk of chunks) {
    pending.push(chunk);
    length += chunk.length;
    while (length >= (wanted ?? 1)) {
      const bytes = Buffer.concat(pending, length);
      wanted = pgmSize(bytes);
      pending = [bytes];
      if (wanted === undefined || length < wanted) break;
      yield grayFromSamples(decodePnm(bytes.subarray(0, wanted), name));
      pending = [bytes.subarray(wanted)];
      length -= wanted;
      wanted = undefined;
    }
  }
}

/** Bytes of the PGM file that begins here; undefined while its header is not complete. */
function pgmSize(bytes: Buffer): number | undefined {
  const header = /^P5\s+(\d+)\s+(\d+)\s+\d+\s/.exec(bytes.toString('latin1', 0, 64));
  return header ? header[0].length + Number(header[1]) * Number(header[2]) : undefined;
}
