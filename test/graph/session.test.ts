import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import onnxProto from 'onnx-proto';
import * as web from 'onnxruntime-web';
import { Graph } from '../../src/graph/graph.js';
import { encodeModel } from '../../src/graph/onnx.js';
import { add, cast, multiply, reduceSum } from '../../src/graph/operators.js';
import { createSession, tensor } from '../../src/graph/session.js';
import { assertClose } from '../assert-close.js';
import { exampleModel } from './example-model.js';

suite('a model', () => {
  test('takes arrays of another realm, such as of a test runner', async () => {
    const { model, feeds } = exampleModel();
    const session = await createSession(model, { threads: 1 });
    const foreign = Object.entries(feeds).map(([name, { data, dims }]) => {
      const make = runInNewContext('(values) => new Float32Array(values)');
      return [name, tensor(make(Array.from(data as Float32Array)), dims)];
    });
    assert.deepEqual(await session.run(Object.fromEntries(foreign)), await session.run(feeds));
    await session.release();
  });

  test('gives the same bits at each run and in each session', async () => {
    const { model, feeds } = exampleModel();
    const sessions = [await createSession(model, { threads: 2 }), await createSession(model, { threads: 2 })];
    const results = [
      await sessions[0].run(feeds),
      await sessions[0].run(feeds),
      await sessions[1].run(feeds),
    ];
    assert.ok(Number(results[0].loss.data[0]) > 0);
    assert.deepEqual(results[1], results[0]);
    assert.deepEqual(results[2], results[0]);
    for (const session of sessions) await session.release();
  });

  test('gives in WebAssembly what it gives on the CPU', async () => {
    const { model, feeds } = exampleModel();
    const session = await createSession(model, { threads: 1 });
    const expected = await session.run(feeds);
    await session.release();
    web.env.wasm.numThreads = 1;
    const wasm = await web.InferenceSession.create(model, { executionProviders: ['wasm'] });
    const webFeeds = Object.fromEntries(
      Object.entries(feeds).map(([name, { data, dims }]) => [
        name,
        new web.Tensor('float32', data as Float32Array, dims),
      ]),
    );
    const actual = await wasm.run(webFeeds);
    assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort());
    for (const [name, { data, dims }] of Object.entries(expected)) {
      assert.deepEqual([...actual[name].dims], [...dims], name);
      const largest = (data as Float32Array).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      assertClose(actual[name].data as Float32Array, data as Float32Array, 1e-4 * largest + 1e-7);
    }
    await wasm.release();
  });

  test('takes any length where a dimension has a name', async () => {
    const graph = new Graph('doubles');
    graph.output('y', multiply(graph.input('x', 'float32', ['length']), 2));
    const session = await createSession(encodeModel(graph));
    for (const length of [0, 1, 1000]) {
      const { y } = await session.run({ x: tensor(new Float32Array(length).fill(3), [length]) });
      assert.deepEqual([y.dims, y.data], [[length], new Float32Array(length).fill(6)]);
    }
    await session.release();
  });

  test('names what goes in and what comes out', async () => {
    const graph = new Graph('names');
    const [a, b] = [graph.input('a', 'float32', [1]), graph.input('b', 'int32', [1])];
    const sum = add(a, cast(b, 'float32'));
    graph.output('sum', sum);
    graph.output('sum again', sum);
    const session = await createSession(encodeModel(graph));
    assert.deepEqual([...session.inputNames], ['a', 'b']);
    assert.deepEqual([...session.outputNames], ['sum', 'sum again']);
    const results = await session.run({
      a: tensor(Float32Array.of(0.5), [1]),
      b: tensor(Int32Array.of(2), [1]),
    });
    assert.deepEqual(results['sum again'].data, Float32Array.of(2.5));
    await session.release();
  });

  test('follows the ONNX schema, with its metadata', () => {
    const graph = new Graph('schema');
    const x = graph.input('x', 'float32', ['n', 3]);
    const weight = graph.constant(Float32Array.of(1, 2, 3), [3], 'weight');
    graph.output('y', reduceSum(multiply(x, weight), [1], false));
    const model = onnxProto.onnx.ModelProto.decode(encodeModel(graph, { author: 'nobody' }));
    assert.equal(Number(model.opsetImport[0].version), 17);
    assert.equal(model.opsetImport.length, 1, 'no contributed operators, no contributed domain');
    assert.deepEqual(
      model.metadataProps.map(({ key, value }) => [key, value]),
      [['author', 'nobody']],
    );
    const { initializer, node, input } = model.graph!;
    assert.deepEqual(
      node!.map(({ opType }) => opType),
      ['Mul', 'ReduceSum', 'Identity'],
    );
    assert.equal(input![0]!.type!.tensorType!.shape!.dim![0]!.dimParam, 'n');
    const stored = initializer!.find(({ name }) => name === 'weight')!;
    assert.deepEqual([...new Float32Array(Uint8Array.from(stored.rawData!).buffer)], [1, 2, 3]);
  });
});

suite('createSession', () => {
  test('says which devices there are', async () => {
    const graph = new Graph('nothing');
    graph.output('y', add(graph.input('x', 'float32', [1]), 1));
    await assert.rejects(
      createSession(encodeModel(graph), { device: 'wasm' }),
      /expected the device to be one of cpu, webgpu, cuda, got wasm/,
    );
  });

  test('refuses bytes that are no model', async () => {
    await assert.rejects(createSession(new Uint8Array(100).fill(7)), Error);
  });
});
