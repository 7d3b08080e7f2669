/**
 * Keypoints found in photographs, as a JSONL file: one line a photograph,
 * `{"file": "a.jpg", "width": W, "height": H, "digest": "…", "keypoints": [x, y, score, …]}` in pixels of the
 * decoded photograph, or `{"file": "a.jpg", "digest": "…", "problem": "…"}` where it could not be read. The
 * first line, `{"origin": …}`, says what made the labels; without it they are somebody's own. Homographic
 * Adaptation writes such a file, training reads it.
 */
import { createReadStream } from 'node:fs';
import { type Origin, requireSameOrigin, restoreOrigin, storeOrigin } from '../files/origin.js';
import type { ShardPlace } from './shard.js';

/** The keypoints of one photograph. */
export interface PhotoLabels {
  /** The photograph's path relative to the folder of photographs, with forward slashes. */
  readonly file: string;
  /** Its decoded size in pixels. */
  readonly width: number;
  readonly height: number;
  /** Of its file, as `fileDigest` makes it. */
  readonly digest?: string;
  /** [N, 2] x, y in its pixels. */
  readonly keypoints: Float32Array;
  /** [N] how sure the labeller was, in [0, 1]. */
  readonly scores: Float32Array;
}

/** A photograph that could not be labelled. */
export interface PhotoProblem {
  readonly file: string;
  /** Of its file; null where that could not be read. */
  readonly digest: string | null;
  readonly problem: string;
}

/** What made the labels of a file, and which part of the photographs they are of. */
export interface LabelsHeader {
  readonly origin: Origin;
  /** Absent for the whole. */
  readonly shard?: ShardPlace;
}

/** What a line says. */
export type LabelsLine =
  | { readonly kind: 'header'; readonly header: LabelsHeader }
  | { readonly kind: 'labels'; readonly labels: PhotoLabels }
  | { readonly kind: 'problem'; readonly problem: PhotoProblem };

/** A labels file that is not one; the message names the file, the line and what was expected. */
export class LabelsError extends Error {
  override name = 'LabelsError';
}

/** One line of a labels file, its line break included: positions to .01 px, scores to .0001. */
export function formatLabels(labels: PhotoLabels): string {
  const keypoints: number[] = [];
  for (let i = 0; i < labels.scores.length; i++) {
    keypoints.push(
      Math.round(labels.keypoints[2 * i] * 100) / 100,
      Math.round(labels.keypoints[2 * i + 1] * 100) / 100,
      Math.round(labels.scores[i] * 10000) / 10000,
    );
  }
  const { file, width, height, digest } = labels;
  return `${JSON.stringify({ file, width, height, digest, keypoints })}\n`;
}

/** The line of a photograph that could not be labelled, its line break included. */
export function formatProblem({ file, digest, problem }: PhotoProblem): string {
  return `${JSON.stringify({ file, digest, problem })}\n`;
}

/** The first line, its line break included. */
export function formatHeader({ origin, shard }: LabelsHeader): string {
  return `${JSON.stringify({ origin: storeOrigin(origin), shard })}\n`;
}

/** Reads one line. @throws LabelsError saying what was expected of it; `where` begins its message. */
function parseLine(line: string, where: string): LabelsLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new LabelsError(`${where}: expected a JSON object, got ${excerpt(line)}`);
  }
  const fields = (value ?? {}) as Record<string, unknown>;
  if (fields.origin !== undefined) return { kind: 'header', header: parseHeader(fields, where) };
  const { file, digest, problem } = fields;
  if (typeof file !== 'string' || file === '' || /^([/\\]|[A-Za-z]:)|(^|[/\\])\.\.([/\\]|$)/.test(file)) {
    throw new LabelsError(
      `${where}: expected "file" to be a path inside the folder of photographs, got ${excerpt(file)}`,
    );
  }
  if (digest !== undefined && digest !== null && typeof digest !== 'string') {
    throw new LabelsError(`${where}: expected "digest" to be a text, got ${excerpt(digest)}`);
  }
  if (typeof problem === 'string') {
    return { kind: 'problem', problem: { file, digest: digest ?? null, problem } };
  }
  return { kind: 'labels', labels: { file, ...(digest ? { digest } : {}), ...parsePoints(fields, where) } };
}

function parseHeader({ origin, shard }: Record<string, unknown>, where: string): LabelsHeader {
  let made: Origin;
  try {
    made = restoreOrigin(origin);
  } catch (error) {
    throw new LabelsError(`${where}: ${(error as Error).message}`);
  }
  if (shard === undefined) return { origin: made };
  const { index, count, photographs, list } = (shard ?? {}) as ShardPlace;
  if (![index, count, photographs].every(Number.isSafeInteger) || index < 1 || index > count) {
    throw new LabelsError(
      `${where}: expected "shard" to be index, count, photographs and list, got ${excerpt(shard)}`,
    );
  }
  return { origin: made, shard: { index, count, photographs, list: String(list) } };
}

