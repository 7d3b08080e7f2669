/** Shards of labels, made on many machines, put together to what one machine would have made. For Node. */
import { access } from 'node:fs/promises';
import { writeFileAtomicFrom } from '../files/atomic-file.js';
import { lockFile } from '../files/lock.js';
import { requireSameOrigin } from '../files/origin.js';
import {
  formatHeader,
  LabelsError,
  type LabelsFile,
  type LabelsHeader,
  labelsText,
  scanLabels,
} from './labels.js';
import { listDigest, type ShardPlace, shardRange } from './shard.js';

/** What was joined. */
export interface JoinSummary {
  readonly shards: number;
  readonly labelled: number;
  /** Photographs that their shard could not read. */
  readonly failures: readonly { readonly file: string; readonly problem: string }[];
}

/** A shard's file. */
interface Part {
  readonly path: string;
  readonly header: LabelsHeader & { readonly shard: ShardPlace };
  readonly content: LabelsFile;
}

/**
 * Writes the labels of all shards of one list to one file, in the order of the list: to the byte what is
 * made without shards. Memory: the labels.
 *
 * @param paths the shards' files, in any order.
 * @param overwrite replace an `output` that was made from other settings. @default false
 * @throws LabelsError where a shard is missing, given twice, not finished or of another list; OriginError
 *   where one was made from other settings; InUseError where one is at work.
 */
export async function joinLabels(
  paths: readonly string[],
  output: string,
  { overwrite = false }: { overwrite?: boolean } = {},
): Promise<JoinSummary> {
  const parts = (await Promise.all(paths.map(readPart))).sort(
    (a, b) => a.header.shard.index - b.header.shard.index,
  );
  checkParts(parts);
  const { origin } = parts[0].header;
  const lock = await lockFile(output);
  try {
    const isThere = await access(output).then(
      () => true,
      () => false,
    );
    if (isThere && !overwrite) requireSameOrigin(output, (await scanLabels(output)).header?.origin, origin);
    await writeFileAtomicFrom(output, joined(parts, { origin }));
  } finally {
    lock.release();
  }
  return {
    shards: parts.length,
    labelled: parts.reduce((sum, { content }) => sum + content.labels.length, 0),
    failures: parts.flatMap(({ content }) =>
      content.problems.map(({ file, problem }) => ({ file, problem })),
    ),
  };
}

async function* joined(parts: readonly Part[], header: LabelsHeader): AsyncGenerator<string> {
  yield formatHeader(header);
  for (const { path } of parts) yield* labelsText(path, new Set());
}

async function readPart(path: string): Promise<Part> {
  const content = await scanLabels(path);
  const { header, tornAt } = content;
  if (!header?.shard) {
    throw new LabelsError(
      `${path}: expected labels of a shard, got ${header ? 'all' : 'some'} that are of none`,
    );
  }
  if (tornAt !== undefined)
    throw new LabelsError(`${path}: the last line is cut off; finish this shard first`);
  return { path, header: { ...header, shard: header.shard }, content };
}

/** @throws LabelsError unless these are all shards of one list, each whole, each once. */
function checkParts(parts: readonly Part[]): void {
  const [first] = parts;
  if (!first) throw new LabelsError('expected the labels of at least one shard, got none');
  const { count, photographs, list } = first.header.shard;
  for (const [n, { path, header, content }] of parts.entries()) {
    const { shard } = header;
    if (shard.count !== count || shard.photographs !== photographs || shard.list !== list) {
      throw new LabelsError(
        `${path}: shard ${shard.index}/${shard.count} of ${shard.photographs} photographs, ` +
          `but ${first.path} is one of ${count} shards of ${photographs}${shard.list === list ? '' : ' with other names'}`,
      );
    }
    requireSameOrigin(path, header.origin, first.header.origin);
    if (n > 0 && parts[n - 1].header.shard.index === shard.index) {
      throw new LabelsError(`${path}: shard ${shard.index}/${count} is ${parts[n - 1].path} already`);
    }
    const length = content.labels.length + content.problems.length;
    const [start, end] = shardRange(photographs, shard);
    const expected = end - start;
    if (length !== expected) {
      throw new LabelsError(
        `${path}: shard ${shard.index}/${count} has ${length} of its ${expected} photographs; finish it first`,
      );
    }
  }
  if (parts.length < count) {
    const there = new Set(parts.map(({ header }) => header.shard.index));
    let missing = 1;
    while (there.has(missing)) missing++;
    throw new LabelsError(
      `${parts.length} of ${count} shards are given: shard ${missing}/${count} is missing`,
    );
  }
  const names = parts.flatMap(({ content }) =>
    [...content.labels, ...content.problems].map(({ file }) => file),
  );
  if (listDigest(names) !== list) {
    throw new LabelsError('the shards together are not the photographs that they were made of');
  }
}
