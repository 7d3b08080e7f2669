/** How commands print: results on stdout, progress on stderr. */

import { writeFileAtomic } from '../files/atomic-file.js';
import { encodePng } from '../image/codec.js';
import type { RgbaImage } from '../image/image.js';

let hasDocument = false;

/** Has a result been printed as JSON? A command prints one. */
export function hasPrintedJson(): boolean {
  return hasDocument;
}

/** Prints a result as one line of JSON. */
export function printJson(value: unknown): void {
  hasDocument = true;
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Prints lines of a result. */
export function printLines(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** A picture as a PNG file, whole or not at all. */
export async function writePicture(path: string, picture: RgbaImage): Promise<void> {
  await writeFileAtomic(path, await encodePng(picture));
}

/** Milliseconds since `began` (of `performance.now`), to a tenth. */
export function millisecondsSince(began: number): number {
  return Math.round(10 * (performance.now() - began)) / 10;
}
