import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Graph, type Value } from '../../src/graph/graph.js';
import { encodeModel } from '../../src/graph/onnx.js';
import { createSession, type Tensor, tensor } from '../../src/graph/session.js';
import { dualSoftmaxLoss, hingeLoss, unitLength } from '../../src/network/descriptor-loss.js';
import { detectorLoss } from '../../src/network/detector-loss.js';
import { Random } from '../../src/random.js';
import { assertClose } from '../assert-close.js';
import { checkGradients } from '../graph/check-gradient.js';

function fill(dims: number[], make: (random: Random, index: number) => number): Tensor {
  const random = new Random(`values of ${dims}`);
  const size = dims.reduce((product, dim) => product * dim, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => make(random, i)),
    dims,
  );
}

type Build = (values: Record<string, Value>) => Value;

async function evaluate(inputs: Record<string, Tensor>, build: Build): Promise<number> {
  const graph = new Graph('loss');
  const values = Object.fromEntries(
    Object.entries(inputs).map(([name, { dims }]) => [name, graph.input(name, 'float32', dims)]),
  );
  graph.output('loss', build(values));
  const session = await createSession(encodeModel(graph), { threads: 1 });
  const { loss } = await session.run(inputs);
  await session.release();
  assert.deepEqual([...loss.dims], [], 'a scalar');
  return Number(loss.data[0]);
}

const numbers = ({ data }: Tensor) => Array.from(data as Float32Array);
const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

suite('the loss of the detector', () => {
  // Two pictures of 1 x 3 cells.
  const logits = fill([2, 65, 1, 3], (random) => 2 * random.normal());
  const masks = tensor(Float32Array.of(1, 0, 1, 1, 1, 0), [2, 1, 3]);
  const classes = [3, 64, 0, 64, 17, 5];
  const targets = tensor(new Float32Array(2 * 65 * 3), [2, 65, 1, 3]);
  classes.forEach((target, cell) => {
    const [n, i] = [Math.floor(cell / 3), cell % 3];
    targets.data[(n * 65 + target) * 3 + i] = 0.75;
    targets.data[(n * 65 + 40) * 3 + i] = 0.25;
  });
  const build: Build = (values) => detectorLoss(values.logits, values.targets, values.masks);

  test('is the mean cross-entropy of the cells that count', async () => {
    const perCell = classes.map((target, cell) => {
      const [n, i] = [Math.floor(cell / 3), cell % 3];
      const scores = Array.from({ length: 65 }, (_, c) => Number(logits.data[(n * 65 + c) * 3 + i]));
      const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
      return Math.log(total) - 0.75 * scores[target] - 0.25 * scores[40];
    });
    const expected = mean([0, 2, 3, 4].map((cell) => perCell[cell]));
    assertClose([await evaluate({ logits, targets, masks }, build)], [expected], 1e-5);
  });

  test('is zero where no cell counts', async () => {
    const none = tensor(new Float32Array(6), [2, 1, 3]);
    assert.equal(await evaluate({ logits, targets, masks: none }, build), 0);
  });

  test('has the gradient of its differences', () =>
    checkGradients({ inputs: { logits, targets, masks }, constant: ['targets', 'masks'], build }));
});

/** Two pairs of views of 2 x 3 cells with 4 numbers a descriptor. */
const [BATCH, DIM, ROWS, COLUMNS] = [2, 4, 2, 3];
const CELLS = ROWS * COLUMNS;
const descriptors = fill([2 * BATCH, DIM, ROWS, COLUMNS], (random) => random.normal());

/** The descriptor of a cell of a view at length 1. */
function unit(view: number, cell: number): number[] {
  const vector = Array.from({ length: DIM }, (_, d) =>
    Number(descriptors.data[(view * DIM + d) * CELLS + cell]),
  );
  return vector.map((value) => value / Math.hypot(...vector));
}

