/** What a job leaves: its files by their names, what is one and the same in them, and whether they are whole. */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeSafetensors } from '../../src/files/safetensors.js';

/** Digest of each file by its path. */
export type Contents = ReadonlyMap<string, string>;

/**
 * All that lies in a folder, without what tells of time and machine.
 * @param photographs where they changed: labels of others may stay, and new ones stand at the end.
 */
export async function contentsOf(folder: string, photographs?: ReadonlySet<string>): Promise<Contents> {
  const contents = new Map<string, string>();
  for (const [path, bytes] of await filesIn(folder)) {
    const isLabels = photographs && /labels(-\d+)?\.jsonl$/.test(path);
    contents.set(path, digest(isLabels ? labelsOf(bytes, photographs) : withoutTimes(path, bytes)));
  }
  return contents;
}

function labelsOf(bytes: Buffer, photographs: ReadonlySet<string>): string {
  const [header, ...lines] = linesOf(bytes);
  const kept = lines.filter((line) => photographs.has((JSON.parse(line) as { file: string }).file));
  return [header, ...kept.sort()].join('\n');
}

async function filesIn(folder: string): Promise<[path: string, bytes: Buffer][]> {
  const found: [string, Buffer][] = [];
  for (const path of (await readdir(folder, { recursive: true })).sort()) {
    const full = join(folder, path);
    if ((await stat(full)).isFile()) found.push([path, await readFile(full)]);
  }
  return found;
}

/** Bytes of a disk that a folder takes. */
export async function bytesOnDisk(folder: string): Promise<number> {
  let blocks = 0;
  for (const path of await readdir(folder, { recursive: true })) {
    blocks += Math.ceil((await stat(join(folder, path))).size / 4096);
  }
  return 4096 * blocks;
}

const digest = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex');

/** What differs from run to run: how long it took. */
const TIMES = /^(imagesPerSecond|megabytes|took)$|seconds/i;
const withoutTime = (key: string, value: unknown) => (TIMES.test(key) ? undefined : value);

function withoutTimes(path: string, bytes: Buffer): Buffer | string {
  if (/\.(html|md)$/.test(path)) return 'a report tells how long it took';
  if (path.endsWith('.json')) return JSON.stringify(JSON.parse(bytes.toString()), withoutTime);
  if (!path.endsWith('metrics.jsonl')) return bytes;
  return linesOf(bytes)
    .map((line) => JSON.stringify(JSON.parse(line), withoutTime))
    .join('\n');
}

const linesOf = (bytes: Buffer) => bytes.toString().split('\n').slice(0, -1);

/** How one differs from the other. */
export function differences(expected: Contents, actual: Contents): string[] {
  const missing = [...expected.keys()].filter((path) => !actual.has(path));
  const more = [...actual.keys()].filter((path) => !expected.has(path));
  const other = [...expected].filter(([path, hash]) => actual.has(path) && actual.get(path) !== hash);
  return [
    ...missing.map((path) => `${path} is missing`),
    ...more.map((path) => `${path} is left over`),
    ...other.map(([path]) => `${path} is not what an undisturbed run makes`),
  ];
}

/** A temporary file, a lock, or what an interrupted run has so far: it does not pass for a result. */
const isUnfinished = (path: string) => /(^|\/)\.[^/]+\.(tmp|lock)|(^|\/)\.lock|\.partial$/.test(path);

/** Files that are cut off though they bear a final name, in a folder that a fault may have struck at any moment. */
export async function cutOff(folder: string, expected: Contents): Promise<string[]> {
  const problems: string[] = [];
  for (const [path, bytes] of await filesIn(folder).catch(() => [])) {
    if (isUnfinished(path)) continue;
    try {
      checkWhole(path, bytes, expected.get(path));
    } catch (error) {
      problems.push(`${path} (${bytes.length} bytes) is cut off: ${(error as Error).message}`);
    }
  }
  return problems;
}

function checkWhole(path: string, bytes: Buffer, expected: string | undefined): void {
  if (path.endsWith('.safetensors')) decodeSafetensors(bytes);
  else if (path.endsWith('.json')) JSON.parse(bytes.toString());
  // Logs and labels grow by lines; the last one may be on its way.
  else if (path.endsWith('.jsonl')) for (const line of linesOf(bytes)) JSON.parse(line);
  else if (digest(withoutTimes(path, bytes)) !== expected) throw new Error('not as in an undisturbed run');
}
