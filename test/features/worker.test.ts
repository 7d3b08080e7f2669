/** The network in a worker of its own: the same results, a free caller, and nothing that hangs. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import threads, { type Worker } from 'node:worker_threads';
import { Network } from '../../src/features/network.js';
import { SuperPoint } from '../../src/features/superpoint.js';
import { writeFileAtomic } from '../../src/files/atomic-file.js';
import { encodePng, ImageError } from '../../src/image/codec.js';
import { rgbaFromGray } from '../../src/image/convert.js';
import { type GrayImage, grayImage } from '../../src/image/image.js';
import { Random } from '../../src/random.js';
import { randomWeights } from '../network/random-weights.js';

const shape = { encoder: [8, 8, 8, 8], head: 16, descriptor: 16 } as const;
const weights = randomWeights(shape);

function randomImage(width: number, height: number, seed = 0): GrayImage {
  const random = new Random(seed);
  return grayImage(
    width,
    height,
    new Float32Array(width * height).map(() => Math.round(255 * random.uniform()) / 255),
  );
}

/** The worker that `start` brings about. */
async function workerOf(start: () => Promise<unknown>): Promise<Worker> {
  const started = once(process, 'worker') as Promise<[Worker]>;
  await start();
  return (await started)[0];
}

let here: SuperPoint;
let there: SuperPoint;
let folder: string;
/** Never answers. */
let silent: Server;
let silence: string;
before(async () => {
  here = await SuperPoint.load({ model: weights, threads: 1, thread: false });
  there = await SuperPoint.load({ model: weights, threads: 1 });
  folder = await mkdtemp(join(tmpdir(), 'worker-'));
  silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  silence = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/a.png`;
});
after(async () => {
  await here.dispose();
  await there.dispose();
  silent.closeAllConnections();
  silent.close();
  await rm(folder, { recursive: true });
});

suite('a worker', () => {
  test('is the default, and says so', () => {
    assert.deepEqual([there.network.thread, there.network.threadFallback], [true, undefined]);
    assert.deepEqual([here.network.thread, here.network.threadFallback], [false, undefined]);
    const { name, descriptorDim, device, fallback } = there.network;
    assert.deepEqual([name, descriptorDim, device, fallback], ['model', 16, 'cpu', undefined]);
  });

  test('gives the same as this thread for every kind of image, and leaves the image to the caller', async () => {
    const image = randomImage(96, 64);
    const path = join(folder, 'a picture.png');
    await writeFileAtomic(path, await encodePng(image));
    const bytes = await readFile(path);
    const expected = await here.detect(image);
    assert.ok(expected.count > 0);
    const pixels = rgbaFromGray(image);
    for (const given of [
      image,
      pixels,
      { width: 96, height: 64, data: Uint16Array.from(image.data, (value) => 65535 * value) },
      path,
      new URL(`file://${encodeURI(path)}`),
      bytes,
      new Uint8Array(bytes).buffer,
      new Blob([bytes]),
      new File([bytes], 'a.png'),
      `data:image/png;base64,${bytes.toString('base64')}`,
    ]) {
      const [found, wanted] = [await there.detect(given), await here.detect(given)];
      assert.deepEqual(found, wanted);
      assert.equal(found.count, expected.count);
    }
    assert.deepEqual([image.data.length, pixels.data.length], [96 * 64, 4 * 96 * 64]);
    assert.equal(bytes.length, (await readFile(path)).length);
  });

  test('answers a look as this thread does', async () => {
    const image = randomImage(80, 56);
    const [own, other] = [await here.network.look(image), await there.network.look(image)];
    assert.deepEqual(other.sizes, own.sizes);
    const mask = { width: 80, height: 56, data: Array.from({ length: 80 * 56 }, (_, i) => i % 3) };
    const points = await other.keypoints({ mask, maxKeypoints: 20 });
    assert.deepEqual(points, await own.keypoints({ mask, maxKeypoints: 20 }));
    assert.deepEqual(await other.describe(points), await own.describe(points));
    assert.equal(points.keypoints.length, 40);
    assert.equal(points.sizes.length, 20);
    for (const size of [0, 1, 0]) assert.deepEqual(await other.heatmap(size), await own.heatmap(size));
    assert.deepEqual(await there.network.heatmaps([image]), await here.network.heatmaps([image]));
    assert.equal(image.data.length, 80 * 56);
    other.dispose();
    own.dispose();
    for (const look of [other, own]) await assert.rejects(look.keypoints(), /look in use/);
  });

  test('throws what this thread throws', async () => {
    const attempts: ((superpoint: SuperPoint) => Promise<unknown>)[] = [
      (superpoint) => superpoint.detect(randomImage(5, 5)),
      (superpoint) => superpoint.detect({ ...randomImage(8, 8), width: 9 }),
      (superpoint) => superpoint.detect(join(folder, 'none.png')),
      (superpoint) => superpoint.detect(new File(['no picture at all'], 'text.png')),
      (superpoint) => superpoint.detect(new Uint8Array()),
      // @ts-expect-error a caller without types
      (superpoint) => superpoint.detect(Promise.resolve(randomImage(8, 8))),
      // @ts-expect-error a caller without types
      (superpoint) => superpoint.detect(undefined),
      (superpoint) => superpoint.detect(randomImage(8, 8), { scales: [] }),
      async (superpoint) => (await superpoint.network.look(randomImage(8, 8))).heatmap(3),
      async (superpoint) =>
        (await superpoint.network.look(randomImage(8, 8))).keypoints({
          mask: { width: 9, height: 8, data: [] },
        }),
    ];
    for (const attempt of attempts) {
      const [own, other] = await Promise.all(
        [here, there].map((superpoint) =>
          attempt(superpoint).then(
            () => assert.fail('expected an error'),
            (error: Error) => error,
          ),
        ),
      );
      assert.deepEqual([other.constructor, other.message], [own.constructor, own.message]);
      if (own instanceof ImageError) assert.equal((other as ImageError).source, own.source);
    }
  });

  test('leaves the thread that asks free', async () => {
    const images = Array.from({ length: 8 }, (_, seed) => randomImage(640, 480, seed));
    /** The share of the time of eight detections for which a timer of 5 ms was late. */
    const measure = async (superpoint: SuperPoint) => {
      await superpoint.detect(images[0]);
      const start = performance.now();
      let [late, last] = [0, start];
      const tick = () => {
        late += Math.max(0, performance.now() - last - 10);
        last = performance.now();
      };
      const timer = setInterval(tick, 5);
      await Promise.all(images.map((image) => superpoint.detect(image)));
      tick();
      clearInterval(timer);
      return late / (last - start);
    };
    const [busy, free] = [await measure(here), await measure(there)];
    assert.ok(busy > 0.3 && free < busy / 2, `late for ${free} of the time, in one thread for ${busy}`);
  });
});

