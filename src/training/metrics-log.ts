/** The history of a run as JSONL: one object a line, appended, so that a kill loses at most the last line. */
import { appendFile, readFile, truncate } from 'node:fs/promises';

/** One entry; numbers that are not finite are written as null, as JSON has none. */
export type Metrics = Readonly<Record<string, number | string | boolean | null | readonly number[]>>;

/** Adds one line to the log, which it creates where there is none. */
export async function appendMetrics(path: string, metrics: Metrics): Promise<void> {
  await appendFile(path, `${JSON.stringify(metrics)}\n`);
}

/** All entries of a log, a last line cut off by a kill left out; empty where there is no file. */
export async function readMetrics(path: string): Promise<Metrics[]> {
  const text = await readLog(path);
  return wholeLines(text).map((line) => JSON.parse(line) as Metrics);
}

/**
 * Takes a log back to a checkpoint: removes every entry whose `step` is greater, so that a resumed run
 * does not tell a stretch twice.
 */
export async function rewindMetrics(path: string, step: number): Promise<void> {
  const text = await readLog(path);
  let bytes = 0;
  for (const line of wholeLines(text)) {
    if (Number((JSON.parse(line) as Metrics).step) > step) break;
    bytes += Buffer.byteLength(line) + 1;
  }
  if (bytes < Buffer.byteLength(text)) await truncate(path, bytes);
}

async function readLog(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
}

/** The lines that end in a line break. */
function wholeLines(text: string): string[] {
  return text.split('\n').slice(0, -1);
}
