/** Installed without the packages that only some need: what works goes on, what does not names them in one line. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { SuperPoint } from '../src/index.js';
import { SMALL_RECIPE, testImage, writeImage, writeModel } from './cli/command.js';
import { installedWith, type Project } from './installed.js';

const SLOWER =
  'onnxruntime-node, several times as fast, is not installed (npm install onnxruntime-node): wasm computes instead';

suite('without any optional package', () => {
  let project: Project;

  before(async () => {
    project = await installedWith();
    await writeModel(join(project.folder, 'model.safetensors'));
    await writeImage(join(project.folder, 'photos/a.png'), testImage(1));
    await writeImage(join(project.folder, 'photos/b.png'), testImage(2));
  });
  after(() => project.remove());

  test('WebAssembly detects what the native runtime detects, and says so', async () => {
    const { stdout, stderr, code } = await project.program(`
      import { SuperPoint } from 'superpoint';
      const superpoint = await SuperPoint.load({ model: 'model.safetensors', device: 'webgpu' });
      const { keypoints, scores, descriptors } = await superpoint.detect('photos/a.png');
      const { device, fallback } = superpoint.network;
      await superpoint.dispose();
      console.log(JSON.stringify({ device, fallback, found: [keypoints, scores, descriptors].map((list) => [...list]) }));`);
    assert.deepEqual([stderr, code], ['', 0]);
    const { device, fallback, found } = JSON.parse(stdout);
    assert.deepEqual([device, fallback], ['wasm', SLOWER]);
    const native = await SuperPoint.load({ model: join(project.folder, 'model.safetensors') });
    const { keypoints, scores, descriptors } = await native.detect(join(project.folder, 'photos/a.png'));
    await native.dispose();
    assert.equal(native.network.device, 'cpu');
    assert.ok(scores.length > 10);
    for (const [n, list] of [keypoints, scores, descriptors].entries()) {
      assert.equal(found[n].length, list.length);
      const furthest = Math.max(...list.map((value, i) => Math.abs(found[n][i] - value)));
      assert.ok(furthest < 1e-3, `${n}: ${furthest}`);
    }
  });

  test('features are written and pictures matched', async () => {
    const detected = await project.superpoint(
      'detect',
      'photos',
      '--model',
      'model.safetensors',
      '--output',
      'f.h5',
    );
    assert.equal(detected.code, 0);
    assert.ok(detected.stderr.startsWith(`superpoint: ${SLOWER}\n`), detected.stderr);
    const matched = await project.superpoint(
      'match',
      'photos/a.png',
      'photos/b.png',
      '--model',
      'model.safetensors',
    );
    assert.equal(matched.code, 0);
    assert.match(matched.stdout, /^matches /m);
  });

  test('a network is made from nothing', async () => {
    await writeFile(join(project.folder, 'small.json'), JSON.stringify(SMALL_RECIPE));
    const args = ['reproduce', '--recipe', 'small.json', '--photos', 'photos', '--output', 'run'];
    const { code, stderr, stdout } = await project.superpoint(...args);
    assert.equal(code, 0, stderr);
    assert.match(stderr, new RegExp(`^superpoint: ${SLOWER.replace(/[()]/g, '\\$&')}\n`));
    assert.match(stdout, /^SuperPoint is in /);
  });

  const doors: readonly (readonly [args: string[], message: string])[] = [
    [
      ['detect', 'photos', '--output', 'g.h5', '--draw', 'drawn'],
      '--draw needs the package @napi-rs/canvas: npm install @napi-rs/canvas',
    ],
    [
      ['synthesize', '--count', '1', '--output', 's', '--draw', 'drawn'],
      '--draw needs the package @napi-rs/canvas: npm install @napi-rs/canvas',
    ],
    [
      ['colmap', 'photos', '--database', 'd.db'],
      'superpoint colmap needs the package sql.js: npm install sql.js',
    ],
    [
      ['evaluate', 'synthetic', '--output', 'report'],
      'superpoint evaluate needs the packages @opencvjs/node, @observablehq/plot, linkedom, @napi-rs/canvas: ' +
        'npm install @opencvjs/node @observablehq/plot linkedom @napi-rs/canvas',
    ],
  ];
  for (const [args, message] of doors) {
    test(`${args.join(' ')} says what it needs before it begins`, async () => {
      const { code, stdout, stderr } = await project.superpoint(...args);
      assert.deepEqual([code, stdout], [1, '']);
      assert.equal(stderr, `superpoint: ${message}\n`);
    });
  }

  test('the library says the same, and loads without them', async () => {
    const { stdout, stderr } = await project.program(`
      import { drawKeypoints, grayImage } from 'superpoint';
      import { describeEnvironment, homographyReport, openRival, PROFILES } from 'superpoint/evaluation';
      import { ColmapDatabase } from 'superpoint/formats';
      const say = ({ name, message }) => console.log(name + ': ' + message);
      try { drawKeypoints(grayImage(8, 8, new Float32Array(64)), { count: 0, keypoints: [] }); } catch (error) { say(error); }
      await openRival('orb', 0).catch(say);
      await ColmapDatabase.open('never.db', {}).catch(say);
      const dataset = { sequences: 0, pairs: 0, hash: '', skipped: [], excluded: [] };
      const context = { title: '', environment: await describeEnvironment(), seconds: 0, peakMemory: 0, pictures: [] };
      await homographyReport({ profile: PROFILES.design, dataset, rows: [] }, context).catch(say);
      console.log(context.environment.opencv, context.environment.onnxruntime);`);
    assert.equal(stderr, '');
    const lines = stdout.trim().split('\n');
    assert.match(lines.pop()!, /^undefined 1\.\d+\.\d+ \(WebAssembly\)$/);
    assert.deepEqual(lines, [
      'MissingPackageError: drawing needs the package @napi-rs/canvas: npm install @napi-rs/canvas',
      'MissingPackageError: a comparison with OpenCV needs the package @opencvjs/node: npm install @opencvjs/node',
      'MissingPackageError: a COLMAP database needs the package sql.js: npm install sql.js',
      'MissingPackageError: a report needs the packages @observablehq/plot, linkedom: npm install @observablehq/plot linkedom',
    ]);
  });
});

test('with the native runtime nothing is said', async () => {
  const project = await installedWith('onnxruntime-node', '@napi-rs/canvas');
  try {
    await writeModel(join(project.folder, 'model.safetensors'));
    await writeImage(join(project.folder, 'a.png'), testImage(1));
    const args = ['detect', 'a.png', '--model', 'model.safetensors', '--output', 'a.npz', '--format', 'npz'];
    const { code, stderr } = await project.superpoint(...args, '--draw', '.');
    assert.equal(code, 0);
    assert.doesNotMatch(stderr, /installed|instead/);
  } finally {
    await project.remove();
  }
});