suite("the paper's loss of the descriptor", () => {
  // No similarity of these descriptors lies near the margin, where the loss has a kink.
  const settings = { lambdaD: 3, positiveMargin: 1, negativeMargin: 0.28 };
  const masks = fill([2 * BATCH, ROWS, COLUMNS], (_, i) => (i % 5 === 1 ? 0 : 1));
  const warpedCells = fill([BATCH, CELLS, 2], (random, i) =>
    i % 2 === 0 ? random.between(-6, 26) : random.between(-6, 18),
  );
  const build: Build = (values) =>
    hingeLoss(unitLength(values.descriptors, 1), values.warpedCells, values.masks, settings);

  test('is the mean over all valid pairs of cells', async () => {
    const terms: number[] = [];
    const kinds = { same: 0, other: 0 };
    for (let pair = 0; pair < BATCH; pair++) {
      for (let i = 0; i < CELLS; i++) {
        for (let j = 0; j < CELLS; j++) {
          if (masks.data[pair * CELLS + i] === 0 || masks.data[(BATCH + pair) * CELLS + j] === 0) continue;
          const [x, y] = [0, 1].map((axis) => Number(warpedCells.data[(pair * CELLS + i) * 2 + axis]));
          const distance = Math.hypot(x - (8 * (j % COLUMNS) + 3.5), y - (8 * Math.floor(j / COLUMNS) + 3.5));
          const similarity = dot(unit(pair, i), unit(BATCH + pair, j));
          if (distance <= 8) terms.push(settings.lambdaD * Math.max(0, 1 - similarity));
          else terms.push(Math.max(0, similarity - settings.negativeMargin));
          kinds[distance <= 8 ? 'same' : 'other']++;
        }
      }
    }
    assert.ok(kinds.same > 5 && kinds.other > 5);
    const loss = await evaluate({ descriptors, warpedCells, masks }, build);
    assertClose([loss], [mean(terms)], 1e-5);
  });

  test('has the gradient of its differences', () =>
    checkGradients({
      inputs: { descriptors, warpedCells, masks },
      constant: ['warpedCells', 'masks'],
      build,
    }));
});

