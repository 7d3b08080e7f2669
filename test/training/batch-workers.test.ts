import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PAIR_HOMOGRAPHIES } from '../../src/geometry/sample-homography.js';
import { encodePng } from '../../src/image/codec.js';
import { grayImage } from '../../src/image/image.js';
import { PHOTO_PHOTOMETRY } from '../../src/image/photometric.js';
import { Random } from '../../src/random.js';
import type { PairBatchSpec, SyntheticBatchSpec } from '../../src/training/batch-source.js';
import { openBatches } from '../../src/training/batch-workers.js';
import { openPhotoStore } from '../../src/training/photo-store.js';

const shapes: SyntheticBatchSpec = {
  kind: 'synthetic',
  settings: { seed: 11, width: 64, height: 48, batch: 2, targets: 'one' },
};

async function take<T>(stream: AsyncIterable<T>, count: number): Promise<T[]> {
  const batches: T[] = [];
  for await (const batch of stream) {
    batches.push(batch);
    if (batches.length === count) break;
  }
  return batches;
}

test('batches and their order do not depend on the number of workers', async () => {
  const inline = await take(openBatches(shapes, { workers: 0 }), 7);
  for (const workers of [1, 3]) {
    assert.deepEqual(await take(openBatches(shapes, { workers, ahead: 4 }), 7), inline);
  }
  const resumed = await take(openBatches(shapes, { workers: 2, firstStep: 5 }), 2);
  assert.deepEqual(resumed, inline.slice(5));
});

test('workers share one store of photographs and give the same pairs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'workers-'));
  try {
    const random = new Random(1);
    const image = grayImage(
      120,
      100,
      Float32Array.from({ length: 12000 }, () => random.uniform()),
    );
    await writeFile(join(folder, 'a.png'), await encodePng(image));
    const label = { file: 'a.png', width: 120, height: 100 };
    const points = { keypoints: Float32Array.of(50, 50, 70, 30), scores: Float32Array.of(1, 1) };
    const spec: PairBatchSpec = {
      kind: 'pairs',
      store: await openPhotoStore(folder, [{ ...label, ...points }]),
      settings: {
        seed: 1,
        width: 64,
        height: 64,
        batch: 2,
        targets: 'soft',
        cropScale: [0.5, 1],
        photometry: PHOTO_PHOTOMETRY,
        homographies: PAIR_HOMOGRAPHIES,
        descriptorLoss: { kind: 'dualSoftmax' },
      },
    };
    const threaded = await take(openBatches(spec, { workers: 2 }), 4);
    assert.equal(spec.store.decoded[0], 1, 'what a worker decoded is seen here');
    assert.deepEqual(await take(openBatches(spec, { workers: 0 }), 4), threaded);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('an error in a worker arrives with its name and message and ends the sequence', async () => {
  const bad = { ...shapes, settings: { ...shapes.settings, width: 60 } };
  for (const workers of [0, 2]) {
    const stream = openBatches(bad, { workers });
    await assert.rejects(stream.next(), {
      name: 'RangeError',
      message: 'expected a width and height divisible by 8, got 60x48',
    });
    assert.equal((await stream.next()).done, true);
    await stream.close();
  }
});

test('calls made ahead are answered in order, and closing ends those under way', async () => {
  const stream = openBatches(shapes, { workers: 2, ahead: 2 });
  const [inline] = await take(openBatches(shapes, { workers: 0, firstStep: 3 }), 1);
  const results = await Promise.all([0, 1, 2, 3].map(() => stream.next()));
  assert.deepEqual(results[3].value, inline);
  // Two batches may be ready by now: what is asked for beyond them has yet to be made.
  const asked = [0, 1, 2, 3].map(() => stream.next());
  await stream.close();
  const ended = (await Promise.all(asked)).map(({ done }) => done);
  assert.deepEqual(ended.slice(2), [true, true]);
  assert.equal((await stream.next()).done, true);
  await stream.close();
});

test('numbers that make no sense are refused', () => {
  assert.throws(() => openBatches(shapes, { workers: -1 }), /expected workers .* at least 0, got -1/);
  assert.throws(() => openBatches(shapes, { firstStep: 0.5 }), /expected firstStep .* got 0\.5/);
  assert.throws(() => openBatches(shapes, { ahead: 0 }), RangeError);
});
