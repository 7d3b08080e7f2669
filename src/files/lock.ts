/**
 * One process at a time in a folder or at a file, on one machine or on a disk that several share. A lock is
 * a small file that names its holder and is touched while he lives; the lock of a dead one is taken over.
 * For Node.
 */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { atExit } from './at-exit.js';
import { lifeOf, type Owner, randomName, thisProcess } from './owner.js';
import { removeTemporaries } from './temporaries.js';

/** How often a holder says that he lives, and after what silence one of another machine counts as dead. */
const TOUCH_SECONDS = 15;
const SILENCE_SECONDS = 120;

/** What follows the name of a lock in the names of claims to it, and of what tells the time. */
const CLAIM = /^(\.([0-9a-f]{8}|inode\d+))+(\.now)?$/;

/** Another process is at work there. */
export class InUseError extends Error {
  override readonly name = 'InUseError';
}

/** The lock was taken over by another process while this one was silent, suspended for instance. */
export class LockLostError extends Error {
  override readonly name = 'LockLostError';
}

/** A lock that this process holds. */
export interface Lock {
  /** @throws LockLostError where it is no longer held: call it before each writing. */
  check(): void;
  release(): void;
}

/** Who holds a lock. Plain JSON. */
interface Holder extends Owner {
  /** Another one each time that a lock is taken. */
  readonly id: string;
  readonly since: string;
}

/**
 * Locks a folder, which is made where there is none, and removes what killed writers left in it.
 * @throws InUseError where another process holds it, or this one already.
 */
export async function lockFolder(folder: string): Promise<Lock> {
  mkdirSync(folder, { recursive: true });
  return lock(folder, join(folder, '.lock'), folder);
}

/**
 * Locks a file, there or not yet, by one beside it, and removes what killed writers of it left.
 * @throws InUseError as `lockFolder`.
 */
export async function lockFile(path: string): Promise<Lock> {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true });
  return lock(path, join(folder, `.${basename(path)}.lock`), folder);
}

async function lock(what: string, path: string, folder: string): Promise<Lock> {
  const mine: Holder = { ...thisProcess(), id: randomName(), since: new Date().toISOString() };
  const text = JSON.stringify(mine);
  const file = await claim(what, path, mine.id, text);
  const isMine = () => readHolder(path)?.id === mine.id;
  const touch = setInterval(() => {
    try {
      // Through the open file: after a takeover these bytes go nowhere.
      writeSync(file, text, 0);
      fsyncSync(file);
    } catch {
      // The disk is full or away: that is for the work to notice. Until it is back, the lock is silent.
    }
  }, 1000 * TOUCH_SECONDS);
  touch.unref();
  const release = () => {
    clearInterval(touch);
    cancel();
    if (isMine()) rmSync(path, { force: true });
    closeSync(file);
  };
  const cancel = atExit(release);
  await removeTemporaries(folder);
  removeOldClaims(path, mine.id);
  return {
    check() {
      if (!isMine())
        throw new LockLostError(`${what} was taken over by another process: nothing more is written`);
    },
    release,
  };
}

/**
 * Makes the file at `path` this process's own. To take over the lock of a dead holder X, a process first has
 * to own `PATH.X`, in the same way; whoever does so while `PATH` is still X's is the only one who may
 * replace it, since X is dead and no lock is ever called X again.
 *
 * @returns the open file.
 */
async function claim(what: string, path: string, id: string, text: string): Promise<number> {
  for (;;) {
    const file = create(path, text);
    if (file !== undefined) return file;
    const holder = await readWhole(path);
    if (!holder) continue;
    if (isHeld(path, holder)) throw new InUseError(`${what} is in use by ${describe(holder)}`);
    const successor = `${path}.${holder.id}`;
    const claimed = await claim(what, successor, id, text);
    if (readHolder(path)?.id === holder.id) {
      renameSync(successor, path);
      await removeTemporaries(dirname(path), holder);
      return claimed;
    }
    closeSync(claimed);
    rmSync(successor, { force: true });
  }
}

/** A new file with this content; undefined where there is one already. */
function create(path: string, text: string): number | undefined {
  let file: number;
  try {
    file = openSync(path, 'wx+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
  try {
    writeSync(file, text, 0);
    fsyncSync(file);
    return file;
  } catch (error) {
    closeSync(file);
    rmSync(path, { force: true });
    throw error;
  }
}

/** The holder that a lock names; undefined where there is no lock. */
function readHolder(path: string): Holder | undefined {
  let text: string;
  let inode: number;
  try {
    text = readFileSync(path, 'utf8');
    inode = statSync(path).ino;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { pid, host, machine, started, id, since } = JSON.parse(text) as Holder;
    if (/^[0-9a-z]+$/.test(id) && Number.isSafeInteger(pid))
      return { pid, host, machine, started, id, since };
  } catch {}
  // Killed between making the lock and writing into it: held until it has been silent for long enough.
  return { pid: 0, host: '', machine: '', started: '', id: `inode${inode}`, since: '' };
}

/** As `readHolder`, for a lock that is perhaps being written this moment. */
async function readWhole(path: string): Promise<Holder | undefined> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const holder = readHolder(path);
    if (holder?.pid !== 0) return holder;
    await sleep(10);
  }
  return readHolder(path);
}

function isHeld(path: string, holder: Holder): boolean {
  const life = lifeOf(holder);
  if (life === 'ended') return false;
  // Where the start of a process is not known, its number may have been given to another one.
  if (life === 'running' && holder.started !== '') return true;
  return secondsSilent(path) < SILENCE_SECONDS;
}

/** Seconds since a file was touched, by the clock of the machine that keeps the files. */
function secondsSilent(path: string): number {
  const probe = `${path}.${randomName()}.now`;
  try {
    const touched = statSync(path).mtimeMs;
    const file = openSync(probe, 'wx');
    const now = fstatSync(file).mtimeMs;
    closeSync(file);
    return (now - touched) / 1000;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Number.POSITIVE_INFINITY;
    throw error;
  } finally {
    rmSync(probe, { force: true });
  }
}

/** Claims of processes that were killed while they took over an earlier lock; they count for nothing. */
function removeOldClaims(path: string, id: string): void {
  const lock = basename(path);
  for (const name of readdirSync(dirname(path))) {
    if (!name.startsWith(`${lock}.`) || name.startsWith(`${lock}.${id}`)) continue;
    if (CLAIM.test(name.slice(lock.length))) rmSync(join(dirname(path), name), { force: true });
  }
}

function describe({ pid, host, since }: Holder): string {
  return pid === 0 ? 'another process' : `process ${pid} on ${host} since ${since}`;
}
