import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { convolution, indexedMaxPool, maxPool } from '../../src/graph/convolution.js';
import { differentiate } from '../../src/graph/differentiate.js';
import { DIFFERENTIABLE_OPERATORS } from '../../src/graph/gradient-rules.js';
import { Graph, type Value } from '../../src/graph/graph.js';
import { encodeModel } from '../../src/graph/onnx.js';
import {
  add,
  exp,
  maximum,
  minimum,
  multiply,
  reduceL2,
  reduceMax,
  reduceSum,
  relu,
} from '../../src/graph/operators.js';
import { createSession, tensor } from '../../src/graph/session.js';
import { assertClose } from '../assert-close.js';
import { checkGradients, operatorsOf } from './check-gradient.js';
import { GRADIENT_CASES } from './gradient-cases.js';

test('every differentiable operator has examples that use it', () => {
  assert.deepEqual(Object.keys(GRADIENT_CASES).sort(), [...DIFFERENTIABLE_OPERATORS].sort());
  for (const [operator, variants] of Object.entries(GRADIENT_CASES)) {
    for (const [variant, example] of Object.entries(variants)) {
      assert.ok(operatorsOf(example).has(operator), `${operator}: ${variant}`);
    }
  }
});

for (const [operator, variants] of Object.entries(GRADIENT_CASES)) {
  suite(`the gradient of ${operator}`, () => {
    for (const [variant, example] of Object.entries(variants)) {
      test(variant, () => checkGradients(example));
    }
  });
}

/** The gradient of the sum of what `build` makes of x. */
async function gradientOfSum(data: number[], dims: number[], build: (x: Value) => Value): Promise<number[]> {
  const graph = new Graph('case');
  const x = graph.input('x', 'float32', dims);
  const y = build(x);
  const [gradient] = differentiate(reduceSum(y, [...y.dims.keys()], false), [x]);
  graph.output('gradient', gradient);
  const session = await createSession(encodeModel(graph), { threads: 1 });
  const results = await session.run({ x: tensor(Float32Array.from(data), dims) });
  await session.release();
  return Array.from(results.gradient.data as Float32Array);
}

suite('ties', () => {
  test('of equal maxima in a block, one alone receives the gradient of the pooled value', async () => {
    const blocks = [5, 5, 1, 5, 2, 0, 7, 7, 3, 3, 7, 2, 3, 3, 1, 7];
    const gradient = await gradientOfSum(blocks, [1, 1, 4, 4], indexedMaxPool);
    const inBlock = (row: number, column: number) =>
      [0, 1, 4, 5].map((offset) => gradient[row * 8 + column * 2 + offset]);
    for (const block of [inBlock(0, 0), inBlock(0, 1), inBlock(1, 0), inBlock(1, 1)]) {
      assert.deepEqual([...block].sort(), [0, 0, 0, 1]);
    }
    gradient.forEach((value, i) => {
      const row = Math.floor(i / 8) * 8;
      const column = Math.floor((i % 4) / 2) * 2;
      const largest = Math.max(...[0, 1, 4, 5].map((offset) => blocks[row + column + offset]));
      if (value === 1) assert.equal(blocks[i], largest);
    });
  });

  test('max and min give the gradient to one of two equal operands', async () => {
    for (const operator of [maximum, minimum]) {
      assert.deepEqual(await gradientOfSum([1, 2], [2], (x) => operator(x, x)), [1, 1]);
      assert.deepEqual(await gradientOfSum([3, 3], [2], (x) => operator(x, 3)), [1, 1]);
    }
  });

  test('equal elements share the gradient of a reduced maximum', async () => {
    const gradient = await gradientOfSum([4, 4, 1, 0, 2, 1], [2, 3], (x) => reduceMax(x, [1]));
    assert.deepEqual(gradient, [0.5, 0.5, 0, 0, 1, 0]);
  });

  test('relu has no slope at zero', async () => {
    assert.deepEqual(await gradientOfSum([0, -0, 1, -1], [4], relu), [0, 0, 1, 0]);
  });
});

suite('differentiate', () => {
  test('adds what reaches a value along several ways', async () => {
    // x² + x e^x + 3: 2 x + (1 + x) e^x
    const gradient = await gradientOfSum([0, 1, -2], [3], (x) =>
      add(add(multiply(x, x), multiply(x, exp(x))), 3),
    );
    assertClose(gradient, [1, 2 + 2 * Math.E, -4 - Math.exp(-2)], 1e-5);
  });

  test('adds no node for a value that leads to no source', () => {
    const graph = new Graph('case');
    const x = graph.input('x', 'float32', [2, 1, 4, 4]);
    const weight = graph.input('w', 'float32', [3, 1, 3, 3]);
    const loss = reduceSum(convolution(exp(x), weight), [0, 1, 2, 3], false);
    const before = graph.nodes.length;
    differentiate(loss, [weight]);
    const added = graph.nodes.slice(before).map(({ op }) => op);
    assert.ok(!added.includes('Mul') && !added.includes('Gather'), `${added}`);
  });

  test('says which source the loss does not depend on', () => {
    const graph = new Graph('case');
    const [x, y] = ['x', 'y'].map((name) => graph.input(name, 'float32', [2]));
    const loss = reduceSum(x, [0], false);
    assert.throws(() => differentiate(loss, [x, y]), /the loss does not depend on y/);
  });

  test('sees what comes after a composite that failed', () => {
    const graph = new Graph('case');
    const x = graph.input('x', 'float32', [2]);
    const fail = () => {
      throw new RangeError('no');
    };
    assert.throws(() => graph.composite('Broken', [x], fail), /no/);
    const [gradient] = differentiate(reduceSum(multiply(x, x), [0], false), [x]);
    assert.deepEqual(gradient.dims, [2]);
  });

  test('says which operator has no gradient', () => {
    const graph = new Graph('case');
    const x = graph.input('x', 'float32', [1, 1, 4, 4]);
    assert.throws(() => differentiate(reduceL2(x, [0, 1, 2, 3], false), [x]), /no gradient .* ReduceL2/);
    const pooled = reduceSum(maxPool(x), [0, 1, 2, 3], false);
    assert.throws(() => differentiate(pooled, [x]), /use indexedMaxPool/);
    const weight = graph.input('w', 'float32', [1, 1, 5, 5]);
    const filtered = reduceSum(convolution(x, weight), [0, 1, 2, 3], false);
    assert.throws(() => differentiate(filtered, [weight]), /no gradient for a kernel of shape \[1,1,5,5\]/);
  });
});
