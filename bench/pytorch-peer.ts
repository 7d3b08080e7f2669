/**
 * A Python process that runs the same work in PyTorch, one measurement for each line it is sent, so that
 * the two sides of a comparison take turns on the machine.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Contender } from './measure.js';

/** Debian installs torch for its own interpreter, which need not be the first on the path. */
const INTERPRETERS = [process.env.PYTHON, 'python3', '/usr/bin/python3'];

function interpreterWithTorch(): string | undefined {
  return INTERPRETERS.find(
    (python) => python && spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0,
  );
}

/** A contender in another process; named after its version. */
export interface PyTorchPeer extends Contender {
  close(): void;
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next();
  if (done) throw new Error('the Python process ended early');
  return value;
}

/**
 * Starts a script of bench/ with arguments.
 * @returns undefined, after saying so, where there is no Python with torch.
 */
export async function openPyTorchPeer(
  script: string,
  args: readonly number[],
): Promise<PyTorchPeer | undefined> {
  const python = interpreterWithTorch();
  if (!python) {
    console.error(
      'no PyTorch found (python3 -c "import torch"): measured without. Set PYTHON to an interpreter.',
    );
    return undefined;
  }
  const path = fileURLToPath(new URL(`../../bench/${script}`, import.meta.url));
  const child: ChildProcess = spawn(python, [path, ...args.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const reader: Interface = createInterface({ input: child.stdout! });
  const lines = reader[Symbol.asyncIterator]();
  return {
    name: await nextLine(lines),
    async run() {
      child.stdin!.write('\n');
      return Number(await nextLine(lines));
    },
    close: () => {
      child.stdin!.end();
      reader.close();
    },
  };
}
