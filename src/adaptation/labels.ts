/**
 * Keypoints found in photographs, as a JSONL file: one line a photograph,
 * `{"file": "a.jpg", "width": W, "height": H, "keypoints": [x, y, score, …]}` in pixels of the decoded
 * photograph. Shards merge by concatenation. Homographic Adaptation writes such a file, training reads it.
 */
import { createReadStream } from 'node:fs';
import { appendFile, open, truncate } from 'node:fs/promises';

/** The keypoints of one photograph. */
export interface PhotoLabels {
  /** The photograph's path relative to the folder of photographs, with forward slashes. */
  readonly file: string;
  /** Its decoded size in pixels. */
  readonly width: number;
  readonly height: number;
  /** [N, 2] x, y in its pixels. */
  readonly keypoints: Float32Array;
  /** [N] how sure the labeller was, in [0, 1]. */
  readonly scores: Float32Array;
}

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
  const { file, width, height } = labels;
  return `${JSON.stringify({ file, width, height, keypoints })}\n`;
}

/** Adds photographs at the end of a labels file, which it creates where there is none. */
export async function appendLabels(path: string, labels: readonly PhotoLabels[]): Promise<void> {
  await appendFile(path, labels.map(formatLabels).join(''));
}

/**
 * Reads one line.
 *
 * @throws LabelsError saying what was expected of the line; `where` begins its message.
 */
export function parseLabels(line: string, where: string): PhotoLabels {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new LabelsError(`${where}: expected a JSON object, got ${excerpt(line)}`);
  }
  const { file, width, height, keypoints } = (value ?? {}) as Record<string, unknown>;
  if (typeof file !== 'string' || file === '' || /^([/\\]|[A-Za-z]:)|(^|[/\\])\.\.([/\\]|$)/.test(file)) {
    throw new LabelsError(
      `${where}: expected "file" to be a path inside the folder of photographs, got ${excerpt(file)}`,
    );
  }
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
  return { file, width, height, keypoints: positions, scores };
}

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0;
}

function excerpt(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/**
 * Reads a whole labels file.
 *
 * @throws LabelsError when the file cannot be read, holds no label, names a photograph twice, or has a
 * line that is not a label (a last line cut off by a kill among them).
 */
export async function readLabels(path: string): Promise<PhotoLabels[]> {
  const { labels, tornAt } = await scanLabels(path);
  if (tornAt !== undefined) {
    throw new LabelsError(
      `${path}, line ${labels.length + 1}: the last line is cut off; resume the labelling to finish it`,
    );
  }
  if (labels.length === 0) throw new LabelsError(`${path}: expected at least one line of labels, got none`);
  return labels;
}

/**
 * Prepares a labels file to be continued after a kill: a last line cut off is removed from the file.
 *
 * @returns the photographs already labelled; empty where there is no file.
 * @throws LabelsError as `readLabels`, but not for an empty file or a last line cut off.
 */
export async function resumeLabels(path: string): Promise<Set<string>> {
  const existing = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new LabelsError(`${path}: cannot be read (${error.code})`);
  });
  if (existing === undefined) return new Set();
  await existing.close();
  const { labels, tornAt } = await scanLabels(path);
  if (tornAt !== undefined) await truncate(path, tornAt);
  return new Set(labels.map(({ file }) => file));
}

/** All whole lines of the file, and the byte at which a last line without a line break begins. */
async function scanLabels(path: string): Promise<{ labels: PhotoLabels[]; tornAt: number | undefined }> {
  const labels: PhotoLabels[] = [];
  const lines = new Map<string, number>();
  let number = 0;
  let bytes = 0;
  let rest: Buffer[] = [];
  const take = (line: Buffer) => {
    number++;
    bytes += line.length + 1;
    const text = line.toString('utf8');
    if (text.trim() === '') return;
    const label = parseLabels(text, `${path}, line ${number}`);
    const first = lines.get(label.file);
    if (first !== undefined) {
      throw new LabelsError(`${path}, line ${number}: ${label.file} was labelled on line ${first} already`);
    }
    lines.set(label.file, number);
    labels.push(label);
  };
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      let from = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
        take(Buffer.concat([...rest, chunk.subarray(from, end)]));
        rest = [];
        from = end + 1;
      }
      rest.push(chunk.subarray(from));
    }
  } catch (error) {
    if (error instanceof LabelsError) throw error;
    throw new LabelsError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? error})`);
  }
  const last = Buffer.concat(rest);
  return { labels, tornAt: last.length > 0 ? bytes : undefined };
}
