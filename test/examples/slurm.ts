/** A Slurm of one's own: the controller and two nodes on this machine, in a folder, as whoever runs the test. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const NODES = ['node1', 'node2'];
const PROGRAMS = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'scontrol', 'squeue', 'sinfo'];
/** Longest wait for anything, milliseconds. */
const PATIENCE = 120_000;

/** Is all of Slurm installed? */
export function hasSlurm(): boolean {
  return PROGRAMS.every((name) => spawnSync(name, ['--version']).error === undefined);
}

/** A port of this machine that nobody listens at. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits until something holds. @throws Error with what was waited for. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const last = Date.now() + PATIENCE;
  while (!(await holds())) {
    if (Date.now() > last) throw new Error(`waited in vain for ${what}`);
    await sleep(200);
  }
}

/** A running Slurm. */
export interface Slurm {
  /** Runs one of its commands. @returns what it prints. @throws Error with what it complains of. */
  run(program: string, ...args: string[]): string;
  stop(): Promise<void>;
}

/** @param folder for keys, state and logs; it has to be an absolute path. */
export async function startSlurm(folder: string, env: NodeJS.ProcessEnv): Promise<Slurm> {
  const { username } = userInfo();
  const at = (name: string) => join(folder, name);
  const ports = [await freePort(), await freePort(), await freePort()];
  const nodes = NODES.map(
    (name, n) =>
      `NodeName=${name} NodeHostname=localhost NodeAddr=127.0.0.1 Port=${ports[n + 1]} CPUs=2 RealMemory=2048`,
  );
  // A job that is queued again waits until its last credential has expired.
  const lines = `
ClusterName=test
SlurmctldHost=localhost
SlurmctldPort=${ports[0]}
SlurmUser=${username}
SlurmdUser=${username}
AuthType=auth/munge
AuthInfo=socket=${at('munge.sock')},cred_expire=5
StateSaveLocation=${folder}
SlurmdSpoolDir=${at('spool-%n')}
SlurmctldPidFile=${at('slurmctld.pid')}
SlurmdPidFile=${at('slurmd-%n.pid')}
SlurmctldLogFile=${at('slurmctld.log')}
SlurmdLogFile=${at('slurmd-%n.log')}
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
KillWait=5
SchedulerParameters=sched_interval=1,bf_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
${nodes.join('\n')}
PartitionName=all Nodes=${NODES.join(',')} Default=YES State=UP
`;
  await writeFile(at('slurm.conf'), lines.trimStart());
  await writeFile(at('munge.key'), randomBytes(1024), { mode: 0o400 });
  const all = { ...env, SLURM_CONF: at('slurm.conf') };
  const daemons: ChildProcess[] = [];
  const start = (program: string, ...args: string[]) =>
    daemons.push(spawn(program, args, { env: all, stdio: 'ignore' }));
  const munge = ['socket', 'key-file', 'pid-file', 'log-file', 'seed-file'].map((kind) => {
    const files = { socket: 'munge.sock', 'key-file': 'munge.key' };
    return `--${kind}=${at(files[kind as keyof typeof files] ?? `munge.${kind}`)}`;
  });
  const slurm: Slurm = {
    run(program, ...args) {
      const { status, stdout, stderr } = spawnSync(program, args, {
        env: all,
        cwd: folder,
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
      return stdout;
    },
    async stop() {
      for (const daemon of daemons.reverse()) {
        if (daemon.exitCode !== null || daemon.signalCode !== null) continue;
        daemon.kill();
        await once(daemon, 'exit');
      }
    },
  };
  try {
    start('munged', '--foreground', '--force', ...munge);
    await until('munge', () => spawnSync('munge', ['-n', `--socket=${at('munge.sock')}`]).status === 0);
    start('slurmctld', '-D', '-f', at('slurm.conf'));
    for (const name of NODES) start('slurmd', '-D', '-N', name, '-f', at('slurm.conf'));
    await until('both nodes', () => {
      const { stdout } = spawnSync('sinfo', ['-h', '-N', '-o', '%T'], { env: all, encoding: 'utf8' });
      return (
        stdout
          .trim()
          .split('\n')
          .filter((state) => state === 'idle').length === NODES.length
      );
    });
  } catch (error) {
    await slurm.stop();
    throw error;
  }
  return slurm;
}
