/** `superpoint match`: matches of two pictures and the homography that they agree on; or of many, into a file. */
import type { Command } from 'commander';
import type { Shard } from '../adaptation/shard.js';
import { drawMatches } from '../drawing/draw.js';
import { estimateHomography, type HomographyEstimate } from '../geometry/estimate-homography.js';
import { readImage } from '../image/codec.js';
import { matchFeatures } from '../matching/match-features.js';
import { ContrastCheck } from './contrast.js';
import { UsageError } from './errors.js';
import { openSuperPoint } from './model.js';
import {
  addDetectionOptions,
  addModelOptions,
  addReadOptions,
  type DetectionOptions,
  detectionOf,
  type ModelOptions,
  numberIn,
  positiveNumber,
  type ReadingOptions,
  readingOf,
  shardOption,
  wholeNumber,
} from './options.js';
import { millisecondsSince, printJson, printLines, writePicture } from './output.js';
import { requireForDrawing } from './parts.js';
import { exitOnSignals } from './signals.js';

interface MatchOptions extends ModelOptions, DetectionOptions, ReadingOptions {
  readonly ratio?: number;
  readonly minSimilarity?: number;
  readonly threshold: number;
  readonly seed: number;
  readonly draw?: string;
  readonly output?: string;
  readonly pairs?: string;
  readonly features?: string;
  readonly shard?: Shard;
  readonly json?: boolean;
}

/** What `--json` prints. */
interface MatchResult {
  readonly keypoints: readonly [number, number];
  readonly matches: number;
  readonly inliers: number;
  /** Row-major, maps points of A to points of B; null where no more matches agree than chance would give. */
  readonly homography: readonly number[] | null;
  readonly milliseconds: Readonly<Record<string, number>>;
}

/** Adds the command. */
export function registerMatch(program: Command): void {
  const command = program
    .command('match')
    .description(
      'match two pictures and estimate the homography from the first to the second; with --output, many pictures, ' +
        'into a file for hloc',
    )
    .argument('[path...]', 'two pictures; with --output, pictures and folders')
    .option(
      '--output <file>',
      'matches of all pairs in the layout of hloc; pairs that are up to date are kept',
    )
    .option('--pairs <file>', 'with --output, only these pairs: two names a line')
    .option(
      '--features <file>',
      'with --output, features as `superpoint detect` writes them; made first where pictures are given ' +
        '(default: beside the output)',
    )
    .addOption(shardOption('with --output and --features alone; `superpoint join` makes the whole of them'))
    .option('--ratio <r>', 'distance at most r times the second best (default: any)', positiveNumber(1))
    .option('--min-similarity <s>', 'smallest cosine of two descriptors (default: any)', numberIn(-1, 1))
    .option('--threshold <pixels>', 'largest error of an inlier', positiveNumber(), 3)
    .option('--seed <s>', 'seed of the random samples of RANSAC', wholeNumber(0), 0)
    .option('--draw <file>', 'write a picture of the matches (PNG)')
    .option('--json', 'print the result as JSON');
  addReadOptions(
    addDetectionOptions(addModelOptions(command)),
    'apply, with --output ignore, as other users of hloc do',
  ).action(async (paths: string[], options: MatchOptions) => {
    const { output } = options;
    if (output === undefined) return matchTwo(paths, options);
    if (options.draw !== undefined) throw new UsageError('--draw is for two pictures, without --output');
    // With its formats it takes a while to load.
    const { matchMany } = await import('./match-many.js');
    return matchMany(paths, { ...options, output });
  });
}

async function matchTwo(paths: readonly string[], options: MatchOptions): Promise<void> {
  const [pathA, pathB] = paths;
  if (paths.length !== 2)
    throw new UsageError(`expected two pictures, or --output for many, got ${paths.length}`);
  const lonely = (['pairs', 'features', 'shard'] as const).find((name) => options[name] !== undefined);
  if (lonely) throw new UsageError(`--${lonely} goes with --output`);
  requireForDrawing(options.draw);
  exitOnSignals();
  const milliseconds: Record<string, number> = {};
  const timed = async <T>(step: string, work: () => T | Promise<T>): Promise<T> => {
    const began = performance.now();
    const result = await work();
    milliseconds[step] = millisecondsSince(began);
    return result;
  };

  const reading = readingOf(options);
  // Pictures are decoded beside this thread, which prepares the network meanwhile.
  const [[a, b], superpoint] = await timed('load', () =>
    Promise.all([
      Promise.all([readImage(pathA, reading), readImage(pathB, reading)]),
      openSuperPoint(options),
    ]),
  );
  const contrast = new ContrastCheck(options.stretch);
  contrast.note(pathA, a);
  contrast.note(pathB, b);
  contrast.tell();
  const detection = detectionOf(options);
  const [featuresA, featuresB] = await timed('detect', async () => [
    await superpoint.detect(a, detection),
    await superpoint.detect(b, detection),
  ]);
  // What is compared next takes as much memory as the network.
  await superpoint.dispose();
  const { ratio, minSimilarity, threshold, seed } = options;
  const matches = await timed('match', () =>
    matchFeatures(featuresA, featuresB, { ratio, minSimilarity, thread: false }),
  );
  const estimate = await timed('homography', () =>
    estimateHomography(featuresA, featuresB, matches, { threshold, seed }),
  );
  const { H_0to1, inliers, inlierCount } = estimate;
  if (options.draw) {
    await writePicture(
      options.draw,
      drawMatches(a, featuresA, b, featuresB, matches, H_0to1 ? inliers : undefined),
    );
  }
  const result: MatchResult = {
    keypoints: [featuresA.count, featuresB.count],
    matches: matches.count,
    inliers: inlierCount,
    homography: H_0to1 && Array.from(H_0to1),
    milliseconds,
  };
  if (options.json) printJson(result);
  else printLines(...describeMatch(result, estimate));
}

function describeMatch(result: MatchResult, estimate: HomographyEstimate): string[] {
  const { keypoints, matches, inliers, milliseconds } = result;
  const times = Object.entries(milliseconds).map(([step, time]) => `${step} ${Math.round(time)}`);
  return [
    `keypoints   ${keypoints[0]} and ${keypoints[1]}`,
    `matches     ${matches}`,
    `inliers     ${inliers}`,
    ...describeHomography(estimate),
    `milliseconds: ${times.join(' · ')}`,
  ];
}

/** A homography as three rows of text, or why there is none. */
export function describeHomography({ H_0to1, inliers, inlierCount, verdict }: HomographyEstimate): string[] {
  if (!H_0to1) {
    const why =
      verdict === 'chance'
        ? 'which chance would give'
        : 'but on a line or in too few places to determine one';
    return [`no common plane: ${inlierCount} of ${inliers.length} matches agree, ${why}`];
  }
  const rows = [0, 3, 6].map((start) =>
    Array.from(H_0to1.subarray(start, start + 3), (value) => value.toPrecision(6).padStart(13)).join(''),
  );
  return ['homography  from the first to the second picture', ...rows];
}
