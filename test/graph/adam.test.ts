import { test } from 'node:test';
import { adamFeeds, adamInputs, adamUpdate } from '../../src/graph/adam.js';
import { Graph } from '../../src/graph/graph.js';
import { encodeModel } from '../../src/graph/onnx.js';
import { createSession, tensor } from '../../src/graph/session.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';

test('five updates follow the algorithm of the paper, computed in float64', async () => {
  const settings = { beta1: 0.8, beta2: 0.99, epsilon: 1e-3 };
  const graph = new Graph('update');
  const { rate, corrections } = adamInputs(graph);
  const [parameter, gradient, first, second] = ['p', 'g', 'm', 'v'].map((name) =>
    graph.input(name, 'float32', [4]),
  );
  const updated = adamUpdate(parameter, gradient, first, second, rate, corrections, settings);
  graph.output('p new', updated.parameter);
  graph.output('m new', updated.firstMoment);
  graph.output('v new', updated.secondMoment);
  const session = await createSession(encodeModel(graph), { threads: 1 });

  const random = new Random('adam');
  const expected = { p: [1, -2, 0.5, 0], m: [0, 0, 0, 0], v: [0, 0, 0, 0] };
  let state: Record<'p' | 'm' | 'v', Float32Array> = {
    p: Float32Array.from(expected.p),
    m: new Float32Array(4),
    v: new Float32Array(4),
  };
  for (let t = 1; t <= 5; t++) {
    const g = Float32Array.from({ length: 4 }, (_, i) => random.normal() * 10 ** -i);
    const learningRate = 0.1 / t;
    for (let i = 0; i < 4; i++) {
      expected.m[i] = settings.beta1 * expected.m[i] + (1 - settings.beta1) * g[i];
      expected.v[i] = settings.beta2 * expected.v[i] + (1 - settings.beta2) * g[i] ** 2;
      const mean = expected.m[i] / (1 - settings.beta1 ** t);
      const square = expected.v[i] / (1 - settings.beta2 ** t);
      expected.p[i] -= (learningRate * mean) / (Math.sqrt(square) + settings.epsilon);
    }
    const results = await session.run({
      p: tensor(state.p, [4]),
      g: tensor(g, [4]),
      m: tensor(state.m, [4]),
      v: tensor(state.v, [4]),
      ...adamFeeds(t, learningRate, settings),
    });
    const [p, m, v] = ['p new', 'm new', 'v new'].map((name) => results[name].data as Float32Array);
    state = { p: p, m: m, v: v };
    assertClose(state.p, expected.p, 1e-6);
    assertClose(state.m, expected.m, 1e-6);
    assertClose(state.v, expected.v, 1e-6);
  }
  await session.release();
});
