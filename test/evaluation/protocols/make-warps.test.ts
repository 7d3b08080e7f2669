import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type Kind, SWEEPS } from '../../../src/evaluation/protocols/category.js';
import { makeWarps } from '../../../src/evaluation/protocols/make-warps.js';
import { readSequenceImage, readSequences } from '../../../src/evaluation/protocols/sequences.js';
import { warpPoints } from '../../../src/geometry/homography.js';
import { encodePng } from '../../../src/image/codec.js';
import { warpImage, warpMask } from '../../../src/image/warp-image.js';
import { assertClose } from '../../assert-close.js';
import { clutter } from '../scenes.js';

suite('pairs from photographs', () => {
  let folder = '';
  const photos = ['a/one.png', 'a/two.png', 'broken.jpg'];
  const kinds: Kind[] = ['mixed', 'rotation', 'scale'];
  const make = (name: string, seed = 1, made = kinds) =>
    makeWarps(join(folder, 'photos'), photos, join(folder, name), { seed, count: 3, kinds: made });
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-warps-'));
    await mkdir(join(folder, 'photos/a'), { recursive: true });
    await writeFile(join(folder, 'photos/a/one.png'), await encodePng(clutter('one', 480, 360)));
    await writeFile(join(folder, 'photos/a/two.png'), await encodePng(clutter('two', 260, 400)));
    await writeFile(join(folder, 'photos/broken.jpg'), 'not a picture');
    await make('pairs');
  });
  after(() => rm(folder, { recursive: true }));

  test('are whole sequences, upright photographs upright; the unreadable photograph is named', async () => {
    const { sequences } = await readSequences(join(folder, 'pairs'));
    assert.deepEqual(
      sequences.map(({ name, images }) => [name, images[0].width, images[0].height]),
      [
        ['a--one', 320, 240],
        ['a--two', 240, 320],
      ],
    );
    const { skipped } = await make('pairs');
    assert.deepEqual(
      skipped.map(({ name }) => name),
      ['broken.jpg'],
    );
  });

  test('show the photograph where the homography says', async () => {
    const set = await readSequences(join(folder, 'pairs'));
    const [{ images }] = set.sequences;
    const first = await readSequenceImage(set.folder, images[0]);
    for (const image of images.slice(1)) {
      const { category } = image;
      if (category.kind !== 'rotation' && !(category.kind === 'scale' && category.factor === 1.4)) continue;
      const view = await readSequenceImage(set.folder, image);
      const predicted = warpImage(first, image.H_1toThis, view.width, view.height);
      const mask = warpMask(first.width, first.height, image.H_1toThis, view.width, view.height, 3);
      let [difference, count] = [0, 0];
      for (let n = 0; n < mask.length; n++) {
        difference += mask[n] * Math.abs(view.data[n] - predicted.data[n]);
        count += mask[n];
      }
      assert.ok(count > 20_000);
      assert.ok(difference / count < 0.03, `${JSON.stringify(category)}: ${difference / count}`);
    }
  });

  test('sweep rotation and scale about the centre, apart from each other', async () => {
    const { sequences } = await readSequences(join(folder, 'pairs'));
    const [{ images }] = sequences;
    const categories = images.slice(1).map(({ category }) => category);
    assert.deepEqual(categories, [...SWEEPS.mixed.steps, ...SWEEPS.rotation.steps, ...SWEEPS.scale.steps]);
    const centre = [159.5, 119.5];
    for (const { category, H_1toThis } of images.slice(5)) {
      assertClose(warpPoints(H_1toThis, centre), centre, 1e-9);
      const [x, y] = warpPoints(H_1toThis, [169.5, 119.5]);
      const turn = (Math.atan2(y - 119.5, x - 159.5) * 180) / Math.PI;
      const factor = Math.hypot(x - 159.5, y - 119.5) / 10;
      const degrees = category.kind === 'rotation' ? category.degrees : 0;
      assertClose([Math.abs(turn), factor], [degrees, category.kind === 'scale' ? category.factor : 1], 1e-6);
    }
  });

  test('change the picture in steps from one small change of view', async () => {
    await make('light', 1, ['jpeg', 'view', 'blur']);
    const { folder: at, sequences } = await readSequences(join(folder, 'light'));
    const [{ images }] = sequences;
    const steps = [...SWEEPS.view.steps, ...SWEEPS.blur.steps, ...SWEEPS.jpeg.steps];
    assert.deepEqual(
      images.slice(1).map(({ category }) => category),
      steps,
    );
    for (const { H_1toThis } of images.slice(2)) assert.deepEqual(H_1toThis, images[1].H_1toThis);
    const [view, ...changed] = await Promise.all(
      images.slice(1).map((image) => readSequenceImage(at, image)),
    );
    const differences = changed.map(({ data }) =>
      data.reduce((sum, value, n) => sum + Math.abs(value - view.data[n]), 0),
    );
    const blurs = differences.slice(0, SWEEPS.blur.steps.length);
    const losses = differences.slice(SWEEPS.blur.steps.length);
    for (const growing of [blurs, losses]) {
      assert.ok(growing[0] > 0);
      assert.deepEqual(
        growing,
        growing.toSorted((a, b) => a - b),
      );
    }
  });

  test('say nothing of what other kinds are made beside them', async () => {
    await make('alone', 1, ['scale']);
    assert.deepEqual(
      await readFile(join(folder, 'alone/a--one/2.png')),
      await readFile(join(folder, `pairs/a--one/${2 + 4 + 8}.png`)),
    );
  });

  test('of photographs of one name stand apart', async () => {
    await writeFile(join(folder, 'photos/a--one.jpg'), await encodePng(clutter('three', 260, 200)));
    const settings = { seed: 1, count: 3, kinds: ['view'], shortSide: 96 } as const;
    const names = ['a/one.png', 'a--one.jpg', 'a/two.png'];
    await makeWarps(join(folder, 'photos'), names, join(folder, 'twins'), settings);
    const { folder: at, sequences } = await readSequences(join(folder, 'twins'));
    assert.equal(sequences.length, 3);
    assert.ok(sequences.some(({ name }) => name === 'a--two'));
    const twins = sequences.filter(({ name }) => name.startsWith('a--one-'));
    const [one, other] = await Promise.all(twins.map(({ images }) => readSequenceImage(at, images[1])));
    assert.notDeepEqual(one.data, other.data);
    assert.ok(twins.every(({ images }) => images[1].category.kind === 'view'));
  });

  test('are of the size asked for', async () => {
    const settings = { seed: 1, count: 3, kinds: ['scale'], shortSide: 96 } as const;
    await makeWarps(join(folder, 'photos'), photos, join(folder, 'small'), settings);
    const { sequences } = await readSequences(join(folder, 'small'));
    const [wide, upright] = sequences.map(({ images }) => images);
    assert.deepEqual([wide[1].width, wide[1].height], [128, 96]);
    assert.deepEqual([upright[1].width, upright[1].height], [96, 128]);
    assertClose(warpPoints(wide[1].H_1toThis, [63.5, 47.5]), [63.5, 47.5], 1e-9);
  });

  test('take the place of those made before from something else', async () => {
    await make('replaced', 1, ['rotation']);
    await make('replaced', 1, ['mixed']);
    const { sequences } = await readSequences(join(folder, 'replaced'));
    assert.deepEqual(
      sequences[0].images.slice(1).map(({ category }) => category),
      SWEEPS.mixed.steps,
    );
  });

  test('are the same for the same seed, and left as they are', async () => {
    const path = join(folder, 'pairs/a--one/3.png');
    const { mtimeMs } = await stat(path);
    await make('pairs');
    assert.equal((await stat(path)).mtimeMs, mtimeMs);
    await make('again');
    await make('other', 2);
    const read = (name: string) => readFile(join(folder, name, 'a--one/3.png'));
    assert.deepEqual(await read('again'), await read('pairs'));
    assert.notDeepEqual(await read('other'), await read('pairs'));
  });
});
