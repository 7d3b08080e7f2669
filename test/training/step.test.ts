import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { suite, test } from 'node:test';
import { decodeSafetensors } from '../../src/files/safetensors.js';
import { createSession } from '../../src/graph/session.js';
import type { NetworkShape } from '../../src/network/architecture.js';
import {
  initialParameters,
  initialStatistics,
  splitParameters,
  type Weights,
} from '../../src/network/weights.js';
import { Random } from '../../src/random.js';
import { createThreadedSession } from '../../src/threads/threaded-session.js';
import { type DetectorBatch, emptyDetectorBatch, type PairBatch } from '../../src/training/batches.js';
import { detectorObjective, jointObjective, type Objective } from '../../src/training/objective.js';
import { startingState } from '../../src/training/starting-point.js';
import {
  initialState,
  learningRateAt,
  openFirstStep,
  openTrainingStep,
  type TrainingState,
} from '../../src/training/step.js';

/** Largest difference from PyTorch, relative to the largest value of a tensor. */
const TOLERANCE = 1e-4;

/** What test/fixtures/make-training-step.py computed. */
const fixture = decodeSafetensors(
  await readFile(new URL('../../../test/fixtures/training-step.safetensors', import.meta.url)),
);
const settings = JSON.parse(fixture.metadata.settings) as {
  shape: NetworkShape;
  hinge: { lambdaD: number; positiveMargin: number; negativeMargin: number; weight: number };
  rates: number[];
  width: number;
  height: number;
  count: number;
};

function section(name: string, keep: (name: string) => boolean = () => true): Weights {
  return Object.fromEntries(
    Object.entries(fixture.tensors)
      .filter(([key]) => key.startsWith(`${name}.`) && keep(key))
      .map(([key, { dims, data }]) => [key.slice(name.length + 1), { dims, data: data as Float32Array }]),
  );
}

const isStatistic = (name: string) => name.endsWith('.mean') || name.endsWith('.variance');

function assertNear(actual: Float32Array, expected: Float32Array, name: string): void {
  assert.equal(actual.length, expected.length, name);
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-3);
  actual.forEach((value, i) => {
    const difference = Math.abs(value - expected[i]) / scale;
    assert.ok(difference <= TOLERANCE, `${name} at ${i}: got ${value}, PyTorch has ${expected[i]}`);
  });
}

const { width, height, count } = settings;
const { images, targets, masks, warpedCells } = section('batch') as Record<
  string,
  { data: Float32Array<ArrayBuffer> }
>;

/** Elements first … end - 1 of the fixture's batch. */
function pictures(first: number, end: number): DetectorBatch {
  const [image, target, mask] = [images, targets, masks].map(({ data }) =>
    data.slice((first * data.length) / count, (end * data.length) / count),
  );
  return Object.assign(emptyDetectorBatch(end - first, width, height), {
    images: image,
    targets: target,
    masks: mask,
  });
}

const detectorBatch = pictures(0, count);

/** The same pictures as pairs: the first half are views 0. */
function pairBatch(): PairBatch {
  return {
    count: count / 2,
    width,
    height,
    view0: pictures(0, count / 2),
    view1: pictures(count / 2, count),
    warpedCells: warpedCells.data,
    H_0to1: new Float64Array(9 * (count / 2)),
  };
}

async function trainThreeSteps<Batch extends { count: number }>(
  objective: Objective<Batch>,
  batch: Batch,
  parameters: Weights,
  statistics: Weights,
  replicas: number,
): Promise<{ state: TrainingState; losses: number[]; terms: Readonly<Record<string, number>> }> {
  const step = await openTrainingStep(objective, {
    shape: settings.shape,
    parameters,
    statistics,
    size: { count: batch.count, width, height },
    replicas,
    threads: 1,
  });
  let state = initialState(parameters, statistics);
  let terms = {};
  const losses: number[] = [];
  for (const rate of settings.rates) {
    const result = await step.run(state, batch, rate);
    ({ state, terms } = result);
    losses.push(result.loss);
  }
  await step.release();
  return { state, losses, terms };
}

suite('three training steps end where PyTorch ends', () => {
  const compare = async <Batch extends { count: number }>(
    run: string,
    objective: Objective<Batch>,
    batch: Batch,
    replicas: number,
  ) => {
    const expected = section(run);
    const initial = section('initial', (name) => run === 'joint' || !name.includes('convD'));
    const entries = Object.entries(initial);
    const parameters = Object.fromEntries(entries.filter(([name]) => !isStatistic(name)));
    const statistics = Object.fromEntries(entries.filter(([name]) => isStatistic(name)));
    const { state, losses } = await trainThreeSteps(objective, batch, parameters, statistics, replicas);
    assert.equal(state.step, 3);
    assertNear(Float32Array.from(losses), expected.losses.data, 'loss');
    const results = { ...state.parameters, ...state.statistics };
    assert.deepEqual([...Object.keys(results), 'losses'].sort(), Object.keys(expected).sort());
    for (const [name, { data }] of Object.entries(results)) assertNear(data, expected[name].data, name);
  };

  test('with the loss of the detector', () => compare('detector', detectorObjective, detectorBatch, 1));

  test('with a batch halved between two replicas', () =>
    compare('halves', detectorObjective, detectorBatch, 2));

  test('with the losses of detector and descriptor on pairs', () =>
    compare('joint', jointObjective({ kind: 'hinge', ...settings.hinge }), pairBatch(), 1));
});

