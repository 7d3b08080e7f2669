import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { makeWarps, ROTATIONS, SCALES } from '../../src/evaluation/make-warps.js';
import { readSequenceImage, readSequences } from '../../src/evaluation/sequences.js';
import { warpPoints } from '../../src/geometry/homography.js';
import { encodePng } from '../../src/image/codec.js';
import { warpImage, warpMask } from '../../src/image/warp-image.js';
import { assertClose } from '../assert-close.js';
import { clutter } from './scenes.js';

suite('pairs from photographs', () => {
  let folder = '';
  const photos = ['a/one.png', 'a/two.png', 'broken.jpg'];
  const make = (name: string, seed = 1) =>
    makeWarps(join(folder, 'photos'), photos, join(folder, name), { seed, count: 3 });
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
    for (const image of images.slice(1).filter(({ category }) => /rotation|scale 1.4/.test(category))) {
      const view = await readSequenceImage(set.folder, image);
      const predicted = warpImage(first, image.H_1toThis, view.width, view.height);
      const mask = warpMask(first.width, first.height, image.H_1toThis, view.width, view.height, 3);
      let [difference, count] = [0, 0];
      for (let n = 0; n < mask.length; n++) {
        difference += mask[n] * Math.abs(view.data[n] - predicted.data[n]);
        count += mask[n];
      }
      assert.ok(count > 20_000);
      assert.ok(difference / count < 0.03, `${image.category}: ${difference / count}`);
    }
  });

  test('sweep rotation and scale about the centre, apart from each other', async () => {
    const { sequences } = await readSequences(join(folder, 'pairs'));
    const [{ images }] = sequences;
    const categories = images.slice(1).map(({ category }) => category);
    const swept = [...ROTATIONS.map((r) => `rotation ${r}°`), ...SCALES.map((s) => `scale ${s}`)];
    assert.deepEqual(categories, ['mild', 'moderate', 'strong', 'severe', ...swept]);
    const centre = [159.5, 119.5];
    for (const { category, H_1toThis } of images.slice(5)) {
      assertClose(warpPoints(H_1toThis, centre), centre, 1e-9);
      const [x, y] = warpPoints(H_1toThis, [169.5, 119.5]);
      const [kind, amount] = category.split(' ');
      const turn = (Math.atan2(y - 119.5, x - 159.5) * 180) / Math.PI;
      const factor = Math.hypot(x - 159.5, y - 119.5) / 10;
      const expected = kind === 'rotation' ? [Number.parseFloat(amount), 1] : [0, Number(amount)];
      assertClose([Math.abs(turn), factor], expected, 1e-6);
    }
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
