/** `superpoint match --output`: the matches of many pairs, as a file for hloc. */
import { createHash } from 'node:crypto';
import { type Shard, shardPlace, takeShard } from '../adaptation/shard.js';
import type { Features } from '../features/features.js';
import { originMetadata, originOf } from '../files/origin.js';
import { bytesOf } from '../files/raw-numbers.js';
import { GrowingFile } from '../formats/growing-file.js';
import { MATCHES_KIND } from '../formats/growing-matches.js';
import { HlocFeatures } from '../formats/hloc.js';
import { hlocPair, pairName } from '../formats/hloc-matches.js';
import { matchFeatures } from '../matching/match-features.js';
import { countProgress } from '../progress.js';
import { type DetectionSettings, type DetectionSummary, detectInto } from './detect-into.js';
import { type Failure, PartialFailureError, StoppedEarlyError, UsageError } from './errors.js';
import { findImages, type LeftOut, tellLeftOut } from './find-images.js';
import { printJson, printLines } from './output.js';
import { allPairs, type Pair, readPairs } from './pairs.js';
import { openProgressLine } from './progress-line.js';
import { abortOnSignals } from './signals.js';

/** What `match --output` takes. */
export interface ManyOptions extends DetectionSettings {
  readonly output: string;
  readonly pairs?: string;
  readonly features?: string;
  readonly shard?: Shard;
  readonly ratio?: number;
  readonly minSimilarity?: number;
  readonly json?: boolean;
}

/** So many pictures' features are in memory at a time. */
const HELD_PICTURES = 64;

/** What came of both steps. */
export interface ManySummary extends MatchingSummary {
  /** The file of features. */
  readonly features: string;
  readonly failures: readonly Failure[];
}

/** `match --output`. */
export async function matchMany(paths: readonly string[], options: ManyOptions): Promise<void> {
  const { output, json } = options;
  const summary = await matchInto(paths, options, abortOnSignals('the pair'));
  const { pairs, upToDate, matches, features } = summary;
  if (json) printJson({ ...summary, output });
  else {
    const kept = upToDate > 0 ? `, ${upToDate} up to date` : '';
    printLines(`${matches} matches in ${pairs} pairs${kept}, written to ${output}; features in ${features}`);
  }
  throwFailures(summary);
}

/** @throws PartialFailureError where pictures failed. */
export function throwFailures({ pictures, failures }: Pick<ManySummary, 'pictures' | 'failures'>): void {
  if (failures.length > 0) throw new PartialFailureError('pictures', pictures + failures.length, failures);
}

/** Matches pairs of pictures, or of the pictures whose features a file holds; tells of pictures that are odd. */
export async function matchInto(
  paths: readonly string[],
  options: ManyOptions,
  signal: AbortSignal,
): Promise<ManySummary> {
  const { output } = options;
  if (paths.length === 0 && options.features === undefined) {
    throw new UsageError('expected pictures, or --features with the file of their features');
  }
  if (paths.length > 0 && options.shard) {
    throw new UsageError(
      '--shard matches what is detected: run `superpoint detect` first and give --features alone',
    );
  }
  const file = options.features ?? `${output.replace(/\.h5$/, '')}-features.h5`;
  const detected = paths.length > 0 ? await detectFirst(paths, file, options, signal) : undefined;
  const failures = detected?.failures ?? [];
  const features = await HlocFeatures.open(file);
  try {
    const summary = await matchPairs(features, file, failures, options, signal);
    detected?.contrast.tell();
    tellLeftOut(detected?.leftOut);
    return { ...summary, failures, features: file };
  } finally {
    features.close();
  }
}

async function detectFirst(
  paths: readonly string[],
  output: string,
  options: ManyOptions,
  signal: AbortSignal,
): Promise<DetectionSummary & { leftOut: LeftOut }> {
  const { images, leftOut } = await findImages(paths);
  const target = { output, isFolder: false, format: 'hloc' } as const;
  return { ...(await detectInto(images, target, options, signal)), leftOut };
}

