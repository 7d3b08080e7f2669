import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import {
  keptUnless,
  type Origin,
  originDifferences,
  originMetadata,
  originOf,
  originOfMetadata,
  originPath,
  photographsOrigin,
  requireSameOrigin,
  restoreOrigin,
  storeOrigin,
  weightsOrigin,
} from '../../src/files/origin.js';

const shapes = originOf('training', { stage: 'magicpoint', steps: 10, rate: { peak: 0.1, final: 0 } });
const tensors = (value: number) => ({ 'conv.weight': { dims: [2], data: Float32Array.of(1, value) } });

/** Labels and a network that both come from one and the same start. */
function joint(start: Origin, seed = 1, value = 2): Origin {
  const weights = weightsOrigin(tensors(value), start);
  return originOf(
    'training',
    { stage: 'superpoint' },
    { labels: originOf('adaptation', { seed }, { weights }), weights },
  );
}

suite('origins', () => {
  test('are the same for the same settings and inputs in whatever order, and for nothing else', () => {
    const swapped = originOf('training', {
      rate: { final: 0, peak: 0.1 },
      steps: 10,
      stage: 'magicpoint',
      seed: undefined,
    });
    assert.equal(swapped.hash, shapes.hash);
    const others = [
      originOf('training', { ...shapes.settings, steps: 11 }),
      originOf('labels', shapes.settings),
      originOf('training', shapes.settings, { start: shapes }),
      originOf('training', shapes.settings, { labels: shapes }),
    ];
    assert.equal(new Set([shapes, ...others].map(({ hash }) => hash)).size, 5);
    assert.notEqual(weightsOrigin(tensors(2)).hash, weightsOrigin(tensors(3)).hash);
    assert.notEqual(
      weightsOrigin(tensors(2)).hash,
      weightsOrigin({ 'conv.weight': { ...tensors(2)['conv.weight'], dims: [2, 1] } }).hash,
    );
    const photographs = [
      { file: 'a', digest: '1' },
      { file: 'b', digest: '2' },
    ];
    assert.equal(photographsOrigin(photographs).hash, photographsOrigin([...photographs].reverse()).hash);
    assert.notEqual(photographsOrigin(photographs).hash, photographsOrigin(photographs.slice(1)).hash);
  });

  test('come back from a file whole, each stage stored once', () => {
    let network = shapes;
    for (let round = 0; round < 12; round++) network = joint(network, round);
    const text = JSON.stringify(storeOrigin(network));
    // One stage of shapes and three a round; as a tree it would be thousands.
    assert.equal(storeOrigin(network).stages.length, 1 + 3 * 12);
    assert.deepEqual(restoreOrigin(JSON.parse(text)), network);
    assert.deepEqual(originOfMetadata(originMetadata(network)), network);
    assert.equal(originOfMetadata({ recipe: '{}' }), undefined);
  });

  test('that were changed by hand, or are none, are refused in one line', () => {
    const stored = storeOrigin(joint(shapes));
    const edited = structuredClone(stored) as unknown as { stages: { settings: { steps?: number } }[] };
    edited.stages[0].settings.steps = 99;
    const cases: [unknown, RegExp][] = [
      [edited, /^FormatError: the origin's stage \w+ was changed afterwards$/],
      [{ ...stored, stages: stored.stages.slice(1) }, /stage \w+ lacks its input madeBy$/],
      [{ ...stored, hash: 'x' }, /lacks its last stage$/],
      [
        { hash: 'x', stages: [{ kind: 'toString' }] },
        /expected a stage of an origin, got one of kind toString/,
      ],
      [{ hash: 'x', stages: [7] }, /got one of kind none/],
      [null, /expected an origin with its stages, got none/],
      ['origin', /got none/],
    ];
    for (const [value, message] of cases) assert.throws(() => restoreOrigin(value), message);
    assert.throws(() => originOfMetadata({ origin: '{' }), /^FormatError: metadata: /);
  });

  test('tell what differs: settings before digests, a shared input once', () => {
    const longer = originOf('training', {
      ...shapes.settings,
      steps: 20,
      rate: { peak: 0.2, final: 0 },
      ema: 0.9,
    });
    assert.deepEqual(originDifferences(shapes, longer), [
      'rate.peak 0.1 → 0.2',
      'steps 10 → 20',
      'ema none → 0.9',
    ]);
    assert.deepEqual(originDifferences(joint(shapes), joint(longer, 2, 3)), [
      'labels.seed 1 → 2',
      'labels.weights.rate.peak 0.1 → 0.2',
      'labels.weights.steps 10 → 20',
      'labels.weights.ema none → 0.9',
    ]);
    const [from, to] = [2, 3].map((value) => weightsOrigin(tensors(value)).settings.digest);
    assert.deepEqual(originDifferences(joint(shapes), joint(shapes, 1, 3)), [
      `labels.weights.digest ${from} → ${to}`,
    ]);
    assert.deepEqual(originDifferences(weightsOrigin(tensors(2)), weightsOrigin(tensors(2), shapes)), [
      'madeBy none → given',
    ]);
    const many = (value: number) =>
      originOf('features', Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`s${n}`, value])));
    assert.throws(
      () => requireSameOrigin('f', many(1), many(2)),
      /: s0 1 → 2, .*, s5 1 → 2 and 3 more; name/,
    );
  });

  suite('of kept files', () => {
    let folder = '';
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'superpoint-origin-'));
    });
    after(() => rm(folder, { recursive: true }));

    test('let them be made when they are missing, made otherwise, or half made', async () => {
      const path = join(folder, 'kept');
      let made = 0;
      const keep = (seed: number, fails = false) =>
        keptUnless(path, originOf('features', { seed }), async (isThere) => {
          await writeFile(path, `made with ${seed}`);
          if (fails) throw new Error('stopped half-way');
          return { made: ++made, isThere };
        });
      assert.deepEqual(await keep(1), { made: 1, isThere: false });
      assert.deepEqual(await keep(1), { made: 1, isThere: false });
      assert.deepEqual(await keep(2), { made: 2, isThere: true });
      assert.equal(await readFile(path, 'utf8'), 'made with 2');
      // What was half made by 3 does not pass for what 2 made, nor for whole.
      await assert.rejects(keep(3, true), /half-way/);
      await assert.rejects(keep(3, true), /half-way/);
      assert.deepEqual(await keep(2), { made: 3, isThere: true });
      await rm(path);
      assert.deepEqual(await keep(2), { made: 4, isThere: false });
      await writeFile(originPath(path), 'no origin');
      assert.deepEqual(await keep(2), { made: 5, isThere: false });
    });
  });
});
