/**
 * A Python process that runs the same work in PyTorch, one measurement for each line it is sent, so that
 * the two sides of a comparison take turns on the machine.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Debian installs torch for its own interpreter, which need not be the first on the path. */
const INTERPRETERS = [process.env.PYTHON, 'python3', '/usr/bin/python3'];

function interpreterWithTorch(): string | undefined {
  return INTERPRETERS.find(
    (python) => python && spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0,
  );
}

export interface PyTorchPeer {
  /** What the process said of itself: its version. */
  readonly version: string;
  /** @returns milliseconds that one repetition took. */
  measure(): Promise<number>;
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
export async function openPyTorchPeer(script: string, args: string[]): Promise<PyTorchPeer | undefined> {
  const python = interpreterWithTorch();
  if (!python) {
    console.log(
      'no PyTorch found (python3 -c "import torch"): measured alone. Set PYTHON to an interpreter.',
    );
    return undefined;
  }
  const path = fileURLToPath(new URL(`../../bench/${script}`, import.meta.url));
  const child: ChildProcess = spawn(python, [path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const reader: Interface = createInterface({ input: child.stdout! });
  const lines = reader[Symbol.asyncIterator]();
  const version = await nextLine(lines);
  return {
    version,
    async measure() {
      child.stdin!.write('\n');
      return Number(await nextLine(lines));
    },
    close: () => {
      child.stdin!.end();
      reader.close();
    },
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** One side of a comparison: `run` does the work once and tells the milliseconds it took. */
export interface Contender {
  readonly name: string;
  run(): Promise<number>;
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The number after `--rounds`, or `fallback`. */
export function roundsFrom(args: readonly string[], fallback: number): number {
  const place = args.indexOf('--rounds');
  return place < 0 ? fallback : Number(args[place + 1]);
}

/** Runs all in turn, `rounds` times after one that does not count; medians in their order. */
export async function compare(contenders: readonly Contender[], rounds: number): Promise<number[]> {
  const times = contenders.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      const milliseconds = await contender.run();
      if (round > 0) times[i]!.push(milliseconds);
    }
  }
  return times.map(median);
}

/** Prints the medians and how often the reference (the last) takes as long as each. */
export function report(title: string, contenders: readonly Contender[], medians: readonly number[]): void {
  const rows = contenders.map(({ name }, i) => ({
    name,
    milliseconds: Number(medians[i]!.toFixed(1)),
    speedup: Number((medians.at(-1)! / medians[i]!).toFixed(2)),
  }));
  if (process.argv.includes('--json')) console.log(JSON.stringify({ title, rows }));
  else {
    console.log(title);
    const last = rows.at(-1)!.name;
    for (const { name, milliseconds, speedup } of rows) {
      console.log(`${name.padEnd(44)} ${String(milliseconds).padStart(8)} ms   ${speedup} x ${last}`);
    }
  }
}
