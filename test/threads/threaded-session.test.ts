import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Graph } from '../../src/graph/graph.js';
import { encodeModel } from '../../src/graph/onnx.js';
import { add } from '../../src/graph/operators.js';
import { createSession, tensor } from '../../src/graph/session.js';
import { createThreadedSession } from '../../src/threads/threaded-session.js';
import { exampleModel } from '../graph/example-model.js';

suite('a session in a thread of its own', () => {
  test('gives what a session of this thread gives, two of them at the same time', async () => {
    const { model, feeds } = exampleModel();
    const plain = await createSession(model, { threads: 1 });
    const expected = await plain.run(feeds);
    const threaded = [
      await createThreadedSession(model, { threads: 1 }),
      await createThreadedSession(model, { threads: 1 }),
    ];
    assert.deepEqual(threaded[0].inputNames, plain.inputNames);
    assert.deepEqual(threaded[0].outputNames, plain.outputNames);
    const results = await Promise.all(threaded.map((session) => session.run(feeds)));
    assert.deepEqual(results, [expected, expected]);
    for (const session of [plain, ...threaded]) await session.release();
  });

  test('takes the next run after one that failed', async () => {
    const graph = new Graph('increment');
    graph.output('y', add(graph.input('x', 'float32', [2]), 1));
    const session = await createThreadedSession(encodeModel(graph));
    await assert.rejects(session.run({ z: tensor(Float32Array.of(1), [1]) }), /x/);
    const { y } = await session.run({ x: tensor(Float32Array.of(1, 2), [2]) });
    assert.deepEqual(y.data, Float32Array.of(2, 3));
    await session.release();
  });

  test('refuses bytes that are no model', async () => {
    await assert.rejects(createThreadedSession(new Uint8Array(100).fill(7)), Error);
  });
});
