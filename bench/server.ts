/**
 * The example service under load, on loopback: clients that ask again as soon as they are answered, and beside them a
 * thread that asks for /health all the time. Ends with code 1 where a request fails, or what was accepted is not answered
 * after SIGTERM.
 *
 *     node dist/bench/server.js [--clients 64] [--seconds 60] [--model superpoint-small-int8]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { quantile } from './measure.js';

const ROOT = join(import.meta.dirname, '../..');
const agent = new Agent({ keepAlive: true });

interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

function ask(port: number, path: string, picture?: Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = picture ? 'POST' : 'GET';
    const sent = request({ host: '127.0.0.1', port, path, method, agent }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part)).on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode!, body: Buffer.concat(parts) }));
    });
    sent.on('error', reject).end(picture);
  });
}

/** Milliseconds of an answer of /health, and what the thread that answers did meanwhile. */
interface Wait {
  readonly all: number;
  /** It ran; of this the service itself is the cause. Only Linux tells, as of the next. */
  readonly ran: number;
  /** It was ready to run, and other threads or programs had the cores. */
  readonly queued: number;
}

/** What the thread beside saw: each wait, memory in MiB each second, and how late the service's loop was. */
interface Watch {
  readonly waits: Wait[];
  readonly memory: number[];
  readonly loopMs: number;
}

/** The service as the thread beside knows it. */
interface Watched {
  readonly port: number;
  readonly pid: number;
}

const EVERY_MS = 10;

/** Milliseconds that the main thread of a process has run, and has been ready to run. */
function timesOf(pid: number): readonly [ran: number, queued: number] {
  try {
    const [ran, queued] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
    return [Number(ran) / 1e6, Number(queued) / 1e6];
  } catch {
    return [Number.NaN, Number.NaN];
  }
}

const metric = async (port: number, name: RegExp) =>
  Number(new RegExp(`${name.source} ([\\d.e-]+)`).exec(String((await ask(port, '/metrics')).body))?.[1]);

/** Asks for /health until it is told to stop. */
async function watch({ port, pid }: Watched): Promise<Watch> {
  const waits: Wait[] = [];
  const memory: number[] = [];
  let isOver = false;
  parentPort!.once('message', () => {
    isOver = true;
  });
  for (let round = 0; !isOver; round++) {
    const [ran, queued] = timesOf(pid);
    const began = performance.now();
    await ask(port, '/health');
    const all = performance.now() - began;
    const [ranThen, queuedThen] = timesOf(pid);
    waits.push({ all, ran: ranThen - ran, queued: queuedThen - queued });
    if (round % (1000 / EVERY_MS) === 0) memory.push((await metric(port, /resident_memory_bytes/)) / 2 ** 20);
    await sleep(EVERY_MS);
  }
  return { waits, memory, loopMs: 1000 * (await metric(port, /loop_delay_seconds\{quantile="1"\}/)) };
}

async function start(model: string): Promise<{ service: ChildProcess; port: number }> {
  const service = spawn(process.execPath, [join(ROOT, 'dist/examples/server/server.js'), model], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(service.stdout!, 'data')) as [Buffer];
  return { service, port: (JSON.parse(String(line)) as { port: number }).port };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      clients: { type: 'string', default: '64' },
      seconds: { type: 'string', default: '60' },
      model: { type: 'string', default: 'superpoint-small-int8' },
    },
  });
  const picture = await readFile(join(ROOT, 'examples/photographs/graf1.png'));
  const { service, port } = await start(values.model);
  await ask(port, '/detect', picture);

  const counts = new Map<string, number>();
  let isOver = false;
  const client = async () => {
    while (!isOver) {
      const { status } = await ask(port, '/detect', picture).catch((error: Error) => ({
        status: error.message,
      }));
      counts.set(String(status), (counts.get(String(status)) ?? 0) + 1);
      // As the answer's `retry-after` says.
      if (status === 503) await sleep(1000);
    }
  };
  const clients = Array.from({ length: Number(values.clients) }, client);
  const watched: Watched = { port, pid: service.pid! };
  const watcher = new Worker(new URL(import.meta.url), { workerData: watched });
  const seen = once(watcher, 'message') as Promise<[Watch]>;
  await sleep(1000 * Number(values.seconds));
  watcher.postMessage('stop');
  const [{ waits, memory, loopMs }] = await seen;

  isOver = true;
  // What has been sent is on its way to an answer by then.
  await sleep(200);
  const { accepted } = JSON.parse(String((await ask(port, '/health')).body)) as { accepted: number };
  const answeredBefore = counts.get('200') ?? 0;
  const exit = once(service, 'exit');
  service.kill('SIGTERM');
  const [code] = (await exit) as [number | null];
  await Promise.all(clients);
  const answered = (counts.get('200') ?? 0) - answeredBefore;

  waits.sort((a, b) => a.all - b.all);
  const all = waits.map((wait) => wait.all);
  const half = memory.length >> 1;
  const figures = {
    answers: Object.fromEntries(counts),
    healthMs: {
      median: quantile(all, 0.5),
      p99: quantile(all, 0.99),
      worst: waits.at(-1),
      mostRan: Math.max(...waits.map(({ ran }) => ran)),
      asked: waits.length,
    },
    loopMs,
    memoryMiB: { firstHalf: mean(memory.slice(0, half)), secondHalf: mean(memory.slice(half)) },
    end: { code, accepted, answered },
  };
  console.log(JSON.stringify(figures, null, 1));
  const isFailed = [...counts.keys()].some((status) => status !== '200' && status !== '503');
  if (isFailed || code !== 0 || answered < accepted) process.exitCode = 1;
}

if (isMainThread) await main();
else parentPort!.postMessage(await watch(workerData as Watched));
