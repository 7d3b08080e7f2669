import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Graph } from '../../src/graph/graph.js';
import { encodeModel } from '../../src/graph/onnx.js';
import { createSession, type Tensor, tensor } from '../../src/graph/session.js';
import { type NetworkShape, PAPER_SHAPE } from '../../src/network/architecture.js';
import { inferenceModel } from '../../src/network/inference.js';
import { trainingNetwork } from '../../src/network/training-network.js';
import { foldLayers, foldNormalisation, initialParameters, type Weights } from '../../src/network/weights.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';

const SMALL: NetworkShape = { encoder: [8, 8, 12, 16], head: 24, descriptor: 20 };

/** Parameters in which no normalisation is trivial and some scales are negative. */
function unevenParameters(shape: NetworkShape): Weights {
  const random = new Random('uneven');
  return Object.fromEntries(
    Object.entries(initialParameters(shape, random)).map(([name, { dims, data }]) => {
      if (name.endsWith('.weight')) return [name, { dims, data }];
      const isScale = name.endsWith('.gamma');
      const draw = () =>
        isScale ? random.between(0.5, 1.5) * random.pick([-1, 1, 1]) : random.normal() * 0.3;
      return [name, { dims, data: Float32Array.from(data, draw) }];
    }),
  );
}

function pictures(count: number, height: number, width: number): Tensor {
  const random = new Random('pictures');
  const data = Float32Array.from({ length: count * height * width }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return 0.5 + 0.3 * Math.sin(x / 5) * Math.cos(y / 7) + 0.2 * (random.uniform() - 0.5);
  });
  return tensor(data, [count, 1, height, width]);
}

/** What the network computes while it trains, and the statistics of the batch under their names. */
async function runTraining(shape: NetworkShape, parameters: Weights, image: Tensor, frozen = true) {
  const graph = new Graph('training');
  const values = Object.fromEntries(
    Object.entries(parameters).map(([name, { dims, data }]) => [
      name,
      frozen ? graph.constant(data, dims as number[], name) : graph.input(name, 'float32', dims),
    ]),
  );
  const input = graph.input('image', 'float32', image.dims);
  const { logits, descriptors, statistics } = trainingNetwork(input, shape, values);
  graph.output('logits', logits);
  if (descriptors) graph.output('descriptors', descriptors);
  for (const { name, mean, variance } of statistics) {
    graph.output(`${name}.mean`, mean);
    graph.output(`${name}.variance`, variance);
  }
  const session = await createSession(encodeModel(graph));
  const results = await session.run({ image, ...(frozen ? {} : parameters) });
  await session.release();
  const { logits: map, descriptors: coarse, ...rest } = results;
  return { logits: map, descriptors: coarse, statistics: rest as Weights };
}

async function runInference(weights: Weights, image: Tensor) {
  const session = await createSession(inferenceModel(weights));
  const results = await session.run({ image });
  await session.release();
  return results;
}

/** Scales each cell's vector [N, D, Hc, Wc] to length 1. */
function normalised({ data, dims }: Tensor): Float32Array {
  const [batch, dim, cells] = [dims[0], dims[1], dims[2] * dims[3]];
  const result = Float32Array.from(data as Float32Array);
  for (let n = 0; n < batch; n++) {
    for (let cell = 0; cell < cells; cell++) {
      const places = Array.from({ length: dim }, (_, d) => (n * dim + d) * cells + cell);
      const length = Math.hypot(...places.map((place) => result[place]));
      for (const place of places) result[place] /= length;
    }
  }
  return result;
}

