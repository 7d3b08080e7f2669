import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SuperPoint } from '../../src/features/superpoint.js';
import { encodeSafetensors } from '../../src/files/safetensors.js';
import { grayImage } from '../../src/image/image.js';
import { fitWithin } from '../../src/image/resize.js';
import { inferenceModel } from '../../src/network/inference.js';
import { assertClose } from '../assert-close.js';
import { narrowWeights, randomImage } from './narrow-network.js';

const weights = narrowWeights(24);
const superpoint = await SuperPoint.load({ model: weights, threads: 1 });
after(() => superpoint.dispose());

test('pictures of any size give keypoints inside them and descriptors of length 1', async () => {
  for (const [width, height] of [
    [8, 8],
    [61, 45],
    [64, 40],
    [200, 9],
    [17, 130],
  ]) {
    const options = { borderMargin: 0, nmsRadius: 2, detectionThreshold: 0.001 };
    const features = await superpoint.detect(randomImage(width, height), options);
    assert.deepEqual([features.width, features.height, features.descriptorDim], [width, height, 24]);
    assert.ok(features.count > 0);
    assert.equal(features.keypoints.length, 2 * features.count);
    for (let n = 0; n < features.count; n++) {
      const [x, y] = features.keypoints.subarray(2 * n, 2 * n + 2);
      assert.ok(x >= 0 && x <= width - 1 && y >= 0 && y <= height - 1, `(${x}, ${y}) in ${width}x${height}`);
      assert.ok(features.scores[n] > 0 && features.scores[n] <= 1);
      if (n > 0) assert.ok(features.scores[n] <= features.scores[n - 1]);
      const length = Math.hypot(...features.descriptors.subarray(24 * n, 24 * (n + 1)));
      assert.ok(Math.abs(length - 1) < 1e-5);
    }
  }
});

test('a size that is no multiple of 8 is seen with its right and bottom edge repeated', async () => {
  const [width, height] = [61, 45];
  const image = randomImage(width, height);
  const padded = grayImage(64, 48);
  for (let y = 0; y < 48; y++) {
    for (let x = 0; x < 64; x++) {
      padded.data[y * 64 + x] = image.data[Math.min(y, height - 1) * width + Math.min(x, width - 1)];
    }
  }
  const heatmap = await superpoint.heatmap(image);
  const expected = await superpoint.heatmap(padded);
  assert.equal(heatmap.length, width * height);
  for (let y = 0; y < height; y++) {
    assert.deepEqual(heatmap.subarray(y * width, (y + 1) * width), expected.subarray(y * 64, y * 64 + width));
  }
});

test('keypoints of a resized picture are in pixels of the picture handed in', async () => {
  const image = randomImage(150, 100);
  const small = fitWithin(image, 75);
  const scales = [1];
  const expected = await superpoint.detect(small, { scales });
  const features = await superpoint.detect(image, { resize: 75, scales });
  assert.deepEqual([features.width, features.height], [150, 100]);
  assert.deepEqual(features.scores, expected.scores);
  assert.ok(features.count > 10);
  features.keypoints.forEach((value, i) => {
    assert.ok(Math.abs(value - (2 * expected.keypoints[i] + 0.5)) < 1e-4);
  });
  assert.deepEqual(await superpoint.detect(image, { resize: 500 }), await superpoint.detect(image));
});

test('the features of several sizes come together, the best first', async () => {
  const image = randomImage(150, 100);
  const whole = await superpoint.detect(image, { scales: [1] });
  const half = await superpoint.detect(fitWithin(image, 75), { scales: [1] });
  const both = await superpoint.detect(image, { scales: [1, 0.5] });
  assert.deepEqual(both, await superpoint.detect(image));
  assert.ok(half.count > 10);
  assert.equal(both.count, whole.count + half.count);
  const expected = [...Array(whole.count).keys()].map((n) => ({
    score: whole.scores[n],
    point: [...whole.keypoints.subarray(2 * n, 2 * n + 2)],
    descriptor: whole.descriptors.subarray(24 * n, 24 * n + 24),
  }));
  for (let n = 0; n < half.count; n++) {
    expected.push({
      score: half.scores[n],
      point: [...half.keypoints.subarray(2 * n, 2 * n + 2)].map((value) => 2 * value + 0.5),
      descriptor: half.descriptors.subarray(24 * n, 24 * n + 24),
    });
  }
  expected.sort((a, b) => b.score - a.score);
  for (const [n, { score, point, descriptor }] of expected.entries()) {
    assert.equal(both.scores[n], score);
    for (const axis of [0, 1]) assert.ok(Math.abs(both.keypoints[2 * n + axis] - point[axis]) < 1e-4);
    assertClose(both.descriptors.subarray(24 * n, 24 * n + 24), descriptor, 1e-4);
  }
  const best = await superpoint.detect(image, { maxKeypoints: 20 });
  assert.equal(best.count, 20);
  assert.deepEqual(best.scores, both.scores.slice(0, 20));
  assert.deepEqual(best.descriptors, both.descriptors.slice(0, 20 * 24));
});

test('sizes above the picture and odd fractions of it keep keypoints on the picture', async () => {
  const image = randomImage(37, 61);
  for (const scales of [[2], [0.4, 1.7], [1, 0.01]]) {
    const { count, keypoints } = await superpoint.detect(image, { scales, borderMargin: 0 });
    assert.ok(count > 0);
    for (let n = 0; n < count; n++) {
      const [x, y] = keypoints.subarray(2 * n, 2 * n + 2);
      assert.ok(x >= -0.5 && x <= 36.5 && y >= -0.5 && y <= 60.5, `(${x}, ${y})`);
    }
  }
});

