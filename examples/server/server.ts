/**
 * A service that detects: POST a picture's bytes to /detect, get features as NPZ. What waits is bounded, work ends when
 * its client goes, large pictures are refused by their header, and SIGTERM answers what was accepted before it ends.
 *
 *   PORT=8080 node dist/examples/server/server.js [model]
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { availableParallelism } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ImageError, readImageSize, SuperPoint } from 'superpoint';
import { encodeFeaturesNpz } from 'superpoint/formats';

const MAX_BYTES = 20e6;
const MAX_PIXELS = 25e6;
/** Requests at work or waiting; the next one is told to come back. */
const MAX_ACCEPTED = 16;

/** Milliseconds between two looks at how late this thread is. */
const LOOK_EVERY = 10;

/** Pieces of bodies, of 64 KB at most, that are read before other connections are looked at. */
const PIECES_A_TURN = 4;

/** Pictures at work: one is decoded while the network looks at another. More threads would keep /health from its turn. */
const AT_ONCE = 2;

/** An answer other than features. */
class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Has work done a few pieces at a time, in the order in which it comes. */
function atMost(count: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = count;
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}

/** Lets so many go on each time that the thread comes round; /health has its turn between. */
export function fewATurn(count: number): () => Promise<void> {
  const waiting: (() => void)[] = [];
  const turn = () => {
    for (const next of waiting.splice(0, count)) next();
    if (waiting.length > 0) setImmediate(turn);
  };
  return () =>
    new Promise((resolve) => {
      if (waiting.push(resolve) === 1) setImmediate(turn);
    });
}

const nextTurn = fewATurn(PIECES_A_TURN);

/** A request's body, piece by piece. @throws Refusal for more than is allowed. */
async function* piecesOf(request: IncomingMessage): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    length += piece.length;
    if (length > MAX_BYTES) throw new Refusal(413, `expected a picture of at most ${MAX_BYTES} bytes`);
    yield piece;
    await nextTurn();
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of piecesOf(request)) pieces.push(piece);
  return Buffer.concat(pieces);
}

const inTurn = atMost(AT_ONCE);

/** The features of the picture in a request. */
async function detect(
  superpoint: SuperPoint,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const bytes = await bodyOf(request);
  const { width, height } = await readImageSize(bytes);
  if (width * height > MAX_PIXELS) {
    throw new Refusal(413, `expected at most ${MAX_PIXELS / 1e6} megapixels, got ${width}x${height}`);
  }
  const options = { resize: 1024, maxKeypoints: 1000, signal };
  const features = await inTurn(() => superpoint.detect(bytes, options));
  // JSON of as many numbers would occupy this thread for a tenth of a second.
  return encodeFeaturesNpz(features);
}

/** Tells a client to come back. @throws Refusal */
async function refuse(request: IncomingMessage, response: ServerResponse): Promise<never> {
  // Who still sends does not hear an answer; and Node would read the rest in one go, which keeps /health waiting.
  for await (const _ of piecesOf(request));
  response.setHeader('retry-after', '1');
  throw new Refusal(503, 'busy, try again');
}

function statusOf(error: unknown): number {
  if (error instanceof Refusal) return error.status;
  return error instanceof ImageError || error instanceof RangeError ? 400 : 500;
}

/** Serves until it is closed. */
export function serve(superpoint: SuperPoint): Server {
  const answered = new Map<number | 'cancelled', number>();
  let accepted = 0;
  let seconds = 0;
  const count = (status: number | 'cancelled') => answered.set(status, (answered.get(status) ?? 0) + 1);

  const delay = monitorEventLoopDelay({ resolution: LOOK_EVERY });
  delay.enable();
  const late = (quantile: number) => delay.percentile(100 * quantile) / 1e9 - LOOK_EVERY / 1000;

  const metrics = () =>
    [
      ...[...answered].map(([status, n]) => `superpoint_requests_total{status="${status}"} ${n}`),
      `superpoint_accepted ${accepted}`,
      `superpoint_seconds_total ${seconds}`,
      ...[0.5, 0.99, 1].map((q) => `superpoint_loop_delay_seconds{quantile="${q}"} ${late(q)}`),
      `process_resident_memory_bytes ${process.memoryUsage.rss()}\n`,
    ].join('\n');

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const gone = new AbortController();
    response.on('close', () => gone.abort(new Error('the client has gone')));
    const reply = (status: number, body: string | Uint8Array) => {
      count(status);
      // with a request refused before its end, or a server that ends, the connection ends too
      const connection = request.complete && server.listening ? 'keep-alive' : 'close';
      const type = typeof body === 'string' ? 'application/json' : 'application/octet-stream';
      response.writeHead(status, { 'content-type': type, connection }).end(body);
    };
    const start = performance.now();
    const isBusy = accepted >= MAX_ACCEPTED;
    if (!isBusy) accepted++;
    try {
      if (isBusy) await refuse(request, response);
      reply(200, await detect(superpoint, request, gone.signal));
    } catch (error) {
      if (gone.signal.aborted) count('cancelled');
      else reply(statusOf(error), JSON.stringify({ problem: (error as Error).message }));
    } finally {
      if (!isBusy) accepted--;
      seconds += (performance.now() - start) / 1000;
    }
  };

  const server = createServer((request, response) => {
    const { method, url } = request;
    if (url === '/health') response.end(JSON.stringify({ accepted, free: MAX_ACCEPTED - accepted }));
    else if (url === '/metrics') response.end(metrics());
    else if (url === '/detect' && method === 'POST') void answer(request, response);
    else
      response.writeHead(404).end(JSON.stringify({ problem: 'expected POST /detect, /health or /metrics' }));
  });
  return server;
}

if (process.argv[1] && import.meta.filename === process.argv[1]) {
  // One core is left to what answers: /health would wait for the network's threads.
  const threads = Math.max(1, availableParallelism() - 1);
  const superpoint = await SuperPoint.load({ model: process.argv[2] ?? 'superpoint-small-int8', threads });
  const { fallback, threadFallback } = superpoint.network;
  for (const line of [fallback, threadFallback]) if (line) console.error(line);
  const server = serve(superpoint).listen(Number(process.env.PORT ?? 8080), '127.0.0.1');
  server.on('listening', () => console.log(JSON.stringify(server.address())));
  process.once('SIGTERM', () => server.close(() => superpoint.dispose()));
}
