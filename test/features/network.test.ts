import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { denseModel } from '../../src/features/dense-graph.js';
import { denseMaps } from '../../src/features/dense-maps.js';
import { Network } from '../../src/features/network.js';
import { sampleDescriptors } from '../../src/features/sample-descriptors.js';
import { SuperPoint } from '../../src/features/superpoint.js';
import { createSession } from '../../src/graph/session.js';
import { grayImage } from '../../src/image/image.js';
import { resizeImage } from '../../src/image/resize.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';
import { narrowWeights, randomImage } from './narrow-network.js';

const DIM = 24;

const weights = narrowWeights(DIM);
const network = await Network.load(weights, { threads: 1 });
after(() => network.dispose());

test('a network says what it is and what runs it', async () => {
  assert.equal(network.descriptorDim, DIM);
  assert.deepEqual([network.device, network.fallback], ['cpu', undefined]);
  const magicpoint = await Network.load(narrowWeights(0), { threads: 1 });
  assert.equal(magicpoint.descriptorDim, 0);
  await magicpoint.dispose();
});

test('a device that cannot be used is told, and the CPU serves', async () => {
  // No machine of the tests has a card of this kind and its driver's library beside the package.
  const other = await Network.load(weights, { device: 'cuda', threads: 1 });
  assert.equal(other.device, 'cpu');
  assert.match(other.fallback ?? '', /^cuda cannot be used \(.*\): cpu computes instead$/);
  assert.ok((await (await other.look(randomImage(32, 32))).keypoints()).count > 0);
  await other.dispose();
});

test('a look is asked again and again, and gives what detect gives', async () => {
  const image = randomImage(120, 90);
  const superpoint = await SuperPoint.load({ model: weights, threads: 1 });
  const look = await network.look(image);
  assert.deepEqual(look.sizes, [
    { width: 120, height: 90 },
    { width: 60, height: 45 },
  ]);
  for (const options of [{}, { maxKeypoints: 9, nmsRadius: 2 }, { cornerRadius: 0, borderMargin: 0 }]) {
    const { count, keypoints, scores, sizes } = await look.keypoints(options);
    assert.ok(count > 0);
    const descriptors = await look.describe({ keypoints, sizes });
    assert.deepEqual(
      { width: 120, height: 90, count, keypoints, scores, descriptors, descriptorDim: DIM },
      await superpoint.detect(image, options),
    );
  }
  assert.deepEqual((await look.heatmap()).data, await superpoint.heatmap(image));
  await superpoint.dispose();
});

test('points of another detector are described at the largest size, or at the size that is named', async () => {
  const image = randomImage(80, 64);
  const look = await network.look(image, { scales: [1, 0.5] });
  const half = await network.look(resizeImage(image, 40, 32), { scales: [1] });
  const whole = await network.look(image, { scales: [1] });
  const keypoints = Float32Array.of(10.25, 20.5, 33, 40.75, 0, 0);
  assert.deepEqual(await look.describe({ keypoints }), await whole.describe({ keypoints }));
  const atHalf = keypoints.map((value) => (value + 0.5) / 2 - 0.5);
  const mixed = await look.describe({ keypoints, sizes: Uint8Array.of(1, 0, 1) });
  const [first, second] = [await half.describe({ keypoints: atHalf }), await whole.describe({ keypoints })];
  assertClose(mixed.subarray(0, DIM), first.subarray(0, DIM), 1e-6);
  assertClose(mixed.subarray(DIM, 2 * DIM), second.subarray(DIM, 2 * DIM), 1e-6);
  assertClose(mixed.subarray(2 * DIM), first.subarray(2 * DIM), 1e-6);
  await assert.rejects(look.describe({ keypoints, sizes: Uint8Array.of(0, 2, 0) }), /size below 2, got 2/);
  await assert.rejects(look.describe({ keypoints, sizes: Uint8Array.of(0) }), /3 sizes, got 1/);
  await assert.rejects(look.describe({ keypoints: Float32Array.of(1) }), /pairs/);
});