suite('folding the normalisation into the convolutions', () => {
  for (const [name, shape] of Object.entries({ paper: PAPER_SHAPE, small: SMALL })) {
    test(`keeps the output of the ${name} network`, async () => {
      const parameters = unevenParameters(shape);
      const image = pictures(2, 48, 64);
      const trained = await runTraining(shape, parameters, image);
      const folded = foldNormalisation(shape, parameters, trained.statistics);
      const used = await runInference(folded, image);
      assertClose(used.logits.data as Float32Array, trained.logits.data as Float32Array, 1e-4);
      assertClose(used.descriptors.data as Float32Array, normalised(trained.descriptors), 1e-4);
    });
  }

  test('uses the statistics that it is given', async () => {
    const parameters = unevenParameters(SMALL);
    const trained = await runTraining(SMALL, parameters, pictures(2, 24, 32));
    const moved = Object.fromEntries(
      Object.entries(trained.statistics).map(([name, { dims, data }]) => [
        name,
        { dims, data: data.map((value) => value * 1.5) },
      ]),
    );
    const fold = (statistics: Weights) => foldNormalisation(SMALL, parameters, statistics);
    const [before, after] = [fold(trained.statistics), fold(moved)];
    assert.notDeepEqual(after['conv3b.weight'], before['conv3b.weight']);
    assert.notDeepEqual(after['conv3b.bias'], before['conv3b.bias']);
    assert.deepEqual(after['convPb.weight'], before['convPb.weight']);
  });

  for (const frozen of [true, false]) {
    test(`of the first layers keeps the output, ${frozen ? 'frozen' : 'trained'}`, async () => {
      const parameters = unevenParameters(SMALL);
      const image = pictures(2, 48, 64);
      const before = await runTraining(SMALL, parameters, image);
      const names = new Set(['conv1a', 'conv1b', 'conv2a']);
      const mixed = foldLayers(SMALL, { ...parameters, ...before.statistics }, names);
      assert.deepEqual(Object.keys(mixed).slice(0, 7), [
        ...[...names].flatMap((name) => [`${name}.weight`, `${name}.bias`]),
        'conv2b.weight',
      ]);
      assert.ok(!('conv2a.mean' in mixed) && 'conv2b.mean' in mixed);
      const isStatistic = (name: string) => /(mean|variance)$/.test(name);
      const values = Object.entries(mixed).filter(([name]) => !isStatistic(name));
      const after = await runTraining(SMALL, Object.fromEntries(values), image, frozen);
      assertClose(after.logits.data as Float32Array, before.logits.data as Float32Array, 1e-4);
      assert.deepEqual(Object.keys(after.statistics), Object.keys(mixed).filter(isStatistic));
      // What is folded once more is what is folded at once.
      const atOnce = foldNormalisation(SMALL, parameters, before.statistics);
      assert.deepEqual(foldNormalisation(SMALL, mixed, mixed), atOnce);
    });
  }

  test('says which statistic is missing', () => {
    assert.throws(
      () => foldNormalisation(SMALL, initialParameters(SMALL, new Random(1)), {}),
      /expected a tensor named conv1a.mean among the weights/,
    );
  });
});

suite('the network while it trains', () => {
  test('reports the mean and the biased variance over the batch', async () => {
    // Each channel of the first layer is the picture times a number, so its statistics are known.
    const parameters = unevenParameters(SMALL);
    const { dims, data } = parameters['conv1a.weight'];
    const pass = new Float32Array(data.length);
    for (let channel = 0; channel < 8; channel++) pass[channel * 9 + 4] = channel + 1;
    const image = pictures(2, 24, 32);
    const { statistics } = await runTraining(
      SMALL,
      { ...parameters, 'conv1a.weight': { dims, data: pass } },
      image,
    );
    const grey = image.data as Float32Array;
    const mean = grey.reduce((sum, value) => sum + value, 0) / grey.length;
    const variance = grey.reduce((sum, value) => sum + (value - mean) ** 2, 0) / grey.length;
    const channels = Array.from({ length: 8 }, (_, channel) => channel + 1);
    assertClose(
      statistics['conv1a.mean'].data,
      channels.map((scale) => scale * mean),
      1e-5,
    );
    assertClose(
      statistics['conv1a.variance'].data,
      channels.map((scale) => scale ** 2 * variance),
      1e-4,
    );
  });

  test('has no descriptors as MagicPoint', async () => {
    const shape = { ...SMALL, descriptor: 0 };
    const { logits, descriptors, statistics } = await runTraining(
      shape,
      unevenParameters(shape),
      pictures(1, 16, 24),
    );
    assert.deepEqual(logits.dims, [1, 65, 2, 3]);
    assert.equal(descriptors, undefined);
    assert.equal(Object.keys(statistics).length, 2 * 9);
  });
});
