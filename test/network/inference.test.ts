import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FormatError } from '../../src/files/format-error.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/files/safetensors.js';
import { createSession, type Tensor, tensor } from '../../src/graph/session.js';
import { type NetworkShape, PAPER_SHAPE } from '../../src/network/architecture.js';
import { inferenceGraph, inferenceModel } from '../../src/network/inference.js';
import {
  foldNormalisation,
  initialParameters,
  initialStatistics,
  parameterCount,
  shapeOfWeights,
  type Weights,
} from '../../src/network/weights.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';

const SMALL: NetworkShape = { encoder: [4, 6, 8, 10], head: 12, descriptor: 16 };

function folded(shape: NetworkShape): Weights {
  const parameters = initialParameters(shape, new Random('weights'));
  return foldNormalisation(shape, parameters, initialStatistics(shape));
}

function picture(count: number, height: number, width: number): Tensor {
  const random = new Random('picture');
  const data = Float32Array.from({ length: count * height * width }, () => random.uniform());
  return tensor(data, [count, 1, height, width]);
}

suite('folded weights', () => {
  test('have the names and shapes of the published network: 1,300,865 parameters', () => {
    const weights = folded(PAPER_SHAPE);
    assert.equal(parameterCount(weights), 1_300_865);
    const shapes = Object.entries(weights).map(([name, { dims }]) => `${name} ${dims}`);
    assert.deepEqual(shapes, [
      'conv1a.weight 64,1,3,3',
      'conv1a.bias 64',
      'conv1b.weight 64,64,3,3',
      'conv1b.bias 64',
      'conv2a.weight 64,64,3,3',
      'conv2a.bias 64',
      'conv2b.weight 64,64,3,3',
      'conv2b.bias 64',
      'conv3a.weight 128,64,3,3',
      'conv3a.bias 128',
      'conv3b.weight 128,128,3,3',
      'conv3b.bias 128',
      'conv4a.weight 128,128,3,3',
      'conv4a.bias 128',
      'conv4b.weight 128,128,3,3',
      'conv4b.bias 128',
      'convPa.weight 256,128,3,3',
      'convPa.bias 256',
      'convPb.weight 65,256,1,1',
      'convPb.bias 65',
      'convDa.weight 256,128,3,3',
      'convDa.bias 256',
      'convDb.weight 256,256,1,1',
      'convDb.bias 256',
    ]);
    for (const { dims, data } of Object.values(weights)) {
      assert.equal(
        data.length,
        dims.reduce((product, dim) => product * dim, 1),
      );
    }
  });

  test('tell their widths', () => {
    assert.deepEqual(shapeOfWeights(folded(PAPER_SHAPE)), PAPER_SHAPE);
    assert.deepEqual(shapeOfWeights(folded(SMALL)), SMALL);
    const magicPoint = { ...SMALL, descriptor: 0 };
    assert.deepEqual(shapeOfWeights(folded(magicPoint)), magicPoint);
  });

  test('are refused where a tensor is missing or has a wrong shape', () => {
    const weights = folded(SMALL);
    const without = (name: string) =>
      Object.fromEntries(Object.entries(weights).filter(([other]) => other !== name));
    const reshaped = (name: string, dims: number[]) => ({ ...weights, [name]: { ...weights[name], dims } });
    assert.throws(() => shapeOfWeights({}), /expected a tensor named conv1a.weight/);
    assert.throws(() => shapeOfWeights(without('conv3b.weight')), /a tensor named conv3b.weight/);
    assert.throws(() => shapeOfWeights(without('conv2a.bias')), /a tensor named conv2a.bias/);
    assert.throws(() => shapeOfWeights(without('convDa.weight')), /a tensor named convDa.weight/);
    assert.throws(
      () => shapeOfWeights(reshaped('conv1a.weight', [36])),
      /expected 4 dimensions for conv1a.weight, got \[36\]/,
    );
    assert.throws(
      () => shapeOfWeights(reshaped('conv2b.weight', [6, 4, 3, 3])),
      /expected shape \[6,6,3,3\] for conv2b.weight, got \[6,4,3,3\]/,
    );
    assert.throws(
      () => shapeOfWeights(reshaped('convPb.weight', [64, 12, 1, 1])),
      /expected shape \[65,12,1,1\] for convPb.weight/,
    );
    assert.throws(
      () => shapeOfWeights(reshaped('conv4b.bias', [8])),
      /expected shape \[10\] for conv4b.bias/,
    );
    assert.throws(() => inferenceModel(without('convPa.bias')), FormatError);
  });

  test('start the same from the same seed, layer by layer', () => {
    const [a, b] = [initialParameters(SMALL, new Random(5)), initialParameters(SMALL, new Random(5))];
    assert.deepEqual(a, b);
    const magicPoint = initialParameters({ ...SMALL, descriptor: 0 }, new Random(5));
    for (const [name, parameter] of Object.entries(magicPoint)) assert.deepEqual(parameter, a[name]);
    assert.notDeepEqual(initialParameters(SMALL, new Random(6))['conv1a.weight'], a['conv1a.weight']);
  });

  test('start with the deviation that keeps the size of activations', () => {
    const { data } = initialParameters(PAPER_SHAPE, new Random(5))['conv3b.weight'];
    const square = data.reduce((sum, value) => sum + value * value, 0) / data.length;
    assert.ok(Math.abs(square / (2 / (128 * 9)) - 1) < 0.02);
  });
});