test('heatmaps come at each size', async () => {
  const image = randomImage(40, 24);
  const look = await network.look(image, { scales: [1, 2] });
  const { width, height, data } = await look.heatmap(1);
  assert.deepEqual([width, height], [80, 48]);
  const twice = await network.look(resizeImage(image, 80, 48), { scales: [1] });
  assert.deepEqual(data, (await twice.heatmap()).data);
  await assert.rejects(look.heatmap(2), /size below 2, got 2/);
});

test('a mask keeps points out at every size and leaves the others as they are', async () => {
  const image = randomImage(96, 72);
  const mask = { width: 96, height: 72, data: new Uint8Array(96 * 72) };
  for (let y = 0; y < 72; y++) mask.data.fill(1, y * 96 + 40, y * 96 + 96);
  for (const cornerRadius of [0, 5]) {
    const look = await network.look(image);
    const all = await look.keypoints({ cornerRadius });
    const masked = await look.keypoints({ cornerRadius, mask });
    const right = [...all.scores.keys()].filter((n) => Math.round(all.keypoints[2 * n]) >= 40);
    assert.ok(right.length > 5 && right.length < all.count);
    assert.deepEqual(
      [...masked.scores],
      right.map((n) => all.scores[n]),
    );
    const best = await look.keypoints({ cornerRadius, mask, maxKeypoints: 4 });
    assert.deepEqual(best.scores, masked.scores.slice(0, 4));
  }
  const look = await network.look(image);
  await assert.rejects(
    look.keypoints({ mask: { ...mask, width: 95 } }),
    /mask of 96x72 values, got 6912 for 95x72/,
  );
});

test('tiles give the same maps as the whole', async () => {
  const session = await createSession(denseModel({ weights }), { threads: 1 });
  const image = randomImage(333, 210);
  const whole = await denseMaps(session, image, DIM);
  const tiled = await denseMaps(session, image, DIM, undefined, 22 * 22);
  assertClose(tiled.heatmap, whole.heatmap, 1e-5);
  assert.ok(tiled.cells.data instanceof Int16Array);
  const points = Float32Array.from({ length: 400 }, (_, i) => (i * 37) % 210);
  const described = sampleDescriptors(tiled.cells, points);
  assertClose(described, sampleDescriptors(whole.cells, points), 3e-4);
  await session.release();
});

test('a batch of heatmaps equals the heatmaps one by one', async () => {
  const images = [1, 2, 3].map((seed) => {
    const random = new Random(seed);
    return grayImage(
      30,
      21,
      new Float32Array(630).map(() => random.uniform()),
    );
  });
  const batch = await network.heatmaps(images);
  for (const [n, image] of images.entries()) {
    const look = await network.look(image, { scales: [1] });
    assertClose(batch[n], (await look.heatmap()).data, 1e-5);
  }
  assert.deepEqual(await network.heatmaps([]), []);
  await assert.rejects(network.heatmaps([images[0], randomImage(21, 30)]), /one size, got 30x21 and 21x30/);
});

test('what is aborted ends with the reason of its signal', async () => {
  const aborted = AbortSignal.abort(new Error('no longer wanted'));
  await assert.rejects(Network.load(weights, { signal: aborted }), /no longer wanted/);
  await assert.rejects(network.look(randomImage(32, 32), { signal: aborted }), /no longer wanted/);
  const controller = new AbortController();
  const running = network.look(randomImage(400, 300), { signal: controller.signal, scales: [1, 0.9, 0.8] });
  controller.abort(new Error('changed my mind'));
  await assert.rejects(running, /changed my mind/);
  // The network goes on.
  assert.ok((await (await network.look(randomImage(32, 32))).keypoints()).count > 0);
});

test('after dispose neither the network nor its looks answer', async () => {
  const other = await Network.load(weights, { threads: 1 });
  const look = await other.look(randomImage(32, 32));
  await other[Symbol.asyncDispose]();
  await other.dispose();
  await assert.rejects(other.look(randomImage(32, 32)), /disposed of/);
  await assert.rejects(look.keypoints(), /disposed of/);
});