/** What came of it. */
interface MatchingSummary {
  /** Pairs worked on, and the matches in them. */
  readonly pairs: number;
  readonly matches: number;
  /** Pairs whose matches were there, made from the same. */
  readonly upToDate: number;
  /** Pictures with features. */
  readonly pictures: number;
}

async function matchPairs(
  features: HlocFeatures,
  file: string,
  failures: readonly Failure[],
  options: ManyOptions,
  signal: AbortSignal,
): Promise<MatchingSummary> {
  const { output, shard, ratio, minSimilarity } = options;
  const every = await pairsOf(features, file, failures, options);
  const names = every.map((pair) => pairName(...pair));
  const run = originOf('matching', { ratio, minSimilarity, thread: false });
  const attributes: Record<string, string> = originMetadata(run);
  if (shard) attributes.shard = JSON.stringify({ ...shardPlace(names, shard), failed: [] });
  const pictures = new Pictures(features);
  const growing = await GrowingFile.open(output, MATCHES_KIND);
  const progress = openProgressLine();
  const mine = shard ? takeShard(every, shard) : every;
  const next = countProgress(progress.show, 'match', { of: mine.length, unit: 'pairs' });
  let [pairs, matches, upToDate] = [0, 0, 0];
  try {
    for (const [name0, name1] of mine) {
      if (signal.aborted) throw new StoppedEarlyError(signal);
      const digest = `${pictures.origin(name0)} ${pictures.origin(name1)}`;
      const { hash } = originOf('matching', { digest }, { run });
      const name = pairName(name0, name1);
      if (growing.has(name, hash)) upToDate += 1;
      else {
        const [features0, features1] = [pictures.read(name0), pictures.read(name1)];
        const found = await matchFeatures(features0, features1, { ratio, minSimilarity, thread: false });
        await growing.add(name, hash, hlocPair(found, features0.count));
        pairs += 1;
        matches += found.count;
      }
      next();
    }
    await growing.finish(shard ? takeShard(names, shard) : names, attributes);
  } finally {
    progress.close();
    await growing.close();
  }
  return { pictures: features.names.length, pairs, matches, upToDate };
}

export async function pairsOf(
  { names }: HlocFeatures,
  file: string,
  failures: readonly Failure[],
  { pairs }: ManyOptions,
): Promise<Pair[]> {
  const failed = new Set(failures.map(({ name }) => name));
  if (pairs !== undefined) {
    const listed = await readPairs(pairs, new Set([...names, ...failed]));
    return listed.filter((pair) => !pair.some((name) => failed.has(name)));
  }
  if (names.length < 2) throw new UsageError(`expected two pictures or more, ${file} has ${names.length}`);
  return allPairs([...names].sort());
}

/** Features of the pictures of a file; the last ones read stay in memory. */
class Pictures {
  readonly #file: HlocFeatures;
  readonly #held = new Map<string, Features>();
  readonly #origins = new Map<string, string>();

  constructor(file: HlocFeatures) {
    this.#file = file;
  }

  read(name: string): Features {
    const features = this.#held.get(name) ?? this.#file.read(name);
    // The one used last stands last.
    this.#held.delete(name);
    this.#held.set(name, features);
    const [oldest] = this.#held.keys();
    if (this.#held.size > HELD_PICTURES) this.#held.delete(oldest);
    return features;
  }

  /** What the features were made from; of other programs' features a digest. */
  origin(name: string): string {
    const origin = this.#origins.get(name) ?? this.#file.origin(name) ?? this.#digest(name);
    this.#origins.set(name, origin);
    return origin;
  }

  #digest(name: string): string {
    const { keypoints, descriptors } = this.read(name);
    return createHash('sha256').update(bytesOf(keypoints)).update(bytesOf(descriptors)).digest('hex');
  }
}
