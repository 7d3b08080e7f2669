import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileDigest } from '../../src/files/origin.js';
import { encodePng } from '../../src/image/codec.js';
import { photographsOfSize, selectPhotographs } from '../../src/training/photo-selection.js';
import {
  loadPhoto,
  openPhotoStore,
  type PhotoStore,
  photoStoreBytes,
} from '../../src/training/photo-store.js';
import { CENTRES, spotLabels as labels, spots } from './spots.js';

let folder: string;
let store: PhotoStore;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'photos-'));
  for (const { file } of labels)
    await writeFile(join(folder, file), await encodePng(spots(240, 220, CENTRES)));
  store = await openPhotoStore(folder, labels);
});
after(() => rm(folder, { recursive: true }));

test('a photograph is the same from memory, for the first time, and beyond the limit', async () => {
  const small = await openPhotoStore(folder, labels, { byteLimit: 240 * 220 });
  assert.equal(photoStoreBytes(small), 240 * 220 + 2 * 9 * 12);
  assert.deepEqual([...small.offsets], [0, -1]);
  const first = await loadPhoto(small, 0);
  assert.equal(small.decoded[0], 1);
  for (const image of [await loadPhoto(small, 0), await loadPhoto(small, 1), await loadPhoto(store, 1)]) {
    assert.deepEqual(image, first);
  }
});

test('a photograph that is edited while a run goes on is refused, whatever its size', async () => {
  const file = 'edited.png';
  await writeFile(join(folder, file), await encodePng(spots(240, 220, CENTRES)));
  const label = { ...labels[0], file, digest: await fileDigest(join(folder, file)) };
  for (const byteLimit of [0, 2 ** 20]) {
    await writeFile(join(folder, file), await encodePng(spots(240, 220, CENTRES)));
    const opened = await openPhotoStore(folder, [label], { byteLimit });
    await writeFile(join(folder, file), await encodePng(spots(240, 220, CENTRES.slice(4))));
    await assert.rejects(loadPhoto(opened, 0), {
      name: 'PhotographError',
      message: 'edited.png has changed since it was labelled; label it again',
    });
  }
});

test('photographs that are missing, broken or of another size are named', async () => {
  const absent = ['c.png', 'd.png', 'e.png', 'f.png'].map((file) => ({ ...labels[0], file }));
  await assert.rejects(openPhotoStore(folder, [...labels, ...absent]), {
    name: 'LabelsError',
    message: `the labels name 4 of 6 photographs that ${folder} does not hold: c.png, d.png, e.png, …`,
  });
  await assert.rejects(openPhotoStore(folder, []), /at least one photograph/);
  const resized = await openPhotoStore(folder, [{ ...labels[0], width: 241 }]);
  await assert.rejects(loadPhoto(resized, 0), /a\.png: expected 241x220 as in its labels, got 240x220/);
  await writeFile(join(folder, 'broken.png'), 'not a picture');
  const broken = await openPhotoStore(folder, [{ ...labels[0], file: 'broken.png' }]);
  await assert.rejects(loadPhoto(broken, 0), {
    name: 'ImageError',
    message: /broken\.png/,
  });
});

test('photographs that are too small by either side are left out, those that cannot be read are not', async () => {
  const sizes = { 'wide.pgm': [40, 12], 'tall.pgm': [24, 40], 'small.pgm': [20, 20], 'just.pgm': [32, 16] };
  for (const [name, [width, height]] of Object.entries(sizes)) {
    await writeFile(join(folder, name), `P5 ${width} ${height} 255\n${' '.repeat(width * height)}`);
  }
  await writeFile(join(folder, 'unread.pgm'), 'P5');
  const names = [...Object.keys(sizes), 'unread.pgm'];
  assert.deepEqual(await photographsOfSize(folder, names, [32, 16]), ['tall.pgm', 'just.pgm', 'unread.pgm']);
  assert.deepEqual(await photographsOfSize(folder, names, undefined), names);
});

test('photographs are split by their names alone', () => {
  const files = Array.from({ length: 1000 }, (_, i) => `scene/${i}.jpg`);
  const { training, heldBack } = selectPhotographs(files, { heldBack: 0.1 });
  assert.ok(Math.abs(heldBack.length - 100) < 30, `${heldBack.length} of 1000 held back`);
  assert.deepEqual([...training, ...heldBack].sort(), [...files].sort());
  const fewer = selectPhotographs(files.slice(0, 500), { heldBack: 0.1, maxPhotographs: 20 });
  assert.deepEqual(
    fewer.heldBack,
    heldBack.filter((file) => files.indexOf(file) < 500),
  );
  const more = selectPhotographs(files.slice(0, 500), { heldBack: 0.1, maxPhotographs: 40 });
  assert.equal(fewer.training.length, 20);
  assert.ok(fewer.training.every((file) => more.training.includes(file)));
});

test('a store reads faint photographs stretched where it is told to', async () => {
  const faint = spots(240, 220, CENTRES);
  for (let i = 0; i < faint.data.length; i++) faint.data[i] = 0.4 + 0.1 * faint.data[i];
  await writeFile(join(folder, 'faint.png'), await encodePng(faint));
  const label = [{ ...labels[0], file: 'faint.png' }];
  const spread = async (stretch: boolean) => {
    const { data } = await loadPhoto(await openPhotoStore(folder, label, { stretch }), 0);
    return Math.max(...data) - Math.min(...data);
  };
  assert.ok((await spread(false)) < 0.11);
  assert.ok((await spread(true)) > 0.99);
});
