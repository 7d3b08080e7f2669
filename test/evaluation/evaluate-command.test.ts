import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { lockFolder } from '../../src/files/lock.js';
import { superpoint, writeImage, writeModel } from '../cli/command.js';
import { clutter, writeSequence } from './scenes.js';

suite('superpoint evaluate', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-evaluate-test-'));
    await writeModel(join(folder, 'model.safetensors'));
    await writeModel(join(folder, 'magicpoint.safetensors'), 0);
    await writeSequence(join(folder, 'data'), 'i_first');
    await writeSequence(join(folder, 'data'), 'v_second', { count: 2 });
    await mkdir(join(folder, 'data/broken'));
    await writeFile(join(folder, 'data/broken/1.png'), 'not a picture');
    await writeImage(join(folder, 'photos/a.png'), clutter('photo', 400, 300));
    await mkdir(join(folder, 'empty'));
  });
  after(() => rm(folder, { recursive: true }));

  const evaluate = (...args: string[]) => superpoint(folder, 'evaluate', ...args);

  test('homographies: prints figures, writes the report, names the broken sequence', async () => {
    const model = ['--model', 'model.safetensors'];
    const { code, stdout, stderr } = await evaluate(
      'homographies',
      'data',
      ...model,
      '--rivals',
      'orb,random',
      '--output',
      'out',
      '--json',
    );
    assert.equal(code, 0, stderr);
    const result = JSON.parse(stdout);
    assert.deepEqual(
      result.rows.map(({ name }: { name: string }) => name),
      ['model', 'ORB', 'Random'],
    );
    assert.deepEqual([result.dataset.pairs, result.dataset.sequences], [3, 2]);
    assert.equal(result.dataset.skipped[0].name, 'broken');
    assert.match(result.rows[0].settings.weights, /^[0-9a-f]{64}$/);
    assert.match(stderr, /ORB, homography, score/);

    const html = await readFile(join(folder, 'out/homographies-design.html'), 'utf8');
    assert.match(html, /Skipped sequences: broken \(/);
    assert.match(html, /data:image\/webp;base64,/);
    assert.match(html, /paper: SuperPoint/);
    const markdown = await readFile(join(folder, 'out/homographies-design.md'), 'utf8');
    assert.match(markdown, /broken \(/);
    const written = JSON.parse(await readFile(join(folder, 'out/homographies-design.json'), 'utf8'));
    assert.deepEqual(written, result);

    const lock = await lockFolder(join(folder, 'out'));
    const second = await evaluate('homographies', 'data', ...model, '--output', 'out');
    lock.release();
    assert.equal(second.code, 1);
    assert.match(second.stderr, /^superpoint: out is in use by process \d+ on .+\n$/);

    // Scored again: no network is asked, and the numbers are the same.
    const again = await evaluate(
      'homographies',
      'data',
      ...model,
      '--rivals',
      'orb,random',
      '--output',
      'out',
      '--json',
    );
    assert.deepEqual(JSON.parse(again.stdout).rows, result.rows);
  });

  test('homographies: prints a table, and scores features of others without any network', async () => {
    const { code, stdout, stderr } = await evaluate(
      'homographies',
      'data',
      '--no-model',
      '--rivals',
      'none',
      '--features',
      'theirs=out/features/design/orb-homography.h5',
    );
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^all +rep\.@3 +MLE +H@1/m);
    assert.match(stdout, /^theirs +– +– +[\d.]+/m);
    assert.match(stdout, /skipped broken: /);
  });

  test('homographies: --corner-radius 0 scores the heatmap alone', async () => {
    const heatmap = ['--model', 'heatmap=model.safetensors', '--corner-radius', '0'];
    const { code, stdout, stderr } = await evaluate(
      'homographies',
      'data',
      ...heatmap,
      '--rivals',
      'none',
      '--json',
    );
    assert.equal(code, 0, stderr);
    const [{ settings, detector }] = JSON.parse(stdout).rows;
    assert.equal(settings.cornerRadius, 0);
    const corners = JSON.parse(await readFile(join(folder, 'out/homographies-design.json'), 'utf8')).rows[0];
    assert.notDeepEqual(detector, corners.detector);
  });

  test('features that are not there are told before anything is computed', async () => {
    for (const [features, words] of [
      [
        'orb=out',
        /^superpoint: out: no orb-detector\.h5 or orb-homography\.h5 there, expected the folder features\/(design|warps) of a run with a row orb\n$/,
      ],
      ['orb=nowhere', /^superpoint: nowhere: no such file or folder, expected features of orb\n$/],
    ] as const) {
      for (const command of [
        ['homographies', 'data'],
        ['warps', 'photos'],
      ]) {
        const { code, stdout, stderr } = await evaluate(...command, '--no-model', '--features', features);
        assert.deepEqual([code, stdout], [2, '']);
        assert.match(stderr, words);
      }
    }
    const { stdout } = await evaluate(
      ...['homographies', 'data', '--no-model', '--rivals', 'none'],
      ...['--features', 'ORB=out/features/design'],
    );
    assert.match(stdout, /^ORB +[\d.]+ /m);
  });

  test('synthetic: figures by kind and level of noise, and pictures', async () => {
    const { code, stdout, stderr } = await evaluate(
      'synthetic',
      '--model',
      'magicpoint.safetensors',
      '--rivals',
      'harris',
      '--count',
      '9',
      '--output',
      'shapes',
      '--json',
    );
    assert.equal(code, 0, stderr);
    const { rows, protocol } = JSON.parse(stdout);
    assert.deepEqual(
      rows.map(({ name }: { name: string }) => name),
      ['magicpoint', 'Harris'],
    );
    assert.ok(rows[1].kinds.checkerboard.clean.averagePrecision.value > 0.5);
    assert.equal(rows[1].kinds.ellipses, undefined);
    assert.deepEqual(
      rows[1].sweep.map(({ level }: { level: number }) => level),
      protocol.levels,
    );
    const html = await readFile(join(folder, 'shapes/synthetic.html'), 'utf8');
    assert.match(html, /checkerboard, noisy/);
  });

  test('warps: pairs of any photographs, with curves', async () => {
    const { code, stdout, stderr } = await evaluate(
      'warps',
      'photos',
      '--no-model',
      '--rivals',
      'orb',
      '--count',
      '1',
      '--sweeps',
      'scale,blur,view',
      '--output',
      'views',
      '--no-pictures',
    );
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^rep\.@3 by blur\n +0\.5 +1 +1\.5 .*\nORB +[\d.]+/m);
    const html = await readFile(join(folder, 'views/warps.html'), 'utf8');
    assert.match(html, /by blur\./);
    assert.match(html, /by scale\./);
    assert.doesNotMatch(html, /<img/);
    assert.ok(existsSync(join(folder, 'views/pairs/a/H_1_2')));
  });

  test('adaptation: a row for each number of views', async () => {
    const { code, stdout, stderr } = await evaluate(
      'adaptation',
      'data',
      '--model',
      'round0=magicpoint.safetensors',
      '--warps',
      '1,3',
      '--rivals',
      'none',
      '--output',
      'adaptation',
    );
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^round0, N = 1 +0\.\d/m);
    assert.match(stdout, /^round0, N = 3 +0\.\d/m);
    assert.match(
      await readFile(join(folder, 'adaptation/adaptation.html'), 'utf8'),
      /by the number of views/,
    );
  });

  const mistakes: [string, string[], number, RegExp][] = [
    ['a folder that is not there', ['homographies', 'nowhere', '--no-model'], 2, /nowhere: no such folder/],
    ['a folder without sequences', ['homographies', 'empty', '--no-model'], 1, /empty: no usable sequence/],
    ['a folder without photographs', ['warps', 'empty', '--no-model'], 1, /empty: no pictures/],
    ['an unknown rival', ['homographies', 'data', '--rivals', 'surf'], 2, /some of sift,orb/],
    ['an unknown profile', ['homographies', 'data', '--profile', 'x'], 2, /design, paper/],
    [
      'nothing to evaluate',
      ['homographies', 'data', '--no-model', '--rivals', 'none'],
      2,
      /nothing to evaluate/,
    ],
    ['weights that are none', ['synthetic', '--model', 'data/i_first/1.png'], 1, /1\.png/],
    [
      'two rows of one name',
      ['homographies', 'data', '--model', 'model.safetensors', '--model', 'model.safetensors'],
      2,
      /two rows are named model/,
    ],
    ['a number of views below 1', ['adaptation', 'data', '--warps', '0'], 2, /at least 1/],
  ];
  for (const [what, args, expected, message] of mistakes) {
    test(`${what}: one line and exit code ${expected}`, async () => {
      const { code, stdout, stderr } = await evaluate(...args);
      assert.equal(code, expected, stderr);
      assert.equal(stdout, '');
      const lines = stderr.trim().split('\n');
      assert.match(lines.at(-1) ?? '', /^superpoint: /);
      assert.match(lines.at(-1) ?? '', message);
      assert.ok(
        lines.slice(0, -1).every((line) => /step \d+/.test(line)),
        stderr,
      );
    });
  }
});