suite('a training step', () => {
  const shape: NetworkShape = { ...settings.shape, descriptor: 0 };
  const start = () => ({
    parameters: initialParameters(shape, new Random('start')),
    statistics: initialStatistics(shape),
  });
  const open = (replicas: number, openReplica = createSession) =>
    openTrainingStep(detectorObjective, {
      shape,
      ...start(),
      size: { count, width, height },
      replicas,
      threads: 1,
      openReplica,
    });

  test('gives the same bits again, and leaves the state it was given as it was', async () => {
    const { parameters, statistics } = start();
    const state = initialState(parameters, statistics);
    const steps = [await open(2), await open(2, createThreadedSession)];
    const first = await steps[0].run(state, detectorBatch, 0.01);
    assert.deepEqual(await steps[0].run(state, detectorBatch, 0.01), first);
    assert.deepEqual(await steps[1].run(state, detectorBatch, 0.01), first);
    assert.deepEqual(state, initialState(start().parameters, start().statistics));
    for (const step of steps) await step.release();
  });

  test('keeps parameters that the objective does not train', async () => {
    const { parameters, statistics } = start();
    const idle = { dims: [2], data: Float32Array.of(1, 2) };
    const state = initialState({ ...parameters, idle }, statistics);
    const step = await open(1);
    const { state: next } = await step.run(state, detectorBatch, 0.01);
    await step.release();
    assert.deepEqual(next.parameters.idle, idle);
    assert.notDeepEqual(next.parameters['conv1a.weight'], parameters['conv1a.weight']);
  });

  test('leaves frozen layers as they are and changes the others as if all were trained', async () => {
    const names = new Set(['conv1a', 'conv1b', 'conv2a']);
    const plain = { parameters: start().parameters, statistics: start().statistics };
    const state = startingState(shape, plain, new Random('none'), names);
    const { parameters, statistics } = state;
    const run = async (layers: ReadonlySet<string>) => {
      const { trained, frozen } = splitParameters(parameters, layers);
      const step = await openTrainingStep(detectorObjective, {
        shape,
        parameters: trained,
        frozen,
        statistics,
        size: { count, width, height },
        replicas: 1,
        threads: 1,
      });
      const { state: next } = await step.run(state, detectorBatch, 0.01);
      await step.release();
      return next;
    };
    const [part, all] = [await run(names), await run(new Set())];
    for (const [name, { data }] of Object.entries(parameters)) {
      const isFrozen = names.has(name.slice(0, name.indexOf('.')));
      assert.notDeepEqual(all.parameters[name].data, data, name);
      if (isFrozen) assert.equal(part.parameters[name].data, data, name);
      else assertNear(part.parameters[name].data, all.parameters[name].data, name);
    }
  });

  test('lowers the loss of a batch that it sees again and again', async () => {
    const { parameters, statistics } = start();
    let state = initialState(parameters, statistics);
    const step = await open(1);
    const losses: number[] = [];
    for (let i = 0; i < 60; i++) {
      const result = await step.run(state, detectorBatch, 0.01);
      state = result.state;
      losses.push(result.loss);
    }
    await step.release();
    assert.ok(losses.at(-1)! < losses[0]! / 2, `${losses[0]} became ${losses.at(-1)}`);
  });

  test('begins with random weights but for those that are learnt', async () => {
    const size = { count, width, height };
    const { parameters, statistics } = start();
    const random = () => new Random('start');
    const begin = async (learnt?: { parameters: Weights; statistics: Weights }) => {
      const settings = { shape, size, replicas: 1, threads: 1 };
      const { step, state } = await openFirstStep(detectorObjective, settings, random(), learnt);
      assert.equal((await step.run(state, detectorBatch, 0.01)).state.step, 1);
      await step.release();
      return state;
    };
    assert.deepEqual(await begin(), initialState(parameters, statistics));
    const [weight, mean] = ['conv1a.weight', 'conv1a.mean'];
    const doubled = (tensors: Weights, name: string): Weights => {
      const { dims, data } = tensors[name];
      return { [name]: { dims, data: data.map((value) => 2 * value + 1) } };
    };
    const learnt = { parameters: doubled(parameters, weight), statistics: doubled(statistics, mean) };
    assert.deepEqual(
      await begin(learnt),
      initialState({ ...parameters, ...learnt.parameters }, { ...statistics, ...learnt.statistics }),
    );
  });

  test('refuses replicas that cannot share the batch equally', async () => {
    await assert.rejects(open(3), /expected a batch that 3 replicas share equally, got 4/);
  });
});

test('the learning rate rises linearly, then falls as half a cosine', () => {
  const schedule = { peak: 2, warmupSteps: 4, final: 0.5 };
  const rates = Array.from({ length: 21 }, (_, step) => learningRateAt(step, 20, schedule));
  assert.deepEqual(rates.slice(0, 5), [0.5, 1, 1.5, 2, 2]);
  assert.ok(Math.abs(rates[12] - 1.25) < 1e-12);
  assert.equal(rates[20], 0.5);
  for (let step = 5; step <= 20; step++) assert.ok(rates[step] < rates[step - 1]);
  assert.equal(learningRateAt(7, 20, { peak: 1, warmupSteps: 0, final: 1 }), 1);
});
