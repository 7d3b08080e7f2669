/** The later steps of Learn, in Node: the adaptation is the library's, and the joint training learns. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { adaptImage } from '../../src/adaptation/adapt-image.js';
import { Network } from '../../src/features/network.js';
import { readImage } from '../../src/image/codec.js';
import type { GrayImage } from '../../src/image/image.js';
import { cropImage, fitWithin } from '../../src/image/resize.js';
import { shapeOfWeights } from '../../src/network/weights.js';
import { Random } from '../../src/random.js';
import { type AdaptationReport, Adapter } from '../../web/learn/adapter.js';
import { JointTrainer } from '../../web/learn/joint-trainer.js';
import { DEFAULT_SETTINGS } from '../../web/learn/settings.js';
import { Trainer } from '../../web/learn/trainer.js';
import { assertClose } from '../assert-close.js';
import { ROOT } from './site.js';

const MAGICPOINT = join(ROOT, 'models/magicpoint.safetensors');
const VIEWS = 5;

suite('the later steps of Learn', () => {
  let photo: GrayImage;
  before(async () => {
    photo = fitWithin(await readImage(join(ROOT, 'examples/photographs/graf1.png')), 200);
  });

  test('adapt a photograph view by view, to what the library makes of it', async (t) => {
    if (!existsSync(MAGICPOINT)) return t.skip('there is no trained model yet');
    const weights = await readFile(MAGICPOINT);
    const small = cropImage(photo, 20, 20, 96, 64);
    const adapter = await Adapter.open(small, weights, VIEWS);
    const reports: AdaptationReport[] = [];
    for (let report = await adapter.next(); report; report = await adapter.next()) reports.push(report);
    await adapter.release();
    assert.deepEqual(
      reports.map(({ views }) => views),
      [1, 2, 3, 4, 5],
    );
    assertClose(reports[0].view, small.data, 0);
    assertClose(reports[0].mean, reports[0].heatmap, 1e-7);
    const network = await Network.load(weights, { thread: false });
    const expected = await adaptImage((views) => network.heatmaps(views), small, new Random(1), {
      warps: VIEWS,
    });
    await network.dispose();
    assertClose(reports[VIEWS - 1].mean, expected, 1e-5);
  });

  test('train a descriptor that finds its place more and more', async () => {
    const trainer = await Trainer.open(DEFAULT_SETTINGS);
    const labels = Array.from({ length: 120 }, (_, i) => {
      const n = i >> 1;
      return i % 2 === 0 ? 20 + 16 * (n % 10) : 20 + 20 * Math.floor(n / 10);
    });
    const joint = await JointTrainer.open(photo, labels, trainer.network, trainer.learnt);
    await trainer.release();
    const steps = [];
    for (let n = 0; n < 24; n++) steps.push(await joint.step());
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const [early, late] = [steps.slice(0, 6), steps.slice(-6)];
    assert.ok(mean(late.map(({ loss }) => loss)) < mean(early.map(({ loss }) => loss)));
    const [before, after] = [early, late].map((part) => mean(part.map(({ matched }) => matched)));
    assert.ok(after > 1.3 * before, `${before} of the points matched, later ${after}`);
    assert.equal(shapeOfWeights(joint.weights()).descriptor, 32);
    await joint.release();
  });
});
