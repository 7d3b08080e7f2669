import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { warpPoints } from '../../src/geometry/homography.js';
import { encodePng, readColorImage } from '../../src/image/codec.js';
import { grayImage } from '../../src/image/image.js';
import { cropImage } from '../../src/image/resize.js';
import { superpoint, testImage, writeImage, writeModel } from './command.js';

const SHIPPED_MODEL = new URL('../../../models/superpoint.safetensors', import.meta.url);
const PHOTOGRAPHS = new URL('../../../examples/photographs/', import.meta.url);

suite('superpoint match', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-match-'));
    await writeModel(join(folder, 'model.safetensors'));
    await writeModel(join(folder, 'magicpoint.safetensors'), 0);
    const scene = testImage(1, 240, 200);
    // shifted by whole cells, so that even a random network sees the same in both
    await writeImage(join(folder, 'a.png'), cropImage(scene, 0, 0, 200, 160));
    await writeImage(join(folder, 'b.png'), cropImage(scene, 16, 24, 200, 160));
    await writeImage(join(folder, 'flat.png'), grayImage(64, 64));
  });
  after(() => rm(folder, { recursive: true }));

  const match = (...args: string[]) => superpoint(folder, 'match', ...args, '--model', 'model.safetensors');

  test('prints the documented JSON and finds the shift between two pictures', async () => {
    const { code, stdout, stderr } = await match('a.png', 'b.png', '--json', '--draw', 'out/m.png');
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    const result = JSON.parse(stdout);
    assert.deepEqual(Object.keys(result), ['keypoints', 'matches', 'inliers', 'homography', 'milliseconds']);
    assert.ok(result.keypoints.every((count: number) => count >= result.matches));
    assert.ok(result.matches >= result.inliers && result.inliers > 10);
    const expected = [1, 0, -16, 0, 1, -24, 0, 0, 1];
    const corners = [16, 24, 199, 24, 199, 159, 16, 159];
    const found = warpPoints(Float64Array.from(result.homography), corners);
    for (const [i, value] of warpPoints(Float64Array.from(expected), corners).entries()) {
      assert.ok(Math.abs(found[i] - value) < 0.5, `corner ${found[i]} for ${value}`);
    }
    for (const time of Object.values(result.milliseconds)) assert.ok(Number(time) >= 0);
    const drawn = await readColorImage(join(folder, 'out/m.png'));
    assert.ok(drawn.width >= 400 && drawn.height >= 160);
  });

  test('gives the same result every time, and words without --json', async () => {
    const [one, two] = [await match('a.png', 'b.png'), await match('a.png', 'b.png')];
    const withoutTimes = (text: string) => text.replace(/^milliseconds.*$/m, '');
    assert.equal(withoutTimes(one.stdout), withoutTimes(two.stdout));
    assert.match(one.stdout, /^keypoints {3}\d+ and \d+\nmatches {5}\d+\ninliers {5}\d+\nhomography/);
  });

  test('prints null where there is no homography', async () => {
    const { code, stdout } = await match('a.png', 'flat.png', '--min-similarity', '1', '--json');
    assert.equal(code, 0);
    const result = JSON.parse(stdout);
    assert.equal(result.homography, null);
    assert.equal(result.inliers, 0);
  });

  test('says that two unrelated pictures have no common plane', async () => {
    await writeImage(join(folder, 'other.png'), testImage(9, 240, 200));
    const { code, stdout } = await match('a.png', 'other.png');
    assert.equal(code, 0);
    const told = stdout.match(/^no common plane: (\d+) of (\d+) matches agree, which chance would give$/m);
    assert.ok(told, stdout);
    const result = JSON.parse((await match('a.png', 'other.png', '--json')).stdout);
    assert.deepEqual(
      [result.homography, result.inliers, result.matches],
      [null, Number(told[1]), Number(told[2])],
    );
  });

  test('says in one line what is wrong', async () => {
    await writeFile(join(folder, 'cut.png'), (await encodePng(testImage(0))).subarray(0, 99));
    const cases: [string[], number, RegExp][] = [
      [['a.png', 'gone.png'], 1, /gone\.png: no such file/],
      [['cut.png', 'b.png'], 1, /cut\.png: broken or truncated PNG/],
      [['a.png', 'b.png', '--draw', 'a.png/m.png'], 1, /a folder was expected|exists already/],
      [['a.png'], 2, /expected two pictures, or --output for many, got 1/],
      [['a.png', 'b.png', 'c.png'], 2, /expected two pictures, or --output for many, got 3/],
      [['a.png', 'b.png', '--ratio', '0'], 2, /Expected a number above 0 and at most 1/],
      [['a.png', 'b.png', '--threshold', '-1'], 2, /Expected a number above 0\./],
    ];
    for (const [args, expectedCode, message] of cases) {
      const { code, stdout, stderr } = await match(...args);
      assert.equal(code, expectedCode, args.join(' '));
      assert.match(stderr, /^superpoint: .*\n$/);
      assert.match(stderr, message);
      assert.equal(stdout, '');
    }
    const magicpoint = ['a.png', 'b.png', '--model', 'magicpoint.safetensors'];
    const { code, stderr } = await superpoint(folder, 'match', ...magicpoint);
    assert.equal(code, 1);
    assert.match(stderr, /^superpoint: .*descriptors.*MagicPoint.*\n$/);
  });

  test('finds the homography of the two photographs within 5 pixels', {
    skip: !existsSync(SHIPPED_MODEL) && 'no weights are shipped yet',
  }, async () => {
    const photograph = (name: string) => fileURLToPath(new URL(name, PHOTOGRAPHS));
    const paths = [photograph('graf1.png'), photograph('graf3.png')];
    const { code, stdout, stderr } = await superpoint(folder, 'match', ...paths, '--json');
    assert.equal(code, 0, stderr);
    const found = Float64Array.from(JSON.parse(stdout).homography);
    const text = await readFile(photograph('H_graf1_to_graf3.txt'), 'utf8');
    const truth = Float64Array.from(text.trim().split(/\s+/), Number);
    const corners = [0, 0, 799, 0, 799, 639, 0, 639];
    const [is, should] = [warpPoints(found, corners), warpPoints(truth, corners)];
    let error = 0;
    for (let i = 0; i < 8; i += 2) error += Math.hypot(is[i] - should[i], is[i + 1] - should[i + 1]) / 4;
    assert.ok(error < 5, `mean corner error ${error.toFixed(2)} px`);
  });
});
