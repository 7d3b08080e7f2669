/** The example service: clients on loopback, its bounds, and its end. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { fewATurn } from '../../examples/server/server.js';
import { decodeFeaturesNpz } from '../../src/formats/features-npz.js';

const ROOT = join(import.meta.dirname, '../../..');

/** A PNG of 30,000 x 30,000 pixels that says so and has none of them. */
function hugePng(picture: Uint8Array): Uint8Array {
  const huge = picture.slice();
  new DataView(huge.buffer).setUint32(16, 30_000);
  new DataView(huge.buffer).setUint32(20, 30_000);
  // the checksum of the header chunk covers its sizes
  new DataView(huge.buffer).setUint32(29, crc32(huge.subarray(12, 29)));
  return huge;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

test('a few go on in each turn of the loop', async () => {
  const nextTurn = fewATurn(4);
  let count = 0;
  const all = Promise.all(Array.from({ length: 10 }, () => nextTurn().then(() => count++)));
  const counts: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    await setImmediate();
    counts.push(count);
  }
  assert.deepEqual(counts, [4, 8, 10]);
  await all;
  await nextTurn();
});

suite('the example service', () => {
  let service: ChildProcess;
  let origin: string;
  let picture: Uint8Array;
  const post = (body: Uint8Array, signal?: AbortSignal) =>
    fetch(`${origin}/detect`, { method: 'POST', body: new Uint8Array(body), signal });
  const metrics = async () => (await fetch(`${origin}/metrics`)).text();

  before(async () => {
    picture = new Uint8Array(await readFile(join(ROOT, 'examples/photographs/graf1.png')));
    service = spawn(process.execPath, [join(ROOT, 'dist/examples/server/server.js')], {
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(service.stdout ?? assert.fail(), 'data');
    origin = `http://127.0.0.1:${JSON.parse(String(line)).port}`;
  });
  after(() => void service.kill('SIGKILL'));

  test('answers clients with features, and /health meanwhile', async () => {
    let detecting = true;
    const detections = Promise.all(Array.from({ length: 6 }, () => post(picture))).finally(() => {
      detecting = false;
    });
    const start = performance.now();
    const waits: number[] = [];
    while (detecting) {
      const asked = performance.now();
      assert.equal((await fetch(`${origin}/health`)).status, 200);
      waits.push(performance.now() - asked);
    }
    const all = performance.now() - start;
    assert.match(await metrics(), /^superpoint_loop_delay_seconds\{quantile="0\.99"\} [\d.e-]+$/m);
    for (const response of await detections) {
      assert.equal(response.status, 200);
      assert.ok(decodeFeaturesNpz(new Uint8Array(await response.arrayBuffer())).count > 0);
    }
    // In the thread of the server each detection would be such a wait.
    const median = waits.sort((a, b) => a - b)[waits.length >> 1];
    assert.ok(waits.length > 20 && median < all / 6 / 4, `${waits.length} of ${all} ms, median ${median}`);
  });

  test('refuses what is no picture, and by its header what is too large', async () => {
    const refused = await Promise.all([post(new TextEncoder().encode('no picture')), post(hugePng(picture))]);
    assert.deepEqual(
      refused.map(({ status }) => status),
      [400, 413],
    );
    const [, { problem }] = (await Promise.all(refused.map((each) => each.json()))) as { problem: string }[];
    assert.equal(problem, 'expected at most 25 megapixels, got 30000x30000');
  });

  test('tells those beyond its bound to come back, and stops for clients who go', async () => {
    const gone = new AbortController();
    const many = Array.from({ length: 16 }, () => post(picture, gone.signal));
    while (!/accepted 16\n/.test(await metrics())) await new Promise((resolve) => setTimeout(resolve, 1));
    // They hear it though they have much to send.
    const large = Buffer.concat([picture, Buffer.alloc(10e6)]);
    const refused = await Promise.all([post(large), post(large)]);
    assert.deepEqual(
      refused.map(({ status, headers }) => [status, headers.get('retry-after')]),
      [503, 503].map((status) => [status, '1']),
    );
    gone.abort();
    await Promise.allSettled(many);
    const start = performance.now();
    while (!/accepted 0\n/.test(await metrics())) {
      assert.ok(performance.now() - start < 60_000, 'accepted requests do not end');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.match(await metrics(), /requests_total\{status="cancelled"\} [1-9]/);
    assert.equal((await post(picture)).status, 200);
  });

  test('answers what it accepted, then ends', async () => {
    const exit = once(service, 'exit');
    const accepted = [1, 2, 3].map(() => post(picture));
    while (!/accepted 3\n/.test(await metrics())) await new Promise((resolve) => setTimeout(resolve, 1));
    service.kill('SIGTERM');
    for (const { status } of await Promise.all(accepted)) assert.equal(status, 200);
    assert.deepEqual(await exit, [0, null]);
    await assert.rejects(post(picture));
  });
});
