import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Graph } from '../../src/graph/graph.js';
import { encodeModel } from '../../src/graph/onnx.js';
import { createSession } from '../../src/graph/session.js';
import { allLayers, type NetworkShape } from '../../src/network/architecture.js';
import { foldNormalisation, initialParameters, initialStatistics } from '../../src/network/weights.js';
import { Random } from '../../src/random.js';
import { emptyDetectorBatch, type PairBatch } from '../../src/training/batches.js';
import { emptyCorrespondences } from '../../src/training/correspondences.js';
import { jointObjective, type Teacher } from '../../src/training/objective.js';
import { startingState } from '../../src/training/starting-point.js';
import { assertClose } from '../assert-close.js';

const SIZE = { count: 1, width: 16, height: 16 };
const STUDENT: NetworkShape = { encoder: [2, 2, 3, 3], head: 4, descriptor: 5 };
const TEACHER: NetworkShape = { encoder: [3, 2, 4, 3], head: 5, descriptor: 6 };
const LOSS = {
  kind: 'dualSoftmax',
  temperature: 0.1,
  weight: 1,
  exclusionRadius: 4,
  backgroundImportance: 0.3,
} as const;

function weightsOf(shape: NetworkShape, seed: number) {
  return foldNormalisation(shape, initialParameters(shape, new Random(seed)), initialStatistics(shape));
}

/** A pair of noise whose first view is also its second, with every cell's centre in correspondence. */
function pairBatch(): PairBatch {
  const view = () => {
    const random = new Random('pixels');
    const batch = emptyDetectorBatch(1, 16, 16, true);
    for (let i = 0; i < 256; i++) batch.images[i] = batch.clean![i] = random.uniform();
    batch.masks.fill(1);
    batch.targets.fill(1, 64 * 4);
    return batch;
  };
  const correspondences = emptyCorrespondences(1, 16, 16);
  for (const { points, rowWeights, columnWeights, present } of [
    correspondences.view0,
    correspondences.view1,
  ]) {
    for (let cell = 0; cell < 4; cell++) {
      points.set([8 * (cell % 2) + 3.5, 8 * (cell >> 1) + 3.5], 2 * cell);
      rowWeights[2 * cell + (cell >> 1)] = 1;
      columnWeights[2 * cell + (cell % 2)] = 1;
    }
    present.fill(1);
  }
  return {
    ...SIZE,
    view0: view(),
    view1: view(),
    H_0to1: Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
    correspondences,
  };
}

async function termsOf(teacher?: Teacher, batch = pairBatch()): Promise<Record<string, number>> {
  const objective = jointObjective(LOSS, { teacher });
  const folded = new Set(allLayers(STUDENT).map(({ name }) => name));
  const { parameters } = startingState(
    STUDENT,
    { parameters: weightsOf(STUDENT, 1), statistics: {} },
    new Random(1),
    folded,
  );
  const graph = new Graph('objective');
  const values = Object.fromEntries(
    Object.entries(parameters).map(([name, { data, dims }]) => [name, graph.constant(data, dims, name)]),
  );
  const { terms } = objective.build(graph, STUDENT, values, SIZE);
  for (const [name, value] of Object.entries(terms)) graph.output(name, value);
  const session = await createSession(encodeModel(graph), { threads: 1 });
  const results = await session.run(objective.feeds(batch, 0, 1));
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Number(data[0])]));
}

test('a teacher who is not believed changes nothing; one who is, changes both losses', async () => {
  const weights = weightsOf(TEACHER, 2);
  const alone = await termsOf();
  const ignored = await termsOf({ weights, detectorShare: 0, descriptorShare: 0 });
  assertClose([ignored.detector, ignored.descriptor], [alone.detector, alone.descriptor], 1e-5);
  const believed = await termsOf({ weights, detectorShare: 1, descriptorShare: 1 });
  assert.notEqual(believed.detector, alone.detector);
  assert.notEqual(believed.descriptor, alone.descriptor);
});

test('the teacher sees the views as they were before light and camera changed them', async () => {
  const teacher = { weights: weightsOf(TEACHER, 2), detectorShare: 1, descriptorShare: 1 };
  const before = await termsOf(teacher);
  const batch = pairBatch();
  batch.view0.clean!.fill(0.5);
  const after = await termsOf(teacher, batch);
  assert.notEqual(after.detector, before.detector);
});

test('a teacher without descriptors, or a batch without clean views, is refused', async () => {
  const magicPoint = {
    weights: weightsOf({ ...TEACHER, descriptor: 0 }, 2),
    detectorShare: 1,
    descriptorShare: 1,
  };
  await assert.rejects(termsOf(magicPoint), /expected a teacher with descriptors/);
  const { clean, ...view0 } = pairBatch().view0;
  assert.ok(clean);
  const teacher = { weights: weightsOf(TEACHER, 2), detectorShare: 1, descriptorShare: 1 };
  await assert.rejects(termsOf(teacher, { ...pairBatch(), view0 }), /expected a batch with clean views/);
});
