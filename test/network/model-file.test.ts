import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { FormatError } from '../../src/files/format-error.js';
import { encodeSafetensors } from '../../src/files/safetensors.js';
import { encodeModel, type Model, onnxModel } from '../../src/network/model.js';
import { type ModelSource, readModel } from '../../src/network/model-file.js';
import { SHIPPED_MODELS } from '../../src/network/shipped-models.js';
import { randomWeights } from './random-weights.js';

const SHAPE = { encoder: [4, 6, 8, 8], head: 10, descriptor: 12 } as const;
const weights = randomWeights(SHAPE);
const metadata = { made: 'by a test' };
const bytes = encodeSafetensors(weights, metadata);

/** Of the descriptors of the shipped models. */
const LENGTHS: Readonly<Record<string, number>> = {
  superpoint: 256,
  'superpoint-small': 128,
  'superpoint-tiny': 64,
  magicpoint: 0,
};

suite('reading models', () => {
  let folder = '';
  const path = (name: string) => join(folder, name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-models-'));
  });
  after(() => rm(folder, { recursive: true }));

  test('gives the same model from every kind of source', async () => {
    await writeFile(path('a.safetensors'), bytes);
    await writeFile(path('weights.safetensors'), bytes);
    const expected: Omit<Model, 'name'> = { weights, shape: SHAPE, descriptorDim: 12, metadata };
    const tensors = { tensors: weights, metadata };
    const sources: [ModelSource, string][] = [
      [path('a.safetensors'), path('a.safetensors')],
      [folder, folder],
      [new URL(`file://${path('a.safetensors')}`), `file://${path('a.safetensors')}`],
      [bytes, 'model'],
      [new Uint8Array(bytes).buffer, 'model'],
      [new Blob([new Uint8Array(bytes)]), 'model'],
      [new File([new Uint8Array(bytes)], 'mine.bin'), 'mine.bin'],
      [tensors, 'model'],
      [onnxModel({ ...expected, name: '' }), 'model'],
    ];
    for (const [source, name] of sources) assert.deepEqual(await readModel(source), { ...expected, name });
    // What reproduce names at its end comes before what one of its stages left.
    await writeFile(path('superpoint.safetensors'), encodeSafetensors(weights, { made: 'by reproduce' }));
    assert.equal((await readModel(folder)).metadata.made, 'by reproduce');
    assert.deepEqual((await readModel(weights)).weights, weights);
    const model = await readModel(bytes);
    assert.equal(await readModel(model), model);
  });

  test('tells a safetensors file by its header, whatever the length of it looks like', async () => {
    for (let padding = 0; padding < 2048; padding += 8) {
      const padded = encodeSafetensors(weights, { text: 'x'.repeat(padding) });
      assert.equal((await readModel(padded)).descriptorDim, 12);
    }
  });

  test("takes another realm's arrays and bytes", async () => {
    // As a test runner that runs modules in a context of its own has them.
    const foreign = runInNewContext(
      `Object.fromEntries(entries.map(([name, { dims, data }]) => [name, { dims, data: Float32Array.from(data) }]))`,
      { entries: Object.entries(weights) },
    );
    assert.ok(!(foreign['conv1a.weight'].data instanceof Float32Array));
    const fromTensors = await readModel(foreign);
    assert.deepEqual(fromTensors.weights, weights);
    assert.ok(fromTensors.weights['conv1a.weight'].data instanceof Float32Array);
    const file = runInNewContext('Uint8Array.from(bytes)', { bytes });
    for (const source of [file, file.buffer]) assert.deepEqual((await readModel(source)).weights, weights);
    const onnx = runInNewContext('Uint8Array.from(bytes)', { bytes: onnxModel(fromTensors) });
    assert.deepEqual((await readModel(onnx)).weights, weights);
  });

  test('knows the models of the package by name and tells what each is', async () => {
    for (const name of Object.keys(SHIPPED_MODELS)) {
      const model = await readModel(name);
      const length = LENGTHS[name.replace('-int8', '')];
      assert.equal(model.descriptorDim, length);
      assert.equal(model.shape.descriptor, length);
      assert.equal(model.ranges !== undefined, name.endsWith('int8'));
      assert.ok((model.metadata.origin ?? model.metadata.recipe)?.startsWith('{'), name);
    }
    assert.equal((await readModel()).name, 'superpoint');
  });

  test('models in int8 come back with the same integers, as safetensors and as ONNX', async () => {
    const model = await readModel('superpoint-small-int8');
    const [file, onnx] = [encodeModel(model), onnxModel(model)];
    const again = await readModel(file);
    assert.deepEqual(again.ranges, model.ranges);
    assert.ok(Buffer.from(file).equals(encodeModel(again)));
    assert.ok(Buffer.from(onnx).equals(onnxModel(await readModel(onnx))));
  });

  test('half precision keeps eleven bits of each weight', async () => {
    const { weights: half } = await readModel(encodeModel(await readModel(bytes), { half: true }));
    for (const [name, { data }] of Object.entries(half)) {
      data.forEach((value, i) => {
        const exact = weights[name].data[i];
        assert.ok(Math.abs(value - exact) <= Math.max(Math.abs(exact) * 2 ** -11, 2 ** -25), name);
      });
    }
  });

  test('says in one line what is wrong, and what would be right', async () => {
    await writeFile(path('empty.pth'), '');
    const cases: [ModelSource, RegExp][] = [
      [
        'superpiont',
        /^superpiont: no such model; expected superpoint, superpoint-int8, .*magicpoint, a file/,
      ],
      [path('gone.safetensors'), /gone\.safetensors: no such file; expected a file \(.safetensors, .pth/],
      [path('empty.pth'), /empty\.pth: neither a safetensors file nor/],
      [tmpdir(), /: a folder without weights; expected one of .*weights\.safetensors/],
      [new URL('file:///gone/x.onnx'), /gone\/x\.onnx: no such file/],
      [onnxModel(await readModel(bytes)).subarray(0, 2000), /^model: broken or truncated ONNX model/],
      [{ tensors: {}, metadata: {} }, /^model: expected SuperPoint's or MagicPoint's weights.*got none/],
      [new TextEncoder().encode('<html><body>404</body></html>'), /^model: neither/],
    ];
    for (const [source, message] of cases) {
      await assert.rejects(readModel(source), (error: Error) => {
        assert.ok(error instanceof FormatError);
        assert.match(error.message, message);
        return !error.message.includes('\n');
      });
    }
  });
});
