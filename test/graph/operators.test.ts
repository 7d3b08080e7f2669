import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { channelAffine, convolution, indexedMaxPool, maxPool } from '../../src/graph/convolution.js';
import { type Dim, Graph, staticDims, type Value } from '../../src/graph/graph.js';
import { encodeModel } from '../../src/graph/onnx.js';
import {
  and,
  argMax,
  broadcastDims,
  cast,
  concat,
  equal,
  greater,
  lessOrEqual,
  longerDim,
  matMul,
  reduceL2,
  reduceMax,
  reshape,
  sign,
  slice,
  topK,
} from '../../src/graph/operators.js';
import { createSession, type Tensor, tensor } from '../../src/graph/session.js';
import { assertClose } from '../assert-close.js';

const floats = (...dims: Dim[]) => new Graph('case').input('x', 'float32', dims);

suite('shapes', () => {
  test('broadcast as in NumPy', () => {
    assert.deepEqual(broadcastDims([2, 1, 4], [3, 1]), [2, 3, 4]);
    assert.deepEqual(broadcastDims([], [5]), [5]);
    assert.deepEqual(broadcastDims(['rows', 1], [1, 'columns']), ['rows', 'columns']);
    assert.deepEqual(broadcastDims(['rows'], ['rows']), ['rows']);
    assert.throws(() => broadcastDims([2, 3], [2]), /expected shapes that broadcast, got \[2,3\] and \[2\]/);
    assert.throws(() => broadcastDims(['rows'], ['columns']), RangeError);
    assert.throws(() => broadcastDims(['rows'], [2]), RangeError);
  });

  test('of a matrix product need equal inner sizes', () => {
    const { graph } = floats();
    const [a, b] = [graph.input('a', 'float32', [2, 3]), graph.input('b', 'float32', [4, 3])];
    assert.throws(() => matMul(a, b), /expected equal inner sizes, got \[2,3\] and \[4,3\]/);
    assert.deepEqual(matMul(a, b, { b: true }).dims, [2, 4]);
    assert.throws(() => matMul(a, graph.input('v', 'float32', [3])), /expected a matrix, got \[3\]/);
    assert.deepEqual(matMul(graph.input('c', 'float32', ['n', 3]), b, { b: true }).dims, ['n', 4]);
  });

  test('of a reshape keep the number of elements', () => {
    assert.deepEqual(reshape(floats(2, 6), [3, 4]).dims, [3, 4]);
    assert.throws(() => reshape(floats(2, 6), [3, 3]), /\[2,6\] does not fit \[3,3\]/);
    assert.throws(() => reshape(floats('n', 6), [3, 2]), RangeError);
  });

  test('of convolutions and poolings follow the map, known or not', () => {
    const x = floats('n', 3, 'height', 40);
    const weight = x.graph.input('w', 'float32', [8, 3, 3, 3]);
    const filtered = convolution(x, weight);
    assert.deepEqual(filtered.dims, ['n', 8, 'height', 40]);
    assert.deepEqual(maxPool(filtered).dims, ['n', 8, 'height/2', 20]);
    assert.deepEqual(indexedMaxPool(floats(1, 2, 5, 3)).dims.slice(2), [2, 1], 'an odd last row is left out');
    assert.throws(() => convolution(filtered, weight), /expected 3 channels, got a map of shape \[n,8,/);
  });

  test('count negative axes from the back', () => {
    const x = floats(2, 3, 4);
    assert.deepEqual(slice(x, [-1], [1], [3]).dims, [2, 3, 2]);
    assert.deepEqual(concat([x, x], -2).dims, [2, 6, 4]);
    assert.deepEqual(reduceMax(x, [-3], false).dims, [3, 4]);
    assert.deepEqual(argMax(x, -1).dims, [2, 3]);
    assert.deepEqual(topK(x, 2, -2).indices.dims, [2, 2, 4]);
  });

  test('are demanded as numbers where a computation needs them', () => {
    assert.deepEqual(staticDims(floats(2, 3)), [2, 3]);
    assert.throws(() => staticDims(floats(2, 'n')), /expected a static shape for x, got \[2,n\]/);
  });
});

suite('a graph', () => {
  test('refuses constants of another size than their shape', () => {
    const graph = new Graph('case');
    assert.throws(
      () => graph.constant(new Float32Array(5), [2, 3]),
      /expected 6 values for a constant of shape \[2,3\], got 5/,
    );
  });

  test('refuses a name twice and a value of another graph', () => {
    const x = floats(2);
    assert.throws(() => x.graph.input('x', 'float32', [2]), /the name x is taken/);
    assert.throws(() => x.graph.output('x', x), /the name x is taken/);
    assert.throws(() => matMul(floats(2, 2), floats(2, 2)), /MatMul: x belongs to another graph/);
  });

  test('stores equal scalars and equal vectors once', () => {
    const graph = new Graph('case');
    assert.equal(graph.scalar(0.5), graph.scalar(0.5));
    assert.equal(graph.integers([1, 2]), graph.integers([1, 2]));
    assert.notEqual(graph.scalar(1), graph.scalar(2));
    assert.equal(graph.constants.length, 4);
  });
});

/** Runs what `build` makes of x. */
async function evaluate(x: Tensor, build: (x: Value) => Record<string, Value>) {
  const graph = new Graph('case');
  for (const [name, value] of Object.entries(build(graph.input('x', 'float32', x.dims)))) {
    graph.output(name, value);
  }
  const session = await createSession(encodeModel(graph), { threads: 1 });
  const results = await session.run({ x });
  await session.release();
  return results;
}

suite('operators without a gradient', () => {
  test('pick and compare', async () => {
    const x = tensor(Float32Array.of(1, 7, 7, 3, -2, 0), [2, 3]);
    const results = await evaluate(x, (value) => ({
      best: argMax(value, 1),
      top: topK(value, 2).values,
      places: topK(value, 2).indices,
      between: cast(and(greater(value, -1), lessOrEqual(value, 3)), 'float32'),
      sevens: cast(equal(value, value.graph.scalar(7)), 'int32'),
      signs: sign(value),
      lengths: reduceL2(value, [1], false),
    }));
    assert.deepEqual(results.best.data, BigInt64Array.of(1n, 0n));
    assert.deepEqual(results.top.data, Float32Array.of(7, 7, 3, 0));
    assert.deepEqual(results.places.data, BigInt64Array.of(1n, 2n, 0n, 2n));
    assert.deepEqual(results.between.data, Float32Array.of(1, 0, 0, 1, 0, 1));
    assert.deepEqual(results.sevens.data, Int32Array.of(0, 1, 1, 0, 0, 0));
    assert.deepEqual(results.signs.data, Float32Array.of(1, 1, 1, 1, -1, 0));
    assertClose(results.lengths.data as Float32Array, [Math.sqrt(99), Math.sqrt(13)], 1e-6);
  });

  test('a convolution correlates: kernels are not turned', async () => {
    const picture = Float32Array.from({ length: 12 }, (_, i) => i);
    const { right, below } = await evaluate(tensor(picture, [1, 1, 3, 4]), (x) => {
      const tap = (index: number) => {
        const kernel = new Float32Array(9);
        kernel[index] = 1;
        return x.graph.constant(kernel, [1, 1, 3, 3]);
      };
      return { right: convolution(x, tap(5)), below: convolution(x, tap(7)) };
    });
    assert.deepEqual(right.data, Float32Array.of(1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0));
    assert.deepEqual(below.data, Float32Array.of(4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0));
  });

  test('channelAffine scales and moves each channel', async () => {
    const map = tensor(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), [2, 2, 1, 2]);
    const { y } = await evaluate(map, (x) => ({
      y: channelAffine(
        x,
        x.graph.constant(Float32Array.of(2, -1), [2]),
        x.graph.constant(Float32Array.of(10, 0), [2]),
      ),
    }));
    assert.deepEqual(y.data, Float32Array.of(12, 14, -3, -4, 20, 22, -7, -8));
  });
});

test('a dimension of a name grows and shrinks by what stands behind the name', () => {
  assert.equal(longerDim(3, 2), 5);
  assert.equal(longerDim('height', 2), 'height+2');
  assert.equal(longerDim('height+2', 1), 'height+3');
  assert.equal(longerDim('height+2', -2), 'height');
  assert.equal(longerDim('height', -1), 'height-1');
});
