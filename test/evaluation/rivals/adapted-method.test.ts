import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { adaptedMethod } from '../../../src/evaluation/rivals/adapted-method.js';
import { networkMethod } from '../../../src/evaluation/rivals/network-method.js';
import { encodeSafetensors } from '../../../src/files/safetensors.js';
import { smallWeights } from '../../adaptation/small-network.js';
import { clutter } from '../scenes.js';

const SETTINGS = { maxKeypoints: 100, nmsRadius: 4, detectionThreshold: 0.001 };

suite('Homographic Adaptation as a detector', () => {
  let folder = '';
  const model = encodeSafetensors(smallWeights());
  const image = clutter('adapted', 96, 72);
  const open = (warps: number, name = 'kept') =>
    adaptedMethod(model, { name: 'small', warps, seed: 0, folder: join(folder, name) });
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-adapted-'));
  });
  after(() => rm(folder, { recursive: true }));

  test('one view is the network itself', async () => {
    const adapted = await open(1);
    const plain = await networkMethod(model, { detection: { cornerRadius: 0, scales: [1] } });
    assert.deepEqual(await adapted.extract(image, SETTINGS, 'a'), await plain.extract(image, SETTINGS, 'a'));
    await adapted.dispose?.();
    await plain.dispose?.();
  });

  test('a picture that was done is not computed again', async () => {
    const first = await open(6, 'once');
    const features = await first.extract(image, SETTINGS, 'a');
    assert.ok(features.count > 0);
    assert.equal((await readdir(join(folder, 'once'))).length, 1);
    await first.dispose?.();
    // The freed network cannot run: what comes back was kept.
    assert.deepEqual(await first.extract(image, SETTINGS, 'a'), features);
    await assert.rejects(first.extract(image, SETTINGS, 'b'));
  });

  test('the views depend on the picture’s name, their number and the seed only', async () => {
    const [one, other] = await Promise.all([open(6, 'x'), open(6, 'y')]);
    const features = await one.extract(image, SETTINGS, 'a');
    assert.deepEqual(await other.extract(image, SETTINGS, 'a'), features);
    assert.notDeepEqual(await other.extract(image, SETTINGS, 'b'), features);
    await one.dispose?.();
    await other.dispose?.();
  });
});
