import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PAIR_HOMOGRAPHIES } from '../../src/geometry/sample-homography.js';
import { encodePng } from '../../src/image/codec.js';
import { grayImage } from '../../src/image/image.js';
import { Random } from '../../src/random.js';
import { makePairBatch } from '../../src/training/pair-batches.js';
import { type PairBatchSettings, warpCells } from '../../src/training/pairs.js';
import { makePhotoBatch, type PhotoBatchSettings } from '../../src/training/photo-batches.js';
import { openPhotoStore, type PhotoStore, photoKeypoints } from '../../src/training/photo-store.js';
import { photosOfStep, sampleCrop } from '../../src/training/photo-views.js';
import { makeSyntheticBatch } from '../../src/training/synthetic-batches.js';
import { CENTRES, spotLabels, spots } from './spots.js';

/** Centre of brightness of what lies within `reach` pixels of a place, or undefined where it is dark. */
function centroid(data: Float32Array, width: number, height: number, x: number, y: number, reach: number) {
  let sum = 0;
  let sumX = 0;
  let sumY = 0;
  for (let v = Math.max(0, Math.round(y) - reach); v <= Math.min(height - 1, Math.round(y) + reach); v++) {
    for (let u = Math.max(0, Math.round(x) - reach); u <= Math.min(width - 1, Math.round(x) + reach); u++) {
      sum += data[v * width + u];
      sumX += u * data[v * width + u];
      sumY += v * data[v * width + u];
    }
  }
  return sum > 4 ? { x: sumX / sum, y: sumY / sum } : undefined;
}

/** The points that one-hot targets of a batch's picture name. */
function targetPoints(
  targets: Float32Array,
  width: number,
  height: number,
  index: number,
): [number, number][] {
  const cells = (width * height) / 64;
  const points: [number, number][] = [];
  for (let k = 0; k < 64; k++) {
    for (let cell = 0; cell < cells; cell++) {
      if (targets[(index * 65 + k) * cells + cell] === 0) continue;
      points.push([8 * (cell % (width / 8)) + (k % 8), 8 * Math.floor(cell / (width / 8)) + (k >> 3)]);
    }
  }
  return points;
}

let folder: string;
let store: PhotoStore;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'photos-'));
  for (const { file } of spotLabels)
    await writeFile(join(folder, file), await encodePng(spots(240, 220, CENTRES)));
  store = await openPhotoStore(folder, spotLabels);
});
after(() => rm(folder, { recursive: true }));

const pairs: PairBatchSettings = {
  seed: 5,
  width: 160,
  height: 120,
  batch: 3,
  targets: 'one',
  cropScale: [0.6, 1],
  photometry: null,
  homographies: PAIR_HOMOGRAPHIES,
  warpedViews: 'second',
  descriptorLoss: { kind: 'hinge' },
};

test('a synthetic batch is a function of its settings and step', () => {
  const settings = { seed: 3, width: 64, height: 48, batch: 3, targets: 'soft' } as const;
  const later = makeSyntheticBatch(settings, 4);
  makeSyntheticBatch(settings, 0);
  assert.deepEqual(makeSyntheticBatch(settings, 4), later);
  assert.notDeepEqual(makeSyntheticBatch(settings, 5).images, later.images);
  assert.equal(later.images.length, 3 * 64 * 48);
  assert.equal(later.targets.length, 3 * 65 * 48);
  assert.equal(later.masks.length, 3 * 48);
});

test('synthetic pictures do not depend on how they are cut into batches', () => {
  const settings = { seed: 3, width: 64, height: 48, targets: 'one' } as const;
  const whole = makeSyntheticBatch({ ...settings, batch: 4 }, 1);
  const half = makeSyntheticBatch({ ...settings, batch: 2 }, 3);
  assert.deepEqual(half.images, whole.images.slice(2 * 64 * 48));
  assert.deepEqual(half.targets, whole.targets.slice(2 * 65 * 48));
});