suite('what goes wrong', () => {
  test('a worker that dies rejects what was pending in a line, and the next call starts another', async () => {
    const image = randomImage(64, 48);
    let network!: Network;
    const worker = await workerOf(async () => {
      network = await Network.load(weights, { threads: 1 });
    });
    const look = await network.look(image);
    const expected = await look.keypoints();
    const pending = [network.look(silence), network.look(silence)];
    await once(silent, 'request');
    await worker.terminate();
    const line = /^Error: the worker of the network ended unexpectedly \(it ended with code 1\)$/;
    for (const call of pending) await assert.rejects(call, line);
    await assert.rejects(look.keypoints(), line);
    const next = await Promise.all([network.look(image), network.look(image)]);
    for (const again of next) assert.deepEqual(await again.keypoints(), expected);
    await network.dispose();
  });

  test('what is disposed of ends what runs, then the worker', async () => {
    let superpoint!: SuperPoint;
    const worker = await workerOf(async () => {
      superpoint = await SuperPoint.load({ model: weights, threads: 1 });
    });
    const exit = once(worker, 'exit');
    const running = [1, 2, 3].map((seed) => superpoint.detect(randomImage(300, 200, seed)));
    const look = await superpoint.network.look(randomImage(16, 16));
    await superpoint.dispose();
    for (const { count } of await Promise.all(running)) assert.ok(count > 0);
    assert.deepEqual(await exit, [0]);
    await assert.rejects(superpoint.detect(randomImage(16, 16)), /disposed of/);
    await assert.rejects(look.heatmap(), /disposed of/);
  });

  test('an aborted call is rejected at once, and others go on', async () => {
    const controller = new AbortController();
    const waiting = there.detect(silence, { signal: controller.signal });
    const other = there.detect(randomImage(64, 64));
    controller.abort(new Error('changed my mind'));
    await assert.rejects(waiting, /^Error: changed my mind$/);
    assert.ok((await other).count > 0);
    const loading = new AbortController();
    const load = Network.load(silence, { signal: loading.signal });
    await once(silent, 'request');
    loading.abort(new Error('not needed'));
    await assert.rejects(load, /^Error: not needed$/);
  });

  test('loading tells how far it is', async () => {
    const words: number[] = [];
    const onProgress = ({ loaded }: { loaded: number }) => void words.push(loaded);
    await assert.rejects(Network.load('data:,no model', { onProgress }), /^FormatError: data:,no model: /);
    assert.deepEqual(words, [8]);
  });

  test('where no worker can be had the thread that asks does the work, and says so', async () => {
    const { Worker } = threads;
    threads.Worker = class {
      constructor() {
        throw new Error('workers are forbidden\nhere');
      }
    } as unknown as typeof Worker;
    syncBuiltinESMExports();
    try {
      const network = await Network.load(weights, { threads: 1 });
      assert.equal(network.thread, false);
      assert.equal(
        network.threadFallback,
        'no worker can be started (workers are forbidden): the thread that asks computes instead',
      );
      const image = randomImage(40, 40);
      const look = await network.look(image);
      assert.deepEqual(await look.keypoints(), await (await here.network.look(image)).keypoints());
      await network.dispose();
    } finally {
      threads.Worker = Worker;
      syncBuiltinESMExports();
    }
  });
});

