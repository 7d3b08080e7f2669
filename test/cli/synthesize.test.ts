import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { readLabels } from '../../src/adaptation/labels.js';
import { readColorImage, readImage } from '../../src/image/codec.js';
import { renderShape, synthesize } from '../../src/synthetic/synthesize.js';
import { superpoint } from './command.js';

suite('superpoint synthesize', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-synthesize-'));
  });
  after(() => rm(folder, { recursive: true }));

  test('writes pictures and labels that are those of the library', async () => {
    const args = ['--output', 'shapes', '--count', '6', '--seed', '3', '--draw', 'drawn', '--json'];
    const { code, stdout, stderr } = await superpoint(folder, 'synthesize', ...args);
    assert.equal(code, 0, stderr);
    const labels = await readLabels(join(folder, 'shapes/labels.jsonl'));
    assert.equal(labels.length, 6);
    let corners = 0;
    for (const [index, { file, width, height, keypoints }] of labels.entries()) {
      const expected = synthesize(3, index);
      assert.equal(file, `00000${index}-${expected.kind}.png`);
      assert.deepEqual([width, height], [160, 120]);
      assert.equal(keypoints.length, expected.keypoints.length);
      for (const [i, value] of keypoints.entries())
        assert.ok(Math.abs(value - expected.keypoints[i]) < 0.006);
      const image = await readImage(join(folder, 'shapes', file));
      for (const [i, value] of image.data.entries()) {
        assert.ok(Math.abs(value - expected.image.data[i]) < 0.51 / 255, `pixel ${i} of ${file}`);
      }
      assert.equal((await readColorImage(join(folder, 'drawn', file))).width, 480);
      corners += keypoints.length / 2;
    }
    const paths = { output: 'shapes', labels: 'shapes/labels.jsonl' };
    assert.deepEqual(JSON.parse(stdout), { images: 6, corners, ...paths });
    assert.equal((await readdir(join(folder, 'shapes'))).length, 7);
  });

  test('draws one kind, of another size, without augmentation, the same every time', async () => {
    const args = ['--count', '2', '--kind', 'cube', '--width', '96', '--height', '64', '--clean'];
    for (const output of ['one', 'two']) {
      assert.equal((await superpoint(folder, 'synthesize', '--output', output, ...args)).code, 0);
    }
    for (const name of await readdir(join(folder, 'one'))) {
      const bytes = await readFile(join(folder, 'one', name));
      assert.ok(bytes.equals(await readFile(join(folder, 'two', name))), name);
    }
    const [first] = await readLabels(join(folder, 'one/labels.jsonl'));
    const expected = renderShape(0, 0, { kind: 'cube', width: 96, height: 64 });
    assert.equal(first.file, '000000-cube.png');
    assert.equal(first.keypoints.length, expected.keypoints.length);
  });

  test('ends with exit code 2 for wrong usage', async () => {
    for (const args of [[], ['--output', 'x', '--count', '0'], ['--output', 'x', '--kind', 'heptagon']]) {
      const { code, stderr } = await superpoint(folder, 'synthesize', ...args);
      assert.equal(code, 2);
      assert.match(stderr, /^superpoint: .*\n$/);
    }
  });
});