test('sizes that are none, or too small for the network alone, are refused', async () => {
  const image = randomImage(40, 40);
  for (const scales of [[], [0], [1, -1], [Number.NaN], [Number.POSITIVE_INFINITY]]) {
    await assert.rejects(superpoint.detect(image, { scales }), /scales to be one or more factors above 0/);
  }
  await assert.rejects(superpoint.detect(image, { scales: [0.1] }), /at least 8x8 pixels, got 4x4/);
});

test('maxKeypoints keeps the best', async () => {
  const image = randomImage(96, 80);
  const all = await superpoint.detect(image);
  const best = await superpoint.detect(image, { maxKeypoints: 5 });
  assert.equal(best.count, 5);
  assert.deepEqual(best.keypoints, all.keypoints.slice(0, 10));
  assert.deepEqual(best.descriptors, all.descriptors.slice(0, 5 * 24));
});

test('many pictures come in order, one by one', async () => {
  const images = [
    [40, 40],
    [16, 80],
    [64, 24],
    [8, 8],
  ].map(([w, h]) => randomImage(w, h));
  let n = 0;
  for await (const features of superpoint.detectAll(images)) {
    assert.deepEqual(features, await superpoint.detect(images[n++]));
  }
  assert.equal(n, 4);
});

test('a failure among many comes after the pictures before it', async () => {
  const tooSmall = [randomImage(40, 40), randomImage(24, 24), randomImage(5, 5), randomImage(40, 40)];
  async function* broken() {
    yield tooSmall[0];
    yield tooSmall[1];
    throw new Error('disk on fire');
  }
  for (const [images, message] of [
    [tooSmall, /at least 8x8 pixels, got 5x5/],
    [broken(), /disk on fire/],
  ] as const) {
    const widths: number[] = [];
    await assert.rejects(async () => {
      for await (const { width } of superpoint.detectAll(images)) widths.push(width);
    }, message);
    assert.deepEqual(widths, [40, 24]);
  }
});

test('MagicPoint detects without descriptors', async () => {
  const magicpoint = await SuperPoint.load({ model: narrowWeights(0) });
  const features = await magicpoint.detect(randomImage(64, 64));
  assert.ok(features.count > 0);
  assert.equal(features.descriptorDim, 0);
  assert.equal(features.descriptors.length, 0);
  await magicpoint.dispose();
});

test('weights load from a file, its URL and its bytes, and so does the ONNX model', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'superpoint-'));
  try {
    const image = randomImage(48, 48);
    const expected = await superpoint.detect(image);
    const path = join(folder, 'tiny.safetensors');
    const tensors = Object.entries(weights).map(([name, { dims, data }]) => [
      name,
      { dims: [...dims], data },
    ]);
    const bytes = encodeSafetensors(Object.fromEntries(tensors));
    await writeFile(path, bytes);
    for (const model of [
      path,
      new URL(`file://${path}`),
      bytes,
      new Blob([new Uint8Array(bytes)]),
      inferenceModel(weights),
    ]) {
      const loaded = await SuperPoint.load({ model, threads: 1 });
      assert.deepEqual(await loaded.detect(image), expected);
      await loaded.dispose();
    }
    await writeFile(path, bytes.subarray(0, 3000));
    await assert.rejects(SuperPoint.load({ model: path }), (error: Error) => {
      assert.match(error.message, /tiny\.safetensors: .*truncated/);
      return !error.message.includes('\n');
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('what is no model is refused in a line', async () => {
  const refused = (model: Uint8Array | string, message: RegExp) =>
    assert.rejects(SuperPoint.load({ model }), (error: Error) => {
      assert.match(error.message, message);
      return !error.message.includes('\n');
    });
  await refused('/no/such/folder/x.safetensors', /x\.safetensors: no such file/);
  await refused(new Uint8Array(), /model: /);
  await refused(new TextEncoder().encode('<html><body>404</body></html>'), /model: /);
  await refused(new Uint8Array(64).fill(8), /model: /);
  await refused(encodeSafetensors({ a: { dims: [1], data: Float32Array.of(1) } }), /model: .*conv1a\.weight/);
  // @ts-expect-error a caller without types
  await assert.rejects(SuperPoint.load({ model: weights, device: 'npu' }), /npu/);
  await assert.rejects(SuperPoint.load({ model: weights, threads: 0 }), /threads .* got 0/);
  // @ts-expect-error a caller without types
  await assert.rejects(SuperPoint.load('superpoint-tiny'), /TypeError: expected options .*, got a String/);
});

test('pictures and options that cannot be are refused', async () => {
  const image = randomImage(32, 32);
  await assert.rejects(superpoint.detect(randomImage(7, 30)), /at least 8x8 pixels, got 7x30/);
  await assert.rejects(superpoint.detect(randomImage(400, 10), { resize: 100 }), /got 100x3/);
  await assert.rejects(superpoint.detect({ ...image, data: image.data.map((v) => 255 * v) }), /in \[0, 1\]/);
  await assert.rejects(superpoint.detect({ ...image, data: image.data.map(() => Number.NaN) }), /got NaN/);
  await assert.rejects(superpoint.detect({ ...image, width: 31 }), /expected 992 values/);
  await assert.rejects(superpoint.detect(image, { resize: Number.NaN }), /resize/);
  await assert.rejects(superpoint.detect(image, { maxKeypoints: -1 }), /maxKeypoints/);
});

test('after dispose nothing is detected', async () => {
  const other = await SuperPoint.load({ model: weights });
  const running = other.detect(randomImage(64, 64));
  await other.dispose();
  await other.dispose();
  assert.ok((await running).count > 0);
  await assert.rejects(other.detect(randomImage(64, 64)), /disposed/);
});
