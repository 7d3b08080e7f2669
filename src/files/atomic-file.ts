/**
 * Writing files whole: the content goes to a temporary name in the same folder, reaches the disk, and
 * only then takes the wanted name. Whoever reads the name sees the old file or the new one, never half.
 */
import { rmSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

let temporaryFiles = 0;
/** Files begun and not yet complete; an orderly exit in the middle removes them. */
const begun = new Set<string>();
process.on('exit', () => {
  for (const path of begun) rmSync(path, { force: true });
});

/**
 * Replaces the file at `path` by what `write` leaves at the temporary path it is handed. Missing folders
 * are made. When `write` throws, the temporary file goes and the old file stays.
 *
 * @returns what `write` returned.
 */
export async function replaceFile<T>(path: string, write: (temporary: string) => Promise<T>): Promise<T> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  // The process id and a counter keep two writers of the same name apart.
  temporaryFiles += 1;
  const temporary = join(folder, `.${basename(path)}.${process.pid}-${temporaryFiles}.tmp`);
  begun.add(temporary);
  try {
    const result = await write(temporary);
    await flushToDisk(temporary);
    await rename(temporary, path);
    return result;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    begun.delete(temporary);
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
