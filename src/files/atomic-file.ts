/**
 * Writing files whole: the content goes to a temporary name in the same folder, reaches the disk, and
 * only then takes the wanted name. Whoever reads the name sees the old file or the new one, never half.
 */
import { rmSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { atExit } from './at-exit.js';
import { removeTemporaries, temporaryName } from './temporaries.js';

/** Folders that this process has looked through for what killed writers left. */
const swept = new Set<string>();

/**
 * Replaces the file at `path` by what `write` leaves at the temporary path it is handed. Missing folders
 * are made. When `write` throws, the temporary file goes and the old file stays.
 *
 * @returns what `write` returned.
 */
export async function replaceFile<T>(path: string, write: (temporary: string) => Promise<T>): Promise<T> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  if (!swept.has(folder)) {
    swept.add(folder);
    await removeTemporaries(folder);
  }
  const temporary = join(folder, temporaryName(`.${basename(path)}`));
  const keep = atExit(() => rmSync(temporary, { force: true }));
  try {
    const result = await write(temporary);
    await flushToDisk(temporary);
    await rename(temporary, path);
    return result;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    keep();
  }
}

/** Writes `data` (text as UTF-8) to `path`, whole or not at all. Missing folders are made. */
export async function writeFileAtomic(path: string, data: Uint8Array | string): Promise<void> {
  await replaceFile(path, (temporary) => withFile(temporary, 'wx', (file) => file.writeFile(data)));
}

/**
 * As `writeFileAtomic`, for content that comes in pieces and need not fit into memory; when the source
 * of the pieces throws, nothing is written.
 */
export async function writeFileAtomicFrom(
  path: string,
  pieces: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
): Promise<void> {
  await replaceFile(path, (temporary) =>
    withFile(temporary, 'wx', async (file) => {
      for await (const piece of pieces) await file.writeFile(piece);
    }),
  );
}

/** A rename may reach the disk before the bytes do, and then a power cut leaves an empty file. */
async function flushToDisk(path: string): Promise<void> {
  await withFile(path, 'r+', (file) => file.sync());
}

async function withFile(
  path: string,
  flags: string,
  use: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
