/** A labels file at work: begun, gone on with after a kill, grown by a line at a time. */
import { appendFile, open, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic, writeFileAtomicFrom } from '../files/atomic-file.js';
import { fileDigest, OriginError, requireSameOrigin } from '../files/origin.js';
import {
  formatHeader,
  formatLabels,
  formatProblem,
  LabelsError,
  type LabelsFile,
  type LabelsHeader,
  labelsText,
  type PhotoLabels,
  type PhotoProblem,
  scanLabels,
} from './labels.js';
import type { ShardPlace } from './shard.js';

/** Adds photographs at the end of a labels file, which it creates where there is none. */
export async function appendLabels(path: string, labels: readonly PhotoLabels[]): Promise<void> {
  await appendFile(path, labels.map(formatLabels).join(''));
}

/** Adds a photograph that could not be labelled. */
export async function appendProblem(path: string, problem: PhotoProblem): Promise<void> {
  await appendFile(path, formatProblem(problem));
}

/** How `resumeLabels` works. */
export interface ResumeOptions {
  /** The folder of photographs. */
  readonly photos: string;
  /** Those of them that are to be labelled. */
  readonly files: readonly string[];
  /** Begin anew where the file was made from other settings or says nothing of them. @default false */
  readonly overwrite?: boolean;
}

/** What a labels file has already. */
export interface Resumed {
  readonly labelled: ReadonlySet<string>;
  /** Photographs that could not be labelled and are what they were. */
  readonly problems: readonly PhotoProblem[];
  /** Photographs that have changed since: what the file said of them was removed from it. */
  readonly changed: readonly string[];
}

/**
 * Prepares a labels file to be gone on with, or begins it: a last line cut off by a kill and the lines of
 * photographs that have changed are removed.
 *
 * @throws OriginError where the file was made from other settings, LabelsError where it is no labels file.
 */
export async function resumeLabels(
  path: string,
  header: LabelsHeader,
  { photos, files, overwrite = false }: ResumeOptions,
): Promise<Resumed> {
  const found = await scanIfThere(path);
  const isNew = !found || (!found.header && found.labels.length + found.problems.length === 0);
  if (isNew || (overwrite && !isSame(found, header))) {
    await writeFileAtomic(path, formatHeader(header));
    return { labelled: new Set(), problems: [], changed: [] };
  }
  requireSameOrigin(path, found.header?.origin, header.origin);
  requireSameShard(path, found.header?.shard, header.shard);
  if (found.tornAt !== undefined) await truncate(path, found.tornAt);
  const changed = await changedPhotographs(photos, files, found);
  if (changed.size > 0) {
    await writeFileAtomicFrom(path, withHeader(header, labelsText(path, changed)));
  }
  const labelled = found.labels.map(({ file }) => file).filter((file) => !changed.has(file));
  const problems = found.problems.filter(({ file }) => !changed.has(file));
  return { labelled: new Set(labelled), problems, changed: [...changed] };
}

async function* withHeader(header: LabelsHeader, lines: AsyncIterable<string>): AsyncGenerator<string> {
  yield formatHeader(header);
  yield* lines;
}

async function scanIfThere(path: string): Promise<LabelsFile | undefined> {
  const existing = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new LabelsError(`${path}: cannot be read (${error.code})`);
  });
  await existing?.close();
  return existing && scanLabels(path);
}

function isSame({ header }: LabelsFile, wanted: LabelsHeader): boolean {
  const shards = [header?.shard, wanted.shard].map((shard) => JSON.stringify(shard));
  return header?.origin.hash === wanted.origin.hash && shards[0] === shards[1];
}

function requireSameShard(path: string, earlier: ShardPlace | undefined, now: ShardPlace | undefined): void {
  if (JSON.stringify(earlier) === JSON.stringify(now)) return;
  const isOtherList = worded(earlier) === worded(now);
  throw new OriginError(
    `${path} holds ${worded(earlier)}, expected ${worded(now)}` +
      `${isOtherList ? ' of other names' : ''}; name another output, or overwrite it`,
  );
}

function worded(shard: ShardPlace | undefined): string {
  return shard
    ? `shard ${shard.index}/${shard.count} of ${shard.photographs} photographs`
    : 'all photographs';
}

/** Photographs read at a time. */
const READ_TOGETHER = 16;

async function changedPhotographs(
  photos: string,
  files: readonly string[],
  { labels, problems }: LabelsFile,
): Promise<Set<string>> {
  const earlier = new Map<string, string | null | undefined>();
  for (const { file, digest } of [...labels, ...problems]) earlier.set(file, digest);
  const known = files.filter((file) => earlier.get(file) !== undefined);
  const changed = new Set<string>();
  for (let first = 0; first < known.length; first += READ_TOGETHER) {
    const some = known.slice(first, first + READ_TOGETHER);
    const digests = await Promise.all(some.map((file) => photographDigest(join(photos, file))));
    // A photograph that cannot be read now is what it was, for all that is known.
    for (const [n, digest] of digests.entries()) {
      if (digest !== null && digest !== earlier.get(some[n])) changed.add(some[n]);
    }
  }
  return changed;
}

/** The digest of a photograph's file; null where it cannot be read. */
export function photographDigest(path: string): Promise<string | null> {
  return fileDigest(path).catch(() => null);
}
