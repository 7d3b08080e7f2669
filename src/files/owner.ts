/**
 * Which process made a file, and whether it still runs: told exactly on the same machine, and left open for
 * processes of other machines that share the disk. For Node.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process. Plain JSON. */
export interface Owner {
  readonly pid: number;
  readonly host: string;
  /** Eight digits that stand for host, boot and process namespace: process ids mean something within one. */
  readonly machine: string;
  /** When the process began, in ticks since the boot, so that its number given anew is told; empty if unknown. */
  readonly started: string;
}

let own: Owner | undefined;

/** This process. */
export function thisProcess(): Owner {
  own ??= {
    pid: process.pid,
    host: hostname(),
    machine: machineId(),
    started: statusOf(process.pid)?.started ?? '',
  };
  return own;
}

/** `elsewhere`: of another machine (or container), whose processes cannot be seen from here. */
export type Life = 'running' | 'ended' | 'elsewhere';

/** Whether a process still runs. */
export function lifeOf({ pid, machine, started }: Omit<Owner, 'host'>): Life {
  if (machine !== thisProcess().machine) return 'elsewhere';
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, for another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return 'ended';
  }
  const status = statusOf(pid);
  if (status && (status.isZombie || (started !== '' && status.started !== started))) return 'ended';
  return 'running';
}

/** Eight random hexadecimal digits. */
export const randomName = () => randomBytes(4).toString('hex');

function machineId(): string {
  // A machine that was started anew, or another container, has the same name and other processes.
  const parts = [
    hostname(),
    attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    attempt(() => readlinkSync('/proc/self/ns/pid')),
  ];
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 8);
}

/** What Linux tells of a process; undefined elsewhere. */
function statusOf(pid: number): { isZombie: boolean; started: string } | undefined {
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (!text) return undefined;
  // The name of the program stands in parentheses and may hold anything; the state follows it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { isZombie: fields[0] === 'Z' || fields[0] === 'X', started: fields[19] ?? '' };
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