suite('the dual softmax loss of the descriptor', () => {
  const count = 5;
  const settings = { temperature: 0.5, exclusionRadius: 8 };
  const points = fill([2 * BATCH, count, 2], (random) => random.between(0, 20));
  const rowWeights = fill([2 * BATCH, count, ROWS], (random) => random.between(-0.1, 1));
  const columnWeights = fill([2 * BATCH, count, COLUMNS], (random) => random.between(-0.1, 1));
  const importance = tensor(Float32Array.of(1, 0, 0.3, 1, 1, 1, 1, 0.3, 1, 0), [BATCH, count]);
  // The points without importance are there in view 0 alone.
  const present = tensor(Float32Array.of(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0), [
    2 * BATCH,
    count,
  ]);
  const inputs = { descriptors, points, rowWeights, columnWeights, importance, present };
  const build: Build = (values) =>
    dualSoftmaxLoss(
      unitLength(values.descriptors, 1),
      {
        points: values.points,
        rowWeights: values.rowWeights,
        columnWeights: values.columnWeights,
        importance: values.importance,
        present: values.present,
      },
      settings,
    ).loss;

  /** The descriptor at point p of a view, read by its weights. */
  function sampled(view: number, p: number): number[] {
    const vector = Array<number>(DIM).fill(0);
    for (let cell = 0; cell < CELLS; cell++) {
      const row = Number(rowWeights.data[(view * count + p) * ROWS + Math.floor(cell / COLUMNS)]);
      const column = Number(columnWeights.data[(view * count + p) * COLUMNS + (cell % COLUMNS)]);
      unit(view, cell).forEach((value, d) => {
        vector[d] += row * column * value;
      });
    }
    return vector.map((value) => value / Math.hypot(...vector));
  }

  const near = (view: number, p: number, q: number) => {
    const at = (point: number) =>
      numbers(points).slice((view * count + point) * 2, (view * count + point) * 2 + 2);
    return Math.hypot(...at(p).map((value, axis) => value - at(q)[axis])) <= settings.exclusionRadius;
  };

  test('is the weighted cross-entropy of both directions, without ambiguous and hidden points', async () => {
    let [sum, weight, excluded, oneSided] = [0, 0, 0, 0];
    for (let pair = 0; pair < BATCH; pair++) {
      const shown = (p: number) => Number(importance.data[pair * count + p]) > 0;
      const score = (p: number, q: number) =>
        dot(sampled(pair, p), sampled(BATCH + pair, q)) / settings.temperature;
      const inView = (view: number, p: number) => present.data[view * count + p] === 1;
      const compared = (p: number, q: number) =>
        inView(pair, p) &&
        inView(BATCH + pair, q) &&
        (p === q || !(near(pair, p, q) || near(BATCH + pair, p, q)));
      for (let p = 0; p < count; p++) {
        if (!shown(p)) continue;
        const all = Array.from({ length: count }, (_, q) => q);
        const others = all.filter((q) => compared(p, q));
        const othersBack = all.filter((q) => compared(q, p));
        excluded += count - others.length;
        oneSided += othersBack.filter((q) => !shown(q)).length;
        const along = (scores: number[]) => Math.log(scores.reduce((total, s) => total + Math.exp(s), 0));
        const there = score(p, p) - along(others.map((q) => score(p, q)));
        const back = score(p, p) - along(othersBack.map((q) => score(q, p)));
        const value = Number(importance.data[pair * count + p]);
        sum -= (value * (there + back)) / 2;
        weight += value;
      }
    }
    assert.ok(excluded > 4 && oneSided > 0);
    assertClose([await evaluate(inputs, build)], [sum / weight], 1e-5);
  });

  test('counts the points whose nearest neighbour is the true one', async () => {
    // Descriptors read at the cells themselves; the second view shows the first, but for one cell.
    const data = numbers(descriptors).slice(0, DIM * CELLS);
    const other = data.map((value, i) => (i % CELLS === 2 ? -value : value));
    const oneHot = (length: number, index: (p: number) => number) =>
      fill([2, CELLS, length], (_, i) => (i % length === index(Math.floor(i / length) % CELLS) ? 1 : 0));
    const feeds = {
      descriptors: tensor(Float32Array.from([...data, ...other]), [2, DIM, ROWS, COLUMNS]),
      points: fill([2, CELLS, 2], (_, i) => 100 * i),
      rowWeights: oneHot(ROWS, (p) => Math.floor(p / COLUMNS)),
      columnWeights: oneHot(COLUMNS, (p) => p % COLUMNS),
      importance: fill([1, CELLS], () => 1),
      present: fill([2, CELLS], () => 1),
    };
    const matched = await evaluate(feeds, (values) => {
      const { descriptors: map, ...correspondences } = values;
      const given = correspondences as unknown as Parameters<typeof dualSoftmaxLoss>[1];
      return dualSoftmaxLoss(unitLength(map, 1), given, settings).matched;
    });
    assertClose([matched], [(CELLS - 1) / CELLS], 1e-6);
  });

  test("mixes a teacher's softmax into the answer of both directions", async () => {
    const teacher = fill([2 * BATCH, DIM + 1, ROWS, COLUMNS], (random) => random.normal());
    const taughtBy = (map: Value, share: number) => (values: Record<string, Value>) => {
      const { descriptors: own, ...rest } = values;
      const given = rest as unknown as Parameters<typeof dualSoftmaxLoss>[1];
      const descriptors = unitLength(map.graph === own.graph ? map : own, 1);
      return dualSoftmaxLoss(unitLength(own, 1), given, settings, { descriptors, share }).loss;
    };
    const withTeacher = (share: number, self = false) =>
      evaluate(self ? inputs : { ...inputs, teacher }, (values) => {
        const { teacher: map, ...student } = values;
        return taughtBy(self ? values.descriptors : map, share)(student);
      });
    const alone = await evaluate(inputs, build);
    const [none, half, whole] = [await withTeacher(0), await withTeacher(0.5), await withTeacher(1)];
    assertClose([none], [alone], 1e-5);
    assertClose([half], [(alone + whole) / 2], 1e-5);
    // Of all answers, a network's own asks the least of it: the entropy, below every cross-entropy.
    assert.ok((await withTeacher(1, true)) < whole);
  });

  test('has the gradient of its differences', () =>
    checkGradients({
      inputs,
      constant: ['points', 'rowWeights', 'columnWeights', 'importance', 'present'],
      build,
    }));
});
