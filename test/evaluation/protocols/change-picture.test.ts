import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Change, KINDS, SWEEPS } from '../../../src/evaluation/protocols/category.js';
import { changePicture, isPictureChange } from '../../../src/evaluation/protocols/change-picture.js';
import { type GrayImage, grayImage } from '../../../src/image/image.js';
import { Random } from '../../../src/random.js';
import { assertClose } from '../../assert-close.js';
import { clutter } from '../scenes.js';

const flat = (value: number) => grayImage(64, 48, new Float32Array(64 * 48).fill(value));

function change(image: GrayImage, step: Change, seed = 1): Promise<GrayImage> {
  assert.ok(isPictureChange(step));
  return changePicture(image, step, new Random(seed));
}

function meanOf({ data }: GrayImage): number {
  return data.reduce((sum, value) => sum + value, 0) / data.length;
}

function deviationOf(image: GrayImage): number {
  const mean = meanOf(image);
  return Math.sqrt(image.data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / image.data.length);
}

suite('changes of a picture', () => {
  test('keep its size and the range of its values, leave it as it was, and follow the seed', async () => {
    const image = clutter('changes', 64, 48);
    const before = image.data.slice();
    for (const step of KINDS.flatMap((kind): readonly Change[] => SWEEPS[kind].steps).filter(
      isPictureChange,
    )) {
      const changed = await change(image, step);
      assert.deepEqual([changed.width, changed.height], [64, 48]);
      assert.ok(changed.data.every((value) => value >= 0 && value <= 1));
      assert.notDeepEqual(changed.data, before);
      assert.deepEqual(await change(image, step), changed);
    }
    assert.deepEqual(image.data, before);
  });

  test('move a point along a line of the length given', async () => {
    const point = grayImage(41, 41);
    point.data[20 * 41 + 20] = 1;
    const { data } = await change(point, { kind: 'motion', length: 9 });
    assertClose([data.reduce((sum, value) => sum + value)], [1], 1e-5);
    let moment = 0;
    for (let n = 0; n < data.length; n++) {
      moment += data[n] * (((n % 41) - 20) ** 2 + (Math.floor(n / 41) - 20) ** 2);
    }
    // Of an even line the variance is a twelfth of its square; interpolation adds at most half a pixel.
    assert.ok(moment > 80 / 12 - 1e-4 && moment < 81 / 12 + 0.5, String(moment));
  });

  test('darken, brighten and spoil by the stated amounts', async () => {
    assertClose([meanOf(await change(flat(0.25), { kind: 'gamma', gamma: 0.5 }))], [0.5], 1e-6);
    const shadow = await change(flat(0.8), { kind: 'shadow', light: 0.4 });
    assertClose([Math.min(...shadow.data), Math.max(...shadow.data)], [0.32, 0.8], 1e-4);
    const glare = await change(flat(0.2), { kind: 'glare', strength: 0.5 });
    assertClose([Math.max(...glare.data)], [0.7], 2e-3);
    const noise = await change(flat(0.5), { kind: 'noise', deviation: 10 });
    assertClose([meanOf(noise), 255 * deviationOf(noise)], [0.5, 10], 0.4);
    const dark = await change(flat(1), { kind: 'dark', gain: 0.5, deviation: 10 });
    assertClose([meanOf(dark), 255 * deviationOf(dark)], [0.5, 10], 0.4);
  });

  test('lose what is finer than the lower resolution', async () => {
    const stripes = flat(0);
    for (let n = 0; n < stripes.data.length; n += 2) stripes.data[n] = 1;
    const { data } = await change(stripes, { kind: 'resolution', factor: 4 });
    assert.ok(data.every((value) => Math.abs(value - 0.5) < 1e-6));
  });

  test('write JPEG the coarser, the lower its quality', async () => {
    const image = clutter('jpeg', 128, 96);
    const loss = async (quality: number) => {
      const { data } = await change(image, { kind: 'jpeg', quality });
      return data.reduce((sum, value, n) => sum + (value - image.data[n]) ** 2, 0);
    };
    assert.ok((await loss(10)) > 1.5 * (await loss(40)));
  });
});
