/**
 * Writing files whole: the content goes to a temporary name in the same folder, reaches the disk, and
 * only then takes the wanted name. Whoever reads the name sees the old file or the new one, never half.
 */
import { rmSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { atExit } from './at-exit.js';
import { lifeOf, type Owner, randomName, thisProcess } from './owner.js';

/** `.NAME.MACHINE-PID-STARTED-RANDOM.tmp`: says whose it is, so that the file of a killed writer can go. */
const TEMPORARY = /\.([0-9a-f]{8})-(\d+)-(\d*)-[0-9a-f]{8}\.tmp$/;

/** Hours after which the temporary file of a process on another machine counts as left behind. */
const ELSEWHERE_HOURS = 24;

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
  const { machine, pid, started } = thisProcess();
  const owner = `${machine}-${pid}-${started}`;
  const temporary = join(folder, `.${basename(path)}.${owner}-${randomName()}.tmp`);
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

/**
 * Removes from a folder the temporary files of processes that have ended. Those of other machines go after
 * a day, at once where their process is known to be dead.
 */
export async function removeTemporaries(folder: string, dead?: Owner): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, machine, pid, started] = TEMPORARY.exec(name) ?? [];
    if (machine === undefined) continue;
    const isDead = machine === dead?.machine && Number(pid) === dead.pid && started === dead.started;
    const life = isDead ? 'ended' : lifeOf({ machine, pid: Number(pid), started });
    const path = join(folder, name);
    if (life === 'ended' || (life === 'elsewhere' && (await isOld(path)))) await rm(path, { force: true });
  }
}

async function isOld(path: string): Promise<boolean> {
  const hours = await stat(path).then(
    ({ mtimeMs }) => (Date.now() - mtimeMs) / 3_600_000,
    () => 0,
  );
  return hours > ELSEWHERE_HOURS;
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
