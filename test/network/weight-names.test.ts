import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { StoredTensor } from '../../src/files/raw-numbers.js';
import { convolution, maxPool } from '../../src/graph/convolution.js';
import { Graph, type Value } from '../../src/graph/graph.js';
import { encodeModel } from '../../src/graph/onnx.js';
import { add, multiply, relu } from '../../src/graph/operators.js';
import { createSession, tensor } from '../../src/graph/session.js';
import { allLayers, architecture, type Layer, type NetworkShape } from '../../src/network/architecture.js';
import { inferenceModel, normalisedDescriptors } from '../../src/network/inference.js';
import { networkWeights, transformersName } from '../../src/network/weight-names.js';
import type { Weights } from '../../src/network/weights.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';
import { randomWeights } from './random-weights.js';

const SHAPE: NetworkShape = { encoder: [4, 6, 8, 10], head: 12, descriptor: 16 };
const [HEIGHT, WIDTH] = [24, 40];
const LAYERS = allLayers(SHAPE);

interface Norm {
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/** Statistics as training leaves them: means of what a ReLU leaves are not negative. */
function randomNorms(afterRelu: boolean): Record<string, Norm> {
  const random = new Random('norms');
  const draw = (length: number, low: number, high: number) =>
    Float32Array.from({ length }, () => low + (high - low) * random.uniform());
  return Object.fromEntries(
    LAYERS.map(({ name, outputs, activated }) => [
      name,
      {
        gamma: draw(outputs, 0.5, 2),
        beta: draw(outputs, -0.5, 0.5),
        mean: afterRelu && activated ? draw(outputs, 0.01, 0.5) : draw(outputs, -0.5, 0.5),
        variance: draw(outputs, 0.001, 0.5),
      },
    ]),
  );
}

/** The network with its normalisations as nodes of their own, where and how the definition has them. */
function explicitModel(
  weights: Weights,
  norms: Record<string, Norm>,
  epsilon: number,
  afterRelu: boolean,
): Uint8Array {
  const graph = new Graph('explicit');
  const channels = (values: readonly number[]) =>
    graph.constant(Float32Array.from(values), [1, values.length, 1, 1]);
  const normalise = (x: Value, { gamma, beta, mean, variance }: Norm): Value => {
    const scale = [...gamma].map((value, i) => value / Math.sqrt(variance[i] + epsilon));
    const shift = [...beta].map((value, i) => value - mean[i] * scale[i]);
    return add(multiply(x, channels(scale)), channels(shift));
  };
  const run = (input: Value, layers: readonly Layer[]) =>
    layers.reduce((x, { name, activated, pooled }) => {
      const [kernel, bias] = ['weight', 'bias'].map((part) => {
        const { data, dims } = weights[`${name}.${part}`];
        return graph.constant(data, dims as number[]);
      });
      const filtered = convolution(x, kernel, bias);
      let map = filtered;
      if (!activated) map = normalise(filtered, norms[name]);
      else map = afterRelu ? normalise(relu(filtered), norms[name]) : relu(normalise(filtered, norms[name]));
      return pooled ? maxPool(map) : map;
    }, input);
  const { encoder, detector, descriptor } = architecture(SHAPE);
  const encoded = run(graph.input('image', 'float32', [1, 1, HEIGHT, WIDTH]), encoder);
  graph.output('logits', run(encoded, detector));
  graph.output('descriptors', normalisedDescriptors(run(encoded, descriptor)));
  return encodeModel(graph);
}

async function outputs(model: Uint8Array) {
  const random = new Random('picture');
  const data = Float32Array.from({ length: HEIGHT * WIDTH }, () => random.uniform());
  const session = await createSession(model);
  const { logits, descriptors } = await session.run({ image: tensor(data, [1, 1, HEIGHT, WIDTH]) });
  await session.release();
  return { logits: logits.data as Float32Array, descriptors: descriptors.data as Float32Array };
}

/** How a program names the convolution and the normalisation of a layer. */
type Naming = (layer: string) => readonly [convolution: string, norm: string];

const block = (layer: string) => Number(layer[4]);
const second = (layer: string) => layer.endsWith('b');

/** Written out by hand, as the state dictionaries of those programs list them. */
const PUBLISHED: Naming = (layer) => [layer, layer.replace('conv', 'bn')];
const GAUSS: Naming = (layer) => {
  if (/[PD]/.test(layer[4])) return [layer, layer.replace('conv', 'bn')];
  const stem = ['inc.conv', 'down1.mpconv.1', 'down2.mpconv.1', 'down3.mpconv.1'][block(layer) - 1];
  return second(layer) ? [`${stem}.conv.3`, `${stem}.conv.4`] : [`${stem}.conv.0`, `${stem}.conv.1`];
};
const OPEN: Naming = (layer) => {
  const head = { P: 'detector', D: 'descriptor' }[layer[4]];
  const stem = `${head ?? `backbone.${block(layer) - 1}`}.${second(layer) ? 1 : 0}`;
  return [`${stem}.conv`, `${stem}.bn`];
};
const BLOCKS: Naming = (layer) => {
  const head = { P: 'detector_head', D: 'descriptor_head' }[layer[4]];
  if (head) return [`${head}.${layer}`, `${head}.${layer.replace('conv', 'bn')}`];
  const stem = `backbone.block${block(layer)}_${second(layer) ? 2 : 1}`;
  return [`${stem}.0`, `${stem}.2`];
};

function checkpoint(weights: Weights, norms: Record<string, Norm> | undefined, naming: Naming, batches = 7n) {
  const tensors: Record<string, StoredTensor> = {};
  for (const { name } of LAYERS) {
    const [convolution, norm] = naming(name);
    for (const part of ['weight', 'bias']) tensors[`${convolution}.${part}`] = weights[`${name}.${part}`];
    if (!norms) continue;
    const { gamma, beta, mean, variance } = norms[name];
    const parts = { weight: gamma, bias: beta, running_mean: mean, running_var: variance };
    for (const [part, data] of Object.entries(parts)) {
      tensors[`${norm}.${part}`] = { dims: [data.length], data };
    }
    tensors[`${norm}.num_batches_tracked`] = { dims: [], data: BigInt64Array.of(batches) };
  }
  return tensors;
}

const weights = randomWeights(SHAPE);

suite('names of weights', () => {
  test('the published ones, with and without what data-parallel training and wrappers put before', () => {
    const tensors = checkpoint(weights, undefined, PUBLISHED);
    assert.deepEqual(networkWeights(tensors), weights);
    const wrapped = Object.entries(tensors).map(([name, value]) => [`module.net.${name}`, value]);
    assert.deepEqual(networkWeights(Object.fromEntries(wrapped)), weights);
  });

  test("Hugging Face transformers'", () => {
    assert.equal(transformersName('conv1a'), 'encoder.conv_blocks.0.conv_a');
    assert.equal(transformersName('conv4b'), 'encoder.conv_blocks.3.conv_b');
    assert.equal(transformersName('convPa'), 'keypoint_decoder.conv_score_a');
    assert.equal(transformersName('convDb'), 'descriptor_decoder.conv_descriptor_b');
    const tensors = checkpoint(weights, undefined, (layer) => [transformersName(layer), '']);
    assert.deepEqual(networkWeights(tensors), weights);
  });

  test('a detector without descriptors', () => {
    const detector = randomWeights({ ...SHAPE, descriptor: 0 });
    assert.deepEqual(networkWeights(detector), detector);
  });
});

suite('batch normalisation', () => {
  const cases: [string, Naming, number, boolean, bigint?][] = [
    ['bn1a … before the ReLU', PUBLISHED, 1e-5, false],
    ['bn1a … after the ReLU, as the means tell', PUBLISHED, 1e-5, true],
    ['double convolutions', GAUSS, 1e-5, false],
    ['trained in TensorFlow', OPEN, 1e-3, true],
    ['blocks', BLOCKS, 1e-5, true],
    ['blocks, converted from TensorFlow', BLOCKS, 1e-3, true, 0n],
  ];
  for (const [name, naming, epsilon, afterRelu, batches] of cases) {
    test(`${name}: the folded network computes the same, up to the border`, async () => {
      const norms = randomNorms(afterRelu);
      const folded = networkWeights(checkpoint(weights, norms, naming, batches));
      const [actual, expected] = await Promise.all([
        outputs(inferenceModel(folded)),
        outputs(explicitModel(weights, norms, epsilon, afterRelu)),
      ]);
      const size = expected.logits.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      assertClose(actual.logits, expected.logits, 1e-5 * size);
      assertClose(actual.descriptors, expected.descriptors, 1e-5);
    });
  }

  test('without scale and shift, and without biases before it', async () => {
    const norms = randomNorms(false);
    const tensors = checkpoint(weights, norms, PUBLISHED);
    const plain = structuredClone(weights);
    for (const { name } of LAYERS) {
      const bn = name.replace('conv', 'bn');
      for (const gone of [`${bn}.weight`, `${bn}.bias`, `${name}.bias`]) delete tensors[gone];
      norms[name].gamma.fill(1);
      norms[name].beta.fill(0);
      plain[`${name}.bias`].data.fill(0);
    }
    const [actual, expected] = await Promise.all([
      outputs(inferenceModel(networkWeights(tensors))),
      outputs(explicitModel(plain, norms, 1e-5, false)),
    ]);
    const size = expected.logits.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assertClose(actual.logits, expected.logits, 1e-5 * size);
  });

  test('is refused where it cannot be folded exactly', () => {
    const norms = randomNorms(true);
    norms.conv2b.gamma[1] = -1;
    assert.throws(
      () => networkWeights(checkpoint(weights, norms, OPEN)),
      /^FormatError: backbone\.1\.1\.bn\.weight has negative values in front of a pooling/,
    );
    assert.throws(
      () => networkWeights(checkpoint(weights, randomNorms(false), OPEN)),
      /^FormatError: backbone\.0\.0\.bn\.running_mean has negative values, which no ReLU leaves/,
    );
    norms.conv2b.gamma[1] = 1;
    norms.conv3a.variance[2] = -0.5;
    assert.throws(
      () => networkWeights(checkpoint(weights, norms, PUBLISHED)),
      /at least 0 in bn3a\.running_var, got -0\.5/,
    );
  });
});

suite('tensors that are refused by name', () => {
  const changed = (changes: Record<string, StoredTensor | undefined>) => {
    const tensors: Record<string, StoredTensor> = { ...weights };
    for (const [name, value] of Object.entries(changes)) {
      if (value) tensors[name] = value;
      else delete tensors[name];
    }
    return () => networkWeights(tensors);
  };
  const filled = (name: string, value: number) => {
    const { dims, data } = weights[name];
    return { dims, data: Float32Array.from(data, (x, i) => (i === 5 ? value : x)) };
  };

  test('not finite, integers, missing, of another shape, of another network', () => {
    const { dims, data } = weights['conv2a.weight'];
    const wrong: [Record<string, StoredTensor | undefined>, RegExp][] = [
      [{ 'conv2a.weight': filled('conv2a.weight', Number.NaN) }, /conv2a\.weight holds NaN \(at 5 of 216\)/],
      [{ 'convDb.bias': filled('convDb.bias', -Infinity) }, /convDb\.bias holds -Infinity/],
      [
        { 'conv2a.weight': { dims, data: Float64Array.from(data, (x) => x + 1e300) } },
        /conv2a\.weight holds 1e\+300/,
      ],
      [
        { 'conv2a.weight': { dims, data: Int32Array.from(data) } },
        /conv2a\.weight consists of integers \(Int32\)/,
      ],
      [{ 'conv2a.bias': undefined }, /expected a tensor named conv2a\.bias/],
      [{ 'convDa.weight': undefined, 'convDa.bias': undefined }, /convDb\.weight belongs to no layer/],
      [{ 'conv3a.weight': { dims: [8, 2, 3, 9], data: weights['conv3a.weight'].data } }, /conv3a\.weight/],
      [{ 'attention.weight': weights['conv1a.bias'] }, /attention\.weight belongs to no layer of SuperPoint/],
    ];
    for (const [changes, message] of wrong) assert.throws(changed(changes), message);
    assert.throws(() => networkWeights({ a: weights['conv1a.bias'] }), /named conv1a\.weight .*; got a$/);
  });

  test('other floats are converted', () => {
    const wide = Object.entries(weights).map(([name, { dims, data }]) => [
      name,
      { dims, data: Float64Array.from(data) },
    ]);
    assert.deepEqual(networkWeights(Object.fromEntries(wide)), weights);
  });
});
