import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Graph } from '../../src/graph/graph.js';
import { encodeModel } from '../../src/graph/onnx.js';
import { createSession, type Tensor, tensor } from '../../src/graph/session.js';
import type { GrayImage } from '../../src/image/image.js';
import type { NetworkShape } from '../../src/network/architecture.js';
import { activationRanges } from '../../src/network/calibrate.js';
import { imageInput, inferenceModel, withOutputs } from '../../src/network/inference.js';
import { onnxModel } from '../../src/network/model.js';
import { readModel } from '../../src/network/model-file.js';
import { quantisedMaps, quantisedModel, rangesModel } from '../../src/network/quantise.js';
import {
  foldNormalisation,
  initialParameters,
  initialStatistics,
  type Weights,
} from '../../src/network/weights.js';
import { Random } from '../../src/random.js';

const SHAPE: NetworkShape = { encoder: [8, 8, 12, 16], head: 24, descriptor: 20 };

function randomWeights(): Weights {
  return foldNormalisation(SHAPE, initialParameters(SHAPE, new Random('bytes')), initialStatistics(SHAPE));
}

/** Grey values of whole bytes, as photographs have. */
function picture(width: number, height: number, seed: number): GrayImage {
  const data = Float32Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return Math.round(127 + 90 * Math.sin((x + seed) / 3) * Math.cos(y / (4 + seed))) / 255;
  });
  return { width, height, data };
}

const input = ({ width, height, data }: GrayImage) => ({ image: tensor(data, [1, 1, height, width]) });

async function run(model: Uint8Array, image: GrayImage): Promise<Record<string, Tensor>> {
  const session = await createSession(model);
  const results = await session.run(input(image));
  await session.release();
  return results;
}

/** Root mean square of the difference against that of the truth. */
function relativeError(actual: Tensor, expected: Tensor): number {
  const [a, e] = [actual.data as Float32Array, expected.data as Float32Array];
  const difference = a.reduce((sum, value, i) => sum + (value - e[i]) ** 2, 0);
  return Math.sqrt(difference / e.reduce((sum, value) => sum + value * value, 0));
}

suite('the int8 network', () => {
  test('gives nearly what the network in floats gives, at any size', async () => {
    const weights = randomWeights();
    const ranges = await activationRanges(weights, [picture(48, 40, 1), picture(64, 48, 2)]);
    const bytes = quantisedModel(weights, ranges);
    for (const image of [picture(64, 48, 3), picture(96, 32, 1)]) {
      const [actual, expected] = await Promise.all([run(bytes, image), run(inferenceModel(weights), image)]);
      for (const name of ['logits', 'descriptors']) {
        assert.deepEqual(actual[name].dims, expected[name].dims);
        const error = relativeError(actual[name], expected[name]);
        assert.ok(error > 0 && error < 0.05, `${name} is off by ${error}`);
      }
    }
  });

  test('gives nearly the same with its first layers in floats', async () => {
    const weights = randomWeights();
    const ranges = await activationRanges(weights, [picture(48, 40, 1), picture(64, 48, 2)]);
    const image = picture(64, 48, 3);
    const expected = await run(inferenceModel(weights), image);
    for (const floats of [1, 2, 3]) {
      const graph = new Graph('narrow');
      const maps = quantisedMaps(imageInput(graph), weights, ranges, floats);
      const actual = await run(encodeModel(withOutputs(graph, maps)), image);
      const error = relativeError(actual.logits, expected.logits);
      assert.ok(error > 0 && error < 0.02, `${floats} in floats: logits are off by ${error}`);
    }
  });

  test('has bytes where the other has floats', async () => {
    const { weights } = await readModel('superpoint-small');
    const ranges = await activationRanges(weights, [picture(64, 48, 1)]);
    assert.ok(quantisedModel(weights, ranges).length < inferenceModel(weights).length / 3);
  });

  for (const name of ['superpoint', 'superpoint-small']) {
    test(`comes with the package, made of ${name}`, async () => {
      const [floats, integers] = await Promise.all([readModel(name), readModel(`${name}-int8`)]);
      assert.ok(integers.ranges && !floats.ranges);
      const image = picture(160, 120, 2);
      const [actual, expected] = await Promise.all([
        run(onnxModel(integers), image),
        run(onnxModel(floats), image),
      ]);
      assert.ok(relativeError(actual.logits, expected.logits) < 0.15);
      assert.ok(relativeError(actual.descriptors, expected.descriptors) < 0.25);
    });
  }
});

suite('ranges', () => {
  test('are the largest values of each layer, their mean over pictures', async () => {
    const weights = randomWeights();
    const images = [picture(48, 40, 1), picture(48, 40, 4)];
    const each = await Promise.all(images.map((image) => run(rangesModel(weights), image)));
    const ranges = await activationRanges(weights, images);
    assert.equal(Object.keys(ranges).length, 10);
    for (const [name, range] of Object.entries(ranges)) {
      const [first, second] = each.map((result) => Number(result[name].data[0]));
      assert.ok(first !== second && Math.abs(range - (first + second) / 2) < 1e-5, name);
    }
  });

  test('are needed for every layer, and from a picture at least', async () => {
    const weights = randomWeights();
    await assert.rejects(activationRanges(weights, []), /expected at least one picture/);
    const ranges = await activationRanges(weights, [picture(48, 43, 1)]);
    const { conv3a: _, ...rest } = ranges;
    assert.throws(() => quantisedModel(weights, rest), /a range above 0 for conv3a, got undefined/);
    assert.throws(() => quantisedModel(weights, { ...ranges, convDa: 0 }), /for convDa, got 0/);
  });
});
