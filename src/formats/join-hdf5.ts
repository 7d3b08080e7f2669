/** Shards of features or matches, made on many machines, put together to what one machine would have made. For Node. */
import { listDigest, type ShardPlace, shardRange } from '../adaptation/shard.js';
import type { Features } from '../features/features.js';
import { FormatError } from '../files/format-error.js';
import { lockFile } from '../files/lock.js';
import { type Origin, originMetadata, originOfMetadata, requireSameOrigin } from '../files/origin.js';
import { hlocKind } from './growing-features.js';
import type { FileKind, Finished, Made } from './growing-file.js';
import { MATCHES_KIND } from './growing-matches.js';
import type { HlocPair } from './hloc-matches.js';

/** What was joined. */
export interface Hdf5Join {
  readonly shards: number;
  /** Pictures or pairs in the whole file. */
  readonly count: number;
  readonly kind: 'pictures' | 'pairs';
  /** Pictures that their shard could not read. */
  readonly failed: readonly string[];
}

/** A shard's file, open. */
interface Part<T> {
  readonly path: string;
  readonly file: Finished<T>;
  readonly origin: Origin;
  readonly shard: ShardPlace & { readonly failed: readonly string[] };
}

/**
 * Writes the features or matches of all shards of one list to one file, in the order of the list.
 * @param paths the shards' files, in any order.
 * @throws FormatError where a shard is missing, given twice, none or of another list; OriginError where one was made
 *   from other settings; InUseError where another process writes the output.
 */
export async function joinHdf5(paths: readonly string[], output: string): Promise<Hdf5Join> {
  const [first] = await openParts<Features | HlocPair>(paths.slice(0, 1), hlocKind(false));
  const isMatches = first.origin.kind === 'matching';
  const isHalf = first.origin.settings.half === true;
  first.file.close();
  const join = isMatches ? joinKind(paths, output, MATCHES_KIND) : joinKind(paths, output, hlocKind(isHalf));
  return { ...(await join), kind: isMatches ? 'pairs' : 'pictures' };
}

async function joinKind<T>(
  paths: readonly string[],
  output: string,
  kind: FileKind<T>,
): Promise<Omit<Hdf5Join, 'kind'>> {
  const parts = await openParts(paths, kind);
  try {
    parts.sort((a, b) => a.shard.index - b.shard.index);
    checkParts(parts);
    const [{ file, origin }] = parts;
    const exif = file.attribute('exif');
    const attributes = { ...(exif === undefined ? {} : { exif }), ...originMetadata(origin) };
    const lock = await lockFile(output);
    try {
      await kind.write(output, together(parts), attributes);
    } finally {
      lock.release();
    }
    return {
      shards: parts.length,
      count: parts.reduce((sum, part) => sum + part.file.names.length, 0),
      failed: parts.flatMap(({ shard }) => shard.failed),
    };
  } finally {
    for (const part of parts) part.file.close();
  }
}

async function* together<T>(parts: readonly Part<T>[]): AsyncGenerator<Made<T>> {
  for (const { file } of parts) {
    for (const name of file.names) yield { name, value: file.read(name), origin: file.origin(name) };
  }
}

async function openParts<T>(paths: readonly string[], kind: FileKind<T>): Promise<Part<T>[]> {
  const parts: Part<T>[] = [];
  try {
    for (const path of paths) {
      const file = await kind.open(path);
      if (!file) throw new FormatError(`${path}: expected the HDF5 file of a shard, got none`);
      parts.push({ path, file, ...aboutPart(path, file) });
    }
  } catch (error) {
    for (const { file } of parts) file.close();
    throw error;
  }
  return parts;
}

function aboutPart<T>(path: string, file: Finished<T>): Pick<Part<T>, 'origin' | 'shard'> {
  const [shard, text] = [file.attribute('shard'), file.attribute('origin')];
  const origin = text === undefined ? undefined : originOfMetadata({ origin: text });
  if (shard === undefined || !origin) {
    file.close();
    throw new FormatError(`${path}: expected features or matches of a shard, got some that are of none`);
  }
  return { origin, shard: JSON.parse(shard) };
}

/** @throws FormatError unless these are all shards of one list, each whole, each once. */
function checkParts<T>(parts: readonly Part<T>[]): void {
  const [first] = parts;
  const { count, photographs, list } = first.shard;
  for (const [n, { path, file, origin, shard }] of parts.entries()) {
    if (shard.count !== count || shard.photographs !== photographs || shard.list !== list) {
      throw new FormatError(
        `${path}: shard ${shard.index}/${shard.count} of ${shard.photographs}, but ${first.path} is one of ` +
          `${count} shards of ${photographs}${shard.list === list ? '' : ' with other names'}`,
      );
    }
    requireSameOrigin(path, origin, first.origin);
    if (n > 0 && parts[n - 1].shard.index === shard.index) {
      throw new FormatError(`${path}: shard ${shard.index}/${count} is ${parts[n - 1].path} already`);
    }
    const [start, end] = shardRange(photographs, shard);
    if (file.names.length + shard.failed.length !== end - start) {
      throw new FormatError(`${path}: shard ${shard.index}/${count} lacks some of its ${end - start}`);
    }
  }
  if (parts.length < count) {
    const there = new Set(parts.map(({ shard }) => shard.index));
    let missing = 1;
    while (there.has(missing)) missing++;
    throw new FormatError(
      `${parts.length} of ${count} shards are given: shard ${missing}/${count} is missing`,
    );
  }
  const names = parts.flatMap(({ file, shard }) => [...file.names, ...shard.failed]);
  if (listDigest(names) !== list) {
    throw new FormatError('the shards together are not the list that they were made of');
  }
}

/** Whether the file begins as HDF5 does. @param start its first bytes. */
export const isHdf5 = (start: Uint8Array) => start[0] === 0x89 && start[1] === 0x48 && start[2] === 0x44;
