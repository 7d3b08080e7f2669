/** How benchmarks measure: contenders take turns, so that what else the machine does falls on all alike. */
import { availableParallelism, cpus, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** One side of a comparison: `run` does the work once and tells what it cost, milliseconds as a rule. */
export interface Contender {
  readonly name: string;
  run(): Promise<number>;
}

/** Works that are compared with each other. */
export interface Group {
  readonly title: string;
  readonly unit: 'ms' | 'MiB';
  readonly contenders: readonly Contender[];
  /** The contender that the others are set against. */
  readonly reference?: string;
  /** Rounds at most, and none to warm up, where one takes long. */
  readonly rounds?: number;
  close?(): Promise<void>;
}

/** What was measured of a contender. */
export interface Row {
  readonly name: string;
  readonly median: number;
  /** Quartiles. */
  readonly low: number;
  readonly high: number;
  /** The reference's median as a multiple of this one's: above 1 this one is the cheaper. */
  readonly gain?: number;
}

/** Milliseconds between two runs: threads of the one before go on looking for work a while. */
const PAUSE = 100;

/** Milliseconds that `work` takes. */
export async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The value below which a share of sorted values lies, straight between two of them. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

/** Runs all in turn, `wanted` times after `warmUp` that do not count. */
export async function measure(
  { contenders, reference, rounds: most }: Group,
  wanted: number,
  warmUp = most === undefined ? 1 : 0,
): Promise<readonly Row[]> {
  const rounds = Math.min(wanted, most ?? wanted);
  const costs = contenders.map((): number[] => []);
  for (let round = -warmUp; round < rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      await sleep(PAUSE);
      const cost = await contender.run();
      if (round >= 0) costs[i].push(cost);
    }
  }
  const sorted = costs.map((all) => all.sort((a, b) => a - b));
  const against = sorted[contenders.findIndex(({ name }) => name === reference)];
  return contenders.map(({ name }, i) => {
    const [low, median, high] = [0.25, 0.5, 0.75].map((share) => quantile(sorted[i], share));
    return { name, median, low, high, ...(against ? { gain: quantile(against, 0.5) / median } : {}) };
  });
}

/** The machine that figures are of. */
export function machine() {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    threads: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}