function parsePoints({ width, height, keypoints }: Record<string, unknown>, where: string) {
  if (!isSize(width) || !isSize(height)) {
    throw new LabelsError(
      `${where}: expected "width" and "height" in whole pixels, got ${excerpt(width)} and ${excerpt(height)}`,
    );
  }
  if (!Array.isArray(keypoints) || keypoints.length % 3 !== 0 || !keypoints.every(Number.isFinite)) {
    throw new LabelsError(
      `${where}: expected "keypoints" to be numbers x, y, score, …, got ${excerpt(keypoints)}`,
    );
  }
  const count = keypoints.length / 3;
  const positions = new Float32Array(2 * count);
  const scores = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    positions[2 * i] = keypoints[3 * i];
    positions[2 * i + 1] = keypoints[3 * i + 1];
    scores[i] = keypoints[3 * i + 2];
  }
  return { width, height, keypoints: positions, scores };
}

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0;
}

function excerpt(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** What a labels file holds. */
export interface LabelsFile {
  /** Absent where the labels are not of Homographic Adaptation, or of an earlier version. */
  readonly header: LabelsHeader | undefined;
  readonly labels: readonly PhotoLabels[];
  readonly problems: readonly PhotoProblem[];
  /** The byte at which a last line without a line break begins. */
  readonly tornAt: number | undefined;
}

/**
 * Reads a whole labels file.
 *
 * @throws LabelsError when the file cannot be read, holds no label, names a photograph twice, or has a
 *   line that is not a label (a last line cut off by a kill among them); OriginError when labels of other
 *   settings were added.
 */
export async function readLabels(path: string): Promise<PhotoLabels[]> {
  return [...(await readLabelsFile(path)).labels];
}

/** As `readLabels`, with what the file says of its making. */
export async function readLabelsFile(path: string): Promise<LabelsFile> {
  const file = await scanLabels(path);
  if (file.tornAt !== undefined) {
    throw new LabelsError(
      `${path}: the last line, at byte ${file.tornAt}, is cut off; resume the labelling to finish it`,
    );
  }
  if (file.labels.length === 0)
    throw new LabelsError(`${path}: expected at least one line of labels, got none`);
  return file;
}

/** All whole lines of the file. @throws as `readLabels`, but not for one without labels or a torn line. */
export async function scanLabels(path: string): Promise<LabelsFile> {
  const labels: PhotoLabels[] = [];
  const problems: PhotoProblem[] = [];
  const lines = new Map<string, number>();
  let header: LabelsHeader | undefined;
  let tornAt: number | undefined;
  for await (const { text, number, start, isWhole } of fileLines(path)) {
    if (!isWhole) {
      tornAt = start;
      break;
    }
    const where = `${path}, line ${number}`;
    const line = parseLine(text, where);
    if (line.kind === 'header') {
      // Shards that were joined by hand: each begins with what made it.
      if (lines.size > 0 || header) requireSameOrigin(where, header?.origin, line.header.origin);
      header ??= line.header;
      continue;
    }
    const { file } = line.kind === 'labels' ? line.labels : line.problem;
    const first = lines.get(file);
    if (first !== undefined) {
      throw new LabelsError(`${where}: ${file} was labelled on line ${first} already`);
    }
    lines.set(file, number);
    if (line.kind === 'labels') labels.push(line.labels);
    else problems.push(line.problem);
  }
  return { header, labels, problems, tornAt };
}

/** The lines of the file that are no header, as they are, but not those of the photographs of `without`. */
export async function* labelsText(path: string, without: ReadonlySet<string>): AsyncGenerator<string> {
  for await (const { text, number, isWhole } of fileLines(path)) {
    const line = parseLine(text, `${path}, line ${number}`);
    if (line.kind === 'header' || !isWhole) continue;
    if (!without.has((line.kind === 'labels' ? line.labels : line.problem).file)) yield `${text}\n`;
  }
}

/** Lines that are not empty. `start`: the byte at which one begins; `isWhole`: a line break ends it. */
async function* fileLines(path: string) {
  let number = 1;
  let start = 0;
  let rest: Buffer[] = [];
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      let from = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
        const bytes = Buffer.concat([...rest, chunk.subarray(from, end)]);
        const text = bytes.toString('utf8');
        if (text.trim() !== '') yield { text, number, start, isWhole: true };
        number++;
        start += bytes.length + 1;
        rest = [];
        from = end + 1;
      }
      rest.push(chunk.subarray(from));
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new LabelsError(`${path}: cannot be read (${code})`);
  }
  const last = Buffer.concat(rest).toString('utf8');
  if (last !== '') yield { text: last, number, start, isWhole: false };
}