test('each epoch visits every photograph once, in another order, whatever the batch', () => {
  const visits = [0, 1, 2, 3, 4].flatMap((step) => photosOfStep(9, 10, step, 4));
  assert.deepEqual(visits.slice(0, 10).sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(visits.slice(10).sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.notDeepEqual(visits.slice(0, 10), visits.slice(10));
  assert.deepEqual(photosOfStep(9, 10, 0, 20), visits);
});

test('a crop lies inside the photograph and is scaled alike both ways', () => {
  const random = new Random('crop');
  for (const [width, height] of [
    [200, 180],
    [100, 90],
    [480, 321],
    [130, 600],
  ]) {
    for (let draw = 0; draw < 50; draw++) {
      const H = sampleCrop(random, grayImage(width, height), { ...pairs, cropScale: [0.3, 1.2] });
      assert.equal(H[0], H[4]);
      const [left, top] = [(-0.5 - H[2]) / H[0], (-0.5 - H[5]) / H[4]];
      const [right, bottom] = [(159.5 - H[2]) / H[0], (119.5 - H[5]) / H[4]];
      const inside = left >= -0.501 && top >= -0.501 && right <= width - 0.499 && bottom <= height - 0.499;
      assert.ok(inside, `${width}x${height}: ${[left, top, right, bottom]}`);
    }
  }
});

for (const warpedViews of ['second', 'both'] as const) {
  test(`targets of both views lie on the spots they label (${warpedViews} warped)`, async () => {
    let checked = 0;
    for (let step = 0; step < 8; step++) {
      const batch = await makePairBatch({ ...pairs, warpedViews }, step, store);
      const size = 160 * 120;
      for (const [images, targets] of [
        [batch.view0.images, batch.view0.targets],
        [batch.view1.images, batch.view1.targets],
      ]) {
        for (let i = 0; i < batch.count; i++) {
          const view = images.subarray(i * size, (i + 1) * size);
          for (const [x, y] of targetPoints(targets, 160, 120, i)) {
            if (x < 12 || y < 12 || x > 147 || y > 107) continue; // a spot cut off has another centroid
            const found = centroid(view, 160, 120, x, y, 8);
            assert.ok(found, `view ${i} of step ${step} is dark at ${x}, ${y}`);
            // the target is rounded (0.5 each way), and perspective moves a spot's centroid a little
            assert.ok(
              Math.abs(found.x - x) < 0.9 && Math.abs(found.y - y) < 0.9,
              `${x}, ${y} against ${found.x}, ${found.y}`,
            );
            checked++;
          }
        }
      }
    }
    assert.ok(checked > 100, `${checked} spots checked`);
  });
}

test('warped cells say where the centre of a cell of view 0 is seen in view 1', async () => {
  let checked = 0;
  for (let step = 0; step < 20; step++) {
    const batch = await makePairBatch({ ...pairs, warpedViews: 'both' }, step, store);
    const size = 160 * 120;
    for (let i = 0; i < batch.count; i++) {
      const view0 = batch.view0.images.subarray(i * size, (i + 1) * size);
      const view1 = batch.view1.images.subarray(i * size, (i + 1) * size);
      const cells = batch.warpedCells!.subarray(i * 600, (i + 1) * 600);
      for (const [x, y] of targetPoints(batch.view0.targets, 160, 120, i)) {
        const spot0 = x < 12 || y < 12 || x > 147 || y > 107 ? undefined : centroid(view0, 160, 120, x, y, 8);
        if (spot0 === undefined) continue;
        // bilinear between the four cells around the spot: exact but for perspective within 8 pixels
        const [u, v] = [(spot0.x - 3.5) / 8, (spot0.y - 3.5) / 8];
        const [column, row] = [Math.floor(u), Math.floor(v)];
        const corner = (dx: number, dy: number, axis: number) =>
          cells[2 * ((row + dy) * 20 + column + dx) + axis];
        const at = (axis: number) =>
          (1 - (v - row)) * ((1 - (u - column)) * corner(0, 0, axis) + (u - column) * corner(1, 0, axis)) +
          (v - row) * ((1 - (u - column)) * corner(0, 1, axis) + (u - column) * corner(1, 1, axis));
        const [x1, y1] = [at(0), at(1)];
        if (!(x1 > 12 && y1 > 12 && x1 < 147 && y1 < 107)) continue;
        const spot1 = centroid(view1, 160, 120, x1, y1, 8);
        assert.ok(spot1, `view 1 is dark at ${x1}, ${y1}`);
        assert.ok(
          Math.hypot(spot1.x - x1, spot1.y - y1) < 0.5,
          `${x1}, ${y1} against ${spot1.x}, ${spot1.y}`,
        );
        checked++;
      }
    }
  }
  assert.ok(checked > 100, `${checked} spots checked`);
});

test('correspondences at keypoints lie on the spots of both views, to a part of a pixel', async () => {
  const settings = { ...pairs, warpedViews: 'both', descriptorLoss: { kind: 'dualSoftmax' } } as const;
  const errors: number[] = [];
  for (let step = 0; step < 8; step++) {
    const { count, view0, view1, correspondences } = await makePairBatch(settings, step, store);
    const sides = [
      { images: view0.images, ...correspondences!.view0 },
      { images: view1.images, ...correspondences!.view1 },
    ];
    for (const { images, points, present } of sides) {
      for (let place = 0; place < count * 300; place++) {
        if (correspondences!.isKeypoint[place] * present[place] === 0) continue;
        const [x, y] = points.subarray(2 * place, 2 * place + 2);
        if (x < 12 || y < 12 || x > 147 || y > 107) continue;
        const picture = Math.floor(place / 300);
        const view = images.subarray(picture * 19200, (picture + 1) * 19200);
        const found = centroid(view, 160, 120, x, y, 8);
        assert.ok(found, `picture ${picture} of step ${step} is dark at ${x}, ${y}`);
        errors.push(Math.hypot(found.x - x, found.y - y));
      }
    }
  }
  assert.ok(errors.length > 100, `${errors.length} spots checked`);
  errors.sort((a, b) => a - b);
  // Whole pixels would be off by 0.38 in the middle.
  assert.ok(errors[errors.length >> 1] < 0.15, `median ${errors[errors.length >> 1]}`);
});

test('the loss decides what is made for the descriptor, not what the views show', async () => {
  const softmax = await makePairBatch({ ...pairs, descriptorLoss: { kind: 'dualSoftmax' } }, 3, store);
  const hinge = await makePairBatch(pairs, 3, store);
  assert.deepEqual([softmax.view0, softmax.view1], [hinge.view0, hinge.view1]);
  assert.deepEqual([softmax.warpedCells, hinge.correspondences], [undefined, undefined]);
});

test('cell centres follow the homography, and behind the horizon they are sent far away', () => {
  const shift = warpCells(Float64Array.of(1, 0, 5, 0, 1, -2, 0, 0, 1), 16, 8);
  assert.deepEqual(shift, Float32Array.of(8.5, 1.5, 16.5, 1.5));
  const horizon = warpCells(Float64Array.of(1, 0, 0, 0, 1, 0, -0.1, 0, 1), 16, 8);
  assert.ok(Math.abs(horizon[0] - 3.5 / 0.65) < 1e-5);
  assert.deepEqual(horizon.slice(2), Float32Array.of(-1e6, -1e6));
});

test('a higher demand gives pairs that overlap more', async () => {
  const meanOverlap = async (minOverlap: number) => {
    let inside = 0;
    for (let step = 0; step < 10; step++) {
      const batch = await makePairBatch({ ...pairs, warpedViews: 'both', minOverlap }, step, store);
      const warpedCells = batch.warpedCells!;
      for (let at = 0; at < warpedCells.length; at += 2) {
        const [x, y] = [warpedCells[at], warpedCells[at + 1]];
        if (x >= -0.5 && y >= -0.5 && x < 159.5 && y < 119.5) inside++;
      }
    }
    return inside / (10 * 3 * 300);
  };
  assert.ok((await meanOverlap(1)) > (await meanOverlap(0)) + 0.1);
});

test('mild pairs turn no further than the default, the others as far as the recipe says', async () => {
  const turnsBeyondDefault = async (mildPairs: number) => {
    const homographies = { ...PAIR_HOMOGRAPHIES, rotation: Math.PI };
    let far = 0;
    for (let step = 0; step < 10; step++) {
      const { H_0to1 } = await makePairBatch(
        { ...pairs, homographies, mildPairs, minOverlap: 0 },
        step,
        store,
      );
      for (let pair = 0; pair < H_0to1.length; pair += 9) {
        const [turned, a] = [H_0to1[pair + 3] - H_0to1[pair + 1], H_0to1[pair] + H_0to1[pair + 4]];
        if (Math.abs(Math.atan2(turned, a)) > 1.2 * PAIR_HOMOGRAPHIES.rotation) far++;
      }
    }
    return far;
  };
  const [none, half, all] = [
    await turnsBeyondDefault(0),
    await turnsBeyondDefault(0.5),
    await turnsBeyondDefault(1),
  ];
  assert.equal(all, 0);
  assert.ok(half > 0 && half < none, `${half} of 30 pairs far, ${none} without mild ones`);
});

test('pairs overlap enough, and the mask marks what lies outside the photograph', async () => {
  let masked = 0;
  for (let step = 0; step < 20; step++) {
    const batch = await makePairBatch(
      { ...pairs, homographies: { ...PAIR_HOMOGRAPHIES, rotation: Math.PI } },
      step,
      store,
    );
    for (let i = 0; i < batch.count; i++) {
      let inside = 0;
      for (let at = 600 * i; at < 600 * (i + 1); at += 2) {
        const [x, y] = [batch.warpedCells![at], batch.warpedCells![at + 1]];
        if (x >= -0.5 && y >= -0.5 && x < 159.5 && y < 119.5) inside++;
      }
      assert.ok(inside >= 0.4 * 300, `only ${inside} cells of 300 overlap`);
    }
    assert.ok(batch.view0.masks.every((value) => value === 0 || value === 1));
    masked += batch.view1.masks.filter((value) => value === 0).length;
  }
  assert.ok(masked > 0, 'no cell of sixty warped views lies outside the photograph');
});

test('the upright crop counts as a whole, also where it ends with the photograph', async () => {
  for (const cropScale of [
    [0.01, 0.01],
    [1, 1],
  ] as const) {
    const batch = await makePairBatch({ ...pairs, cropScale }, 0, store);
    assert.ok(batch.view0.masks.every((value) => value === 1));
  }
});

test('both views of a pair are changed photometrically, each in its own way', async () => {
  const photometry = {
    brightness: 0.2,
    contrast: [0.5, 1.5],
    noise: [0.01, 0.02],
    speckle: [0, 0],
    shade: { ellipses: 0, transparency: [0, 0], blur: [100, 150] },
    motionBlur: 1,
  } as const;
  const plain = await makePairBatch(pairs, 2, store);
  const changed = await makePairBatch({ ...pairs, photometry }, 2, store);
  const differences = (a: Float32Array, b: Float32Array) => a.map((value, i) => value - b[i]);
  const change0 = differences(changed.view0.images, plain.view0.images);
  const change1 = differences(changed.view1.images, plain.view1.images);
  assert.ok(
    change0.some((value) => Math.abs(value) > 0.02) && change1.some((value) => Math.abs(value) > 0.02),
  );
  assert.notDeepEqual(change0, change1);
  assert.deepEqual(changed.warpedCells, plain.warpedCells);
});

test('a batch of photographs holds their labels, those of a high enough score', async () => {
  const settings: PhotoBatchSettings = { ...pairs, cropScale: [0.01, 0.01], homographies: null };
  const all = await makePhotoBatch(settings, 0, store);
  assert.deepEqual(await makePhotoBatch(settings, 0, store), all);
  const points = targetPoints(all.targets, 160, 120, 0);
  // 240x220 shrinks to 160 wide, 146.7 high: the crop shows 120 of these, so at least the middle row
  assert.ok(points.length >= 3 && points.length <= 9, `${points.length} points`);
  const best = await makePhotoBatch({ ...settings, minScore: 0.85 }, 0, store);
  assert.ok(targetPoints(best.targets, 160, 120, 0).length <= 1);
  assert.deepEqual(photoKeypoints(store, 0, 0.85), [185, 165]);
  assert.deepEqual(best.images, all.images);
});
