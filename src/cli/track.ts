/** `superpoint track`: points followed through a video, and a picture followed by its homography. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { writeFileAtomicFrom } from '../files/atomic-file.js';
import { encodeTracksJson } from '../formats/tracks-json.js';
import { readImage } from '../image/codec.js';
import { countProgress } from '../progress.js';
import { ContrastCheck } from './contrast.js';
import { checkDrawTarget, type Draw, withDrawings } from './drawings.js';
import { InterruptedError, UsageError } from './errors.js';
import { tellLeftOut } from './find-images.js';
import { type FrameSource, openFrames } from './frames.js';
import { openSuperPoint } from './model.js';
import {
  addDetectionOptions,
  addModelOptions,
  addReadOptions,
  type DetectionOptions,
  detectionOf,
  type ModelOptions,
  positiveNumber,
  type ReadingOptions,
  readingOf,
  wholeNumber,
} from './options.js';
import { printJson, printLines } from './output.js';
import { requireForDrawing } from './parts.js';
import { openProgressLine } from './progress-line.js';
import { abortOnSignals } from './signals.js';
import { type TrackResult, TrackRun } from './track-run.js';

interface TrackOptions extends ModelOptions, DetectionOptions, ReadingOptions {
  readonly matchThreshold: number;
  readonly maxLength: number;
  readonly minLength: number;
  readonly reference?: string;
  readonly output?: string;
  readonly draw?: string;
  readonly frameRate?: number;
  readonly maxFrames?: number;
  readonly json?: boolean;
}

/** Frames come by the dozen: the quickest. */
const USUAL_MODEL = 'superpoint-tiny-int8';
/** Frames per second of a drawn video where the input does not say. */
const USUAL_FRAME_RATE = 30;

/** Adds the command. */
export function registerTrack(program: Command): void {
  const command = program
    .command('track')
    .description('follow points through a folder of frames, a video or a camera')
    .argument('<input>', 'folder of frames, video file, camera (/dev/video0, avfoundation:0) or stream (URL)')
    .option('--match-threshold <d>', 'largest distance of two descriptors', positiveNumber(2), 0.7)
    .option('--max-length <n>', 'positions of a track that are drawn', wholeNumber(2), 5)
    .option('--min-length <n>', 'frames in which a track has to be seen', wholeNumber(1), 2)
    .option('--reference <image>', 'also follow this flat picture by its homography')
    .option('--output <file>', 'write the tracks as JSON')
    .option('--draw <dir-or-video>', 'draw the tracks into a folder of PNG files or a video (.mp4, .webm)')
    .option(
      '--frame-rate <fps>',
      `of the drawn video (default: the input's, or ${USUAL_FRAME_RATE})`,
      positiveNumber(1000),
    )
    .option('--max-frames <n>', 'stop after so many (default: all)', wholeNumber(1))
    .option('--json', 'print the result as JSON');
  addReadOptions(addDetectionOptions(addModelOptions(command, USUAL_MODEL), '1')).action(runTrack);
}

async function runTrack(input: string, options: TrackOptions): Promise<void> {
  checkTargets(input, options);
  requireForDrawing(options.draw);
  const signal = abortOnSignals('the frame');
  const reading = readingOf(options);
  const source = await openFrames(input, reading);
  const picture = options.reference === undefined ? undefined : await readImage(options.reference, reading);
  const superpoint = await openSuperPoint({ ...options, model: options.model ?? USUAL_MODEL });
  try {
    const { matchThreshold, maxLength, minLength, maxFrames = Number.POSITIVE_INFINITY } = options;
    // From frame to frame nothing halves its size: one pass, and every point once.
    const given = detectionOf(options);
    const detection = { ...given, scales: given.scales ?? [1] };
    // The picture to follow may be near or far.
    const reference = picture && (await superpoint.detect(picture, given));
    const contrast = new ContrastCheck(options.stretch);
    if (picture) contrast.note(options.reference!, picture);
    const settings = { detection, contrast, matchThreshold, maxLength, minLength, maxFrames, reference };
    const run = new TrackRun(superpoint, settings);
    await writeResults(run, source, options, signal);
    tellLeftOut(source.leftOut);
    contrast.tell();
    const result = run.result();
    if (options.json)
      printJson({ ...result, leftOut: source.leftOut, output: options.output, draw: options.draw });
    else printLines(...describe(result, options));
    run.throwFailures();
    if (signal.aborted && !source.live)
      throw new InterruptedError(`the first ${result.frames} frames are done`);
  } finally {
    await superpoint.dispose();
  }
}

function checkTargets(input: string, { draw, output }: TrackOptions): void {
  if (draw !== undefined) checkDrawTarget(draw);
  if ([draw, output].some((target) => target !== undefined && resolve(target) === resolve(input))) {
    throw new UsageError(`the result would take the place of ${input}: give it another name`);
  }
}

/** Runs through the frames, and writes what the options name, each whole. */
async function writeResults(
  run: TrackRun,
  source: FrameSource,
  { output, draw, frameRate, maxFrames, minLength }: TrackOptions,
  signal: AbortSignal,
): Promise<void> {
  const { total = maxFrames } = source;
  const progress = openProgressLine();
  const of = total && Math.min(total, maxFrames ?? total);
  const next = countProgress(progress.show, 'track', { of, unit: 'frames' });
  const write = async (drawFrame?: Draw) => {
    const frames = run.track(source.frames(signal), signal, drawFrame, next);
    if (output !== undefined) return writeFileAtomicFrom(output, encodeTracksJson(frames, minLength));
    for await (const _ of frames);
  };
  try {
    if (draw === undefined) await write();
    else await withDrawings(draw, frameRate ?? source.frameRate ?? USUAL_FRAME_RATE, write);
  } finally {
    progress.close();
  }
}

function describe(result: TrackResult, { minLength, reference, output, draw }: TrackOptions): string[] {
  const { frames, points, tracks, meanTrackLength, trackedShare, framesPerSecond, found } = result;
  const share = (100 * trackedShare).toFixed(1);
  const written = [output, draw].filter((path) => path !== undefined);
  return [
    `frames      ${frames}, with ${Math.round(points / frames)} points each`,
    `tracks      ${tracks} seen in at least ${minLength} ${minLength === 1 ? 'frame' : 'frames'}`,
    `length      ${meanTrackLength.toFixed(2)} frames in the mean`,
    `tracked     ${share} % of the points of a frame are found again in the next`,
    ...(reference === undefined ? [] : [`reference   ${reference} found in ${found} of ${frames} frames`]),
    `speed       ${framesPerSecond.toFixed(2)} frames a second`,
    ...(written.length === 0 ? [] : [`written to  ${written.join(' and ')}`]),
  ];
}