suite('the model for use', () => {
  test('takes pictures of any count and size, all from one session', async () => {
    const session = await createSession(inferenceModel(folded(SMALL)));
    assert.deepEqual([...session.inputNames], ['image']);
    assert.deepEqual([...session.outputNames], ['logits', 'descriptors']);
    for (const [count, height, width] of [
      [1, 8, 8],
      [1, 24, 40],
      [3, 40, 16],
    ] as const) {
      const { logits, descriptors } = await session.run({ image: picture(count, height, width) });
      assert.deepEqual([...logits.dims], [count, 65, height / 8, width / 8]);
      assert.deepEqual([...descriptors.dims], [count, 16, height / 8, width / 8]);
    }
    await session.release();
  });

  test('gives descriptors of length 1', async () => {
    const session = await createSession(inferenceModel(folded(SMALL)));
    const { descriptors } = await session.run({ image: picture(2, 24, 32) });
    await session.release();
    const data = descriptors.data as Float32Array;
    for (let n = 0; n < 2; n++) {
      for (let cell = 0; cell < 12; cell++) {
        const vector = Array.from({ length: 16 }, (_, d) => data[(n * 16 + d) * 12 + cell]);
        assertClose([Math.hypot(...vector)], [1], 1e-6);
      }
    }
  });

  test('gives zeros, not NaN, where a descriptor has no length', async () => {
    const weights = folded(SMALL);
    const zero = ({ dims, data }: Weights[string]) => ({ dims, data: new Float32Array(data.length) });
    const names = ['convDb.weight', 'convDb.bias'];
    const silent = { ...weights, ...Object.fromEntries(names.map((name) => [name, zero(weights[name])])) };
    const session = await createSession(inferenceModel(silent));
    const { descriptors } = await session.run({ image: picture(1, 8, 16) });
    await session.release();
    assert.deepEqual(descriptors.data, new Float32Array(32));
  });

  test('sees each picture of a batch by itself', async () => {
    const session = await createSession(inferenceModel(folded(SMALL)));
    const both = picture(2, 16, 24);
    const single = (index: number) => {
      const data = (both.data as Float32Array).slice(index * 384, (index + 1) * 384);
      return tensor(data, [1, 1, 16, 24]);
    };
    const { logits } = await session.run({ image: both });
    const parts = [await session.run({ image: single(0) }), await session.run({ image: single(1) })].flatMap(
      (result) => [...(result.logits.data as Float32Array)],
    );
    await session.release();
    assertClose(logits.data as Float32Array, parts, 1e-5);
  });

  test('has no descriptors from the weights of MagicPoint', async () => {
    const session = await createSession(inferenceModel(folded({ ...SMALL, descriptor: 0 })));
    assert.deepEqual([...session.outputNames], ['logits']);
    await session.release();
  });

  test('is twelve convolutions of standard ONNX, with dynamic sizes', () => {
    const graph = inferenceGraph(folded(PAPER_SHAPE));
    // And a thirteenth, which sums the squares of each descriptor.
    assert.equal(graph.nodes.filter(({ op }) => op === 'Conv').length, 13);
    assert.ok(graph.nodes.every(({ domain }) => domain === ''));
    assert.deepEqual(graph.inputs[0].dims, ['batch', 1, 'height', 'width']);
  });

  test('is made of what the readers of files give, as it is', async () => {
    const weights = folded(SMALL);
    const { tensors } = decodeSafetensors(encodeSafetensors(weights, {}, { half: true }));
    assert.ok(inferenceModel(tensors).length > 0);
    assert.deepEqual(
      inferenceModel(decodeSafetensors(encodeSafetensors(weights)).tensors),
      inferenceModel(weights),
    );
    assert.throws(() => inferenceModel({ a: weights['conv1a.weight'] }), /named conv1a\.weight/);
  });
});
