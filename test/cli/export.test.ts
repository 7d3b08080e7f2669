import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { SuperPoint } from '../../src/features/superpoint.js';
import { decodeSafetensors } from '../../src/files/safetensors.js';
import { createSession, tensor } from '../../src/graph/session.js';
import { parameterCount } from '../../src/network/weights.js';
import { randomWeights, superpoint, testImage, writeImage, writeModel } from './command.js';

suite('superpoint export', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-export-'));
    await writeModel(join(folder, 'run/weights.safetensors'));
    await writeModel(join(folder, 'magicpoint.safetensors'), 0);
  });
  after(() => rm(folder, { recursive: true }));

  const run = (...args: string[]) => superpoint(folder, 'export', ...args);

  test('writes an ONNX model of any height and width from the folder of a run', async () => {
    const { code, stdout, stderr } = await run(
      '--model',
      'run',
      '--format',
      'onnx',
      '--output',
      'm.onnx',
      '--json',
    );
    assert.equal(code, 0, stderr);
    const bytes = await readFile(join(folder, 'm.onnx'));
    const result = JSON.parse(stdout);
    assert.equal(result.bytes, bytes.length);
    assert.equal(result.parameters, parameterCount(randomWeights(16)));
    const session = await createSession(bytes);
    for (const [height, width] of [
      [8, 16],
      [40, 24],
    ]) {
      const outputs = await session.run({
        image: tensor(new Float32Array(height * width), [1, 1, height, width]),
      });
      assert.deepEqual([...outputs.logits.dims], [1, 65, height / 8, width / 8]);
      assert.deepEqual([...outputs.descriptors.dims], [1, 16, height / 8, width / 8]);
    }
    await session.release();

    const image = testImage(0);
    const [exported, original] = await Promise.all(
      [join(folder, 'm.onnx'), randomWeights(16)].map((model) => SuperPoint.load({ model })),
    );
    assert.deepEqual(await exported.detect(image), await original.detect(image));
    await Promise.all([exported.dispose(), original.dispose()]);
  });

  test('writes safetensors with the published names and keeps the metadata', async () => {
    const args = [
      '--model',
      'magicpoint.safetensors',
      '--format',
      'safetensors',
      '--output',
      'copy.safetensors',
    ];
    const { code, stdout } = await run(...args);
    assert.equal(code, 0);
    assert.match(stdout, /parameters of magicpoint\.safetensors written to copy\.safetensors/);
    const { tensors, metadata } = decodeSafetensors(await readFile(join(folder, 'copy.safetensors')));
    assert.deepEqual(tensors, randomWeights(0));
    assert.deepEqual(metadata, { made: 'by a test' });
  });

  test('says in one line what is wrong', async () => {
    await writeFile(join(folder, 'words.pth'), 'words');
    const cases: [string[], number, RegExp][] = [
      [
        ['--model', 'words.pth', '--format', 'onnx', '--output', 'x'],
        1,
        /words\.pth: neither a safetensors file nor a PyTorch checkpoint nor an ONNX model/,
      ],
      [
        ['--model', 'superpiont', '--format', 'onnx', '--output', 'x'],
        1,
        /superpiont: no such model; expected superpoint, .*, magicpoint, a file/,
      ],
      [['--model', 'run', '--output', 'x'], 2, /required option '--format <format>' not specified/],
      [
        ['--model', 'run', '--format', 'h5', '--output', 'x'],
        2,
        /Allowed choices are onnx, safetensors, transformers/,
      ],
    ];
    for (const [args, expectedCode, message] of cases) {
      const { code, stderr } = await run(...args);
      assert.equal(code, expectedCode);
      assert.match(stderr, /^superpoint: .*\n$/);
      assert.match(stderr, message);
    }
  });

  test('writes the int8 network, ranges measured on photographs', async () => {
    for (let i = 0; i < 3; i++) await writeImage(join(folder, `photos/${i}.png`), testImage(i, 96, 72));
    const options = ['--model', 'run', '--format', 'onnx', '--output', 'bytes.onnx', '--int8', 'photos'];
    const { code, stderr } = await run(...options);
    assert.equal(code, 0, stderr);
    const network = await SuperPoint.load({ model: join(folder, 'bytes.onnx') });
    assert.ok((await network.detect(testImage(5), { detectionThreshold: 0 })).count > 0);
    await network.dispose();

    // The same in the package's own file, and back: the exported file is a model like any other.
    await run('--model', 'bytes.onnx', '--format', 'safetensors', '--output', 'bytes.safetensors');
    await run('--model', 'bytes.safetensors', '--format', 'onnx', '--output', 'again.onnx');
    const [first, again] = await Promise.all(
      ['bytes.onnx', 'again.onnx'].map((name) => readFile(join(folder, name))),
    );
    assert.deepEqual(again, first);
    const { tensors } = decodeSafetensors(await readFile(join(folder, 'bytes.safetensors')));
    assert.ok(tensors['conv1a.weight'].data instanceof Int8Array);
  });

  test('writes a folder for transformers, which is a model again', async () => {
    const { code, stderr } = await run('--model', 'run', '--format', 'transformers', '--output', 'hf');
    assert.equal(code, 0, stderr);
    assert.deepEqual((await readdir(join(folder, 'hf'))).sort(), [
      'config.json',
      'model.safetensors',
      'preprocessor_config.json',
    ]);
    await run('--model', 'hf', '--format', 'safetensors', '--output', 'back.safetensors');
    const { tensors } = decodeSafetensors(await readFile(join(folder, 'back.safetensors')));
    assert.deepEqual(tensors, randomWeights(16));
    const refused = await run(
      '--model',
      'magicpoint.safetensors',
      '--format',
      'transformers',
      '--output',
      'x',
    );
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /magicpoint\.safetensors: expected a model with descriptors/);
  });

  test('halves the floats of a safetensors file when asked', async () => {
    await run('--model', 'run', '--format', 'safetensors', '--output', 'half.safetensors', '--half');
    const [half, full] = await Promise.all(
      ['half.safetensors', 'run/weights.safetensors'].map((name) => readFile(join(folder, name))),
    );
    assert.ok(half.length < 0.6 * full.length);
    const network = await SuperPoint.load({ model: join(folder, 'half.safetensors') });
    await network.dispose();
    const misplaced = await run('--model', 'run', '--format', 'onnx', '--output', 'x.onnx', '--half');
    assert.equal(misplaced.code, 2);
    assert.match(misplaced.stderr, /--half goes with --format safetensors alone/);
  });
});
