/** Drawings of frames, one after the other: into a folder of pictures or into a video. */
import { extname, join } from 'node:path';
import { replaceFile } from '../files/atomic-file.js';
import type { RgbaImage } from '../image/image.js';
import { UsageError } from './errors.js';
import { type Ffmpeg, startFfmpeg } from './ffmpeg.js';
import { writePicture } from './output.js';

/** Takes the drawing of a frame. */
export type Draw = (frame: number, drawing: RgbaImage) => Promise<void>;

/** How ffmpeg writes each kind of video. */
const ENCODERS: Readonly<Record<string, readonly string[]>> = {
  '.mp4': ['-crf', '20', '-movflags', '+faststart', '-f', 'mp4'],
  '.webm': ['-crf', '26', '-b:v', '0', '-deadline', 'realtime', '-cpu-used', '6', '-f', 'webm'],
};
/** Kinds that nobody means to be the name of a folder. */
const OTHER_FILE = /\.(avi|mov|mkv|m4v|ogv|gif|png|jpe?g|webp)$/i;

/** @throws UsageError if drawings can be written neither into a video nor into a folder of this name. */
export function checkDrawTarget(target: string): void {
  if (OTHER_FILE.test(target)) {
    throw new UsageError(`--draw ${target}: expected a folder, or a video that ends in .mp4 or .webm`);
  }
}

/**
 * Lets `use` draw into `target`: frame-000000.png, … in a folder, or a video (.mp4, .webm), which takes
 * its name when it is complete.
 *
 * @returns what `use` returns.
 * @throws FfmpegMissingError, or ffmpeg's own words.
 */
export function withDrawings<T>(
  target: string,
  frameRate: number,
  use: (draw: Draw) => Promise<T>,
): Promise<T> {
  const encoder = ENCODERS[extname(target).toLowerCase()];
  if (encoder) {
    return replaceFile(target, (temporary) => encodeVideo(temporary, target, frameRate, encoder, use));
  }
  return use((frame, drawing) =>
    writePicture(join(target, `frame-${String(frame).padStart(6, '0')}.png`), drawing),
  );
}

async function encodeVideo<T>(
  path: string,
  name: string,
  frameRate: number,
  encoder: readonly string[],
  use: (draw: Draw) => Promise<T>,
): Promise<T> {
  let ffmpeg: Ffmpeg | undefined;
  let size = '';
  const draw: Draw = async (frame, { width, height, data }) => {
    size ||= `${width}x${height}`;
    if (size !== `${width}x${height}`) {
      throw new Error(
        `${name}: frame ${frame} is ${width}x${height}, the video is ${size}: draw into a folder instead`,
      );
    }
    // The usual colours of videos come in squares of 2x2 pixels.
    const filter = ['-vf', 'pad=ceil(iw/2)*2:ceil(ih/2)*2', '-pix_fmt', 'yuv420p'];
    const source = ['-f', 'rawvideo', '-pix_fmt', 'rgba', '-video_size', size, '-framerate', `${frameRate}`];
    ffmpeg ??= await startFfmpeg(name, [...source, '-i', '-', ...filter, ...encoder, '-y', `file:${path}`]);
    await written(ffmpeg, data, name);
  };
  try {
    const result = await use(draw);
    ffmpeg?.stdin.end();
    await ffmpeg?.ended;
    return result;
  } finally {
    ffmpeg?.stop();
  }
}

/** Resolves when ffmpeg has taken the bytes, so that drawings do not pile up. */
async function written({ stdin, ended }: Ffmpeg, data: Uint8ClampedArray, name: string): Promise<void> {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const broken = await new Promise<unknown>((resolve) => stdin.write(bytes, resolve));
  if (!broken) return;
  await ended;
  throw new Error(`${name}: ffmpeg ended before all frames were written`);
}