suite('a process with a worker', () => {
  /** Runs lines after a network and a large picture are there. */
  async function run(lines: string, flags: string[] = []) {
    const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
    const script = `
      import { SuperPoint } from ${url('../../src/features/superpoint.js')};
      import { grayImage } from ${url('../../src/image/image.js')};
      import { randomWeights } from ${url('../network/random-weights.js')};
      const superpoint = await SuperPoint.load({ model: randomWeights(${JSON.stringify(shape)}), threads: 1 });
      const image = grayImage(1000, 750);
      image.data.forEach((_, i) => (image.data[i] = (i * 7919 % 256) / 255));
      ${lines}`;
    const child = spawn(process.execPath, [...flags, '--input-type=module', '-e', script]);
    let [output, problems] = ['', ''];
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (problems += text));
    const [code, signal] = await once(child, 'close');
    return { code, signal, output, problems };
  }

  test('ends by itself when nothing is left to do', async () => {
    const { code, output, problems } = await run('console.log((await superpoint.detect(image)).count > 0);');
    assert.deepEqual([code, output, problems], [0, 'true\n', '']);
  });

  for (const [name, line, expected] of [
    ['exit', 'process.exit(7)', 7],
    ['an error that nobody catches', "throw new Error('uncaught')", 1],
  ] as const) {
    test(`ends cleanly by ${name} while the network runs`, async () => {
      const { code, signal, problems } = await run(`
        await superpoint.detect(image);
        for (let n = 0; n < 3; n++) void superpoint.detect(image);
        setTimeout(() => { ${line} }, 30);`);
      assert.deepEqual([code, signal], [expected, null], problems);
    });
  }

  test('frees looks that nobody can reach any more', async () => {
    const { output, problems } = await run(`
      const grown = [];
      for (let n = 0; n < 120; n++) {
        await superpoint.network.look(image, { scales: [1] });
        if (n === 39) grown.push(process.memoryUsage.rss());
      }
      grown.push(process.memoryUsage.rss());
      console.log((grown[1] - grown[0]) / 2 ** 20);`);
    // Kept, 80 looks would be 80 times 9 MB.
    assert.ok(Number(output) < 300, `${output} MB ${problems}`);
    assert.notEqual(output, '');
  });
});
