/** The system's ffmpeg as a child process: frames out of videos and cameras, drawings into videos. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** ffmpeg is needed and not there: exit code 1. */
export class FfmpegMissingError extends Error {
  override readonly name = 'FfmpegMissingError';

  constructor(program: string, cause: unknown) {
    super(
      `${program} is missing, and videos and cameras need it: install ffmpeg so that it is on the PATH, ` +
        'or use folders of pictures',
      { cause },
    );
  }
}

/** A running ffmpeg. */
export interface Ffmpeg {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Resolves when it has ended, also by `stop`; rejects with its own words, in one line, if it failed. */
  readonly ended: Promise<void>;
  stop(): void;
}

/** As much of what it says as a reason is looked for in. */
const KEPT_WORDS = 4096;

/**
 * Starts ffmpeg, or ffprobe.
 * @param name the file at stake, for the error.
 * @throws FfmpegMissingError if there is none.
 */
export async function startFfmpeg(
  name: string,
  args: readonly string[],
  program: 'ffmpeg' | 'ffprobe' = 'ffmpeg',
): Promise<Ffmpeg> {
  // A process group of its own: Ctrl-C on the terminal reaches this process alone, which ends in order.
  const child = spawn(program, ['-hide_banner', '-loglevel', 'error', ...args], {
    detached: true,
    windowsHide: true,
    stdio: 'pipe',
  });
  await once(child, 'spawn').catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'ENOENT' ? new FfmpegMissingError(program, cause) : cause;
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (words.length < KEPT_WORDS) words += text;
  });
  // Its end is told by `ended`; a pipe that broke for it is no news.
  child.stdin.on('error', () => {});
  let stopped = false;
  const ended = whenClosed(child).then((code) => {
    process.off('exit', kill);
    if (code !== 0 && !stopped) throw new Error(`${name}: ${program} failed: ${reasonIn(words, name, code)}`);
  });
  // It may fail before anyone asks.
  ended.catch(() => {});
  const stop = () => {
    stopped = true;
    child.kill('SIGKILL');
  };
  return { stdin: child.stdin, stdout: child.stdout, ended, stop };
}

async function whenClosed(child: ChildProcess): Promise<number | null> {
  const [code] = await once(child, 'close');
  return code;
}

/** The first line that says something, without the memory address of the part that says it. */
function reasonIn(words: string, name: string, code: number | null): string {
  const [line = `it ended with code ${code}`] = words.split('\n').filter((text) => text.trim() !== '');
  return line.replace(/^\[[^\]]* @ 0x[0-9a-f]+\] /, '').replace(`file:${name}: `, '');
}

/** What is known of a video beforehand. */
export interface VideoFacts {
  /** Frames per second. */
  readonly frameRate?: number;
  /** Frames, as far as the file's own words can be trusted. */
  readonly frames?: number;
}

/** Asks ffprobe; nothing is known where it is missing or does not know either. */
export async function probeVideo(path: string): Promise<VideoFacts> {
  try {
    const entries = 'stream=avg_frame_rate,nb_frames:format=duration';
    const args = ['-select_streams', 'v:0', '-show_entries', entries, '-of', 'json', `file:${path}`];
    const ffprobe = await startFfmpeg(path, args, 'ffprobe');
    let text = '';
    for await (const piece of ffprobe.stdout.setEncoding('utf8')) text += piece;
    await ffprobe.ended;
    return factsIn(JSON.parse(text));
  } catch {
    return {};
  }
}

interface Probed {
  readonly streams?: readonly { readonly avg_frame_rate?: string; readonly nb_frames?: string }[];
  readonly format?: { readonly duration?: string };
}

function factsIn({ streams, format }: Probed): VideoFacts {
  const [numerator, denominator] = (streams?.[0]?.avg_frame_rate ?? '').split('/').map(Number);
  const frameRate = positive(numerator / denominator);
  const frames = positive(Number(streams?.[0]?.nb_frames));
  const guessed = positive(Math.round(Number(format?.duration) * (frameRate ?? Number.NaN)));
  return { frameRate, frames: frames ?? guessed };
}

function positive(value: number): number | undefined {
  return value > 0 && value < Number.POSITIVE_INFINITY ? value : undefined;
}
