/** The process in which readers meet damaged files: it may run out of memory, hang or crash without harm. */
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { damagedFile } from './damaged-file.js';
import { PLANTED } from './planted-reader.js';
import { faultOf, type Reader, SPENT } from './reader.js';
import { READERS } from './readers.js';

/** Cases `from` to before `to` of a reader. */
export interface Job {
  readonly reader: string;
  readonly seed: string;
  readonly from: number;
  readonly to: number;
  /** A folder for files. */
  readonly scratch: string;
}

/** A case has ended, well or with a fault. */
export interface Outcome {
  readonly number: number;
  readonly fault?: string;
  readonly wasRead: boolean;
}

async function tryCase(reader: Reader, bytes: Uint8Array, path: string): Promise<Omit<Outcome, 'number'>> {
  try {
    if (reader.needsFile) await writeFile(path, bytes);
    await reader.read(bytes, path);
    return { wasRead: true };
  } catch (error) {
    if (error instanceof Error && error.name === reader.spentBy) process.exit(SPENT);
    return { wasRead: false, fault: faultOf(error, reader.errors) };
  } finally {
    // not removed: HDF5 knows files by their inodes, and keeps some damaged ones open
    if (reader.needsFile) await truncate(path);
  }
}

process.on('message', async ({ reader: name, seed, from, to, scratch }: Job) => {
  const reader = [...READERS, PLANTED].find((one) => one.name === name)!;
  const files = await reader.files();
  for (let number = from; number < to; number++) {
    const bytes = damagedFile(reader, files, seed, number);
    const outcome = await tryCase(reader, bytes, join(scratch, `${name}-${number}`));
    await new Promise((resolve) => process.send!({ number, ...outcome }, resolve));
  }
});
