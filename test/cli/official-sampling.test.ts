import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { decodeSafetensors, encodeSafetensors, type SafetensorsFile } from '../../src/files/safetensors.js';
import { decodeFeaturesSafetensors } from '../../src/formats/features-safetensors.js';
import { grayImage } from '../../src/image/image.js';
import { superpoint, writeImage } from './command.js';

/** Made by make-official-sampling.py beside it. */
const FIXTURE = fileURLToPath(
  new URL('../../../test/cli/fixtures/official-sampling.safetensors', import.meta.url),
);
const OFFICIAL = ['--scales', '1', '--no-subpixel', '--detection-threshold', '0.015'];

suite('weights of other programs', () => {
  let folder = '';
  let tensors: SafetensorsFile['tensors'] = {};
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-official-'));
    tensors = decodeSafetensors(await readFile(FIXTURE)).tensors;
    const weights = Object.entries(tensors).filter(([name]) => name.startsWith('weights.'));
    const named = Object.fromEntries(weights.map(([name, tensor]) => [name.slice(8), tensor]));
    await writeFile(join(folder, 'model.safetensors'), encodeSafetensors(named));
    const [height, width] = tensors.image.dims;
    const values = Float32Array.from(tensors.image.data as Float32Array, (value) => value / 255);
    await writeImage(join(folder, 'a.png'), grayImage(width, height, values));
  });
  after(() => rm(folder, { recursive: true }));

  async function detect(...options: string[]) {
    const args = ['--output', 'f.safetensors', '--format', 'safetensors', '--model', 'model.safetensors'];
    const { code, stderr } = await superpoint(folder, 'detect', 'a.png', ...args, ...options);
    assert.equal(code, 0, stderr);
    return decodeFeaturesSafetensors(await readFile(join(folder, 'f.safetensors')));
  }

  const furthest = (a: ArrayLike<number>, b: ArrayLike<number | bigint>) => {
    assert.equal(a.length, b.length);
    return Math.max(...Array.from(a, (value, i) => Math.abs(value - Number(b[i]))));
  };

  for (const grid of ['superglue', 'magicleap']) {
    test(`keypoints, scores and descriptors are those of the published steps, grid ${grid}`, async () => {
      const found = await detect(...OFFICIAL, '--interpolation', 'bilinear', '--sampling-grid', grid);
      assert.ok(found.count > 20);
      assert.equal(furthest(found.keypoints, tensors.keypoints.data), 0);
      assert.ok(furthest(found.scores, tensors.scores.data) < 2e-6);
      assert.ok(furthest(found.descriptors, tensors[`descriptors.${grid}`].data) < 5e-6);
    });
  }

  test('each of the options matters', async () => {
    const plain = await detect(...OFFICIAL);
    assert.ok(furthest(plain.descriptors, tensors['descriptors.superglue'].data) > 0.01);
    const smooth = await detect(...OFFICIAL, '--sampling-grid', 'superglue');
    assert.ok(furthest(smooth.descriptors, tensors['descriptors.superglue'].data) > 0.01);
  });
});
