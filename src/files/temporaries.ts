/** Files and folders that are there for a while, named after their process: what a killed one left can go. For Node. */
import { rmSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './at-exit.js';
import { lifeOf, type Owner, randomName, thisProcess } from './owner.js';

const TEMPORARY = /\.([0-9a-f]{8})-(\d+)-(\d*)-[0-9a-f]{8}\.tmp$/;

/** Hours after which what a process on another machine made counts as left behind. */
const ELSEWHERE_HOURS = 24;

/** `NAME.MACHINE-PID-STARTED-RANDOM.tmp`, of this process. */
export function temporaryName(name: string): string {
  const { machine, pid, started } = thisProcess();
  return `${name}.${machine}-${pid}-${started}-${randomName()}.tmp`;
}

/** A folder that goes with `remove`, at the latest when the process ends in good order. */
export interface TemporaryFolder {
  readonly path: string;
  remove(): void;
}

/** A new folder among the system's temporary files, for this user alone; those that killed processes left go first. */
export async function makeTemporaryFolder(name: string): Promise<TemporaryFolder> {
  await removeTemporaries(tmpdir());
  const path = join(tmpdir(), temporaryName(name));
  await mkdir(path, { mode: 0o700 });
  const removeIt = () => rmSync(path, { recursive: true, force: true });
  const cancel = atExit(removeIt);
  return {
    path,
    remove() {
      cancel();
      removeIt();
    },
  };
}

/**
 * Removes from a folder what processes that have ended had there for a while. What those of other machines made goes
 * after a day, at once where their process is known to be dead.
 */
export async function removeTemporaries(folder: string, dead?: Owner): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, machine, pid, started] = TEMPORARY.exec(name) ?? [];
    if (machine === undefined) continue;
    const isDead = machine === dead?.machine && Number(pid) === dead.pid && started === dead.started;
    const life = isDead ? 'ended' : lifeOf({ machine, pid: Number(pid), started });
    const path = join(folder, name);
    if (life === 'running' || (life === 'elsewhere' && !(await isOld(path)))) continue;
    // What belongs to another user stays for that one to remove.
    await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

async function isOld(path: string): Promise<boolean> {
  const hours = await stat(path).then(
    ({ mtimeMs }) => (Date.now() - mtimeMs) / 3_600_000,
    () => 0,
  );
  return hours > ELSEWHERE_HOURS;
}
