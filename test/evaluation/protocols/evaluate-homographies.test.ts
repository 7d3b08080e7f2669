import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import {
  evaluateHomographies,
  featurePath,
} from '../../../src/evaluation/protocols/evaluate-homographies.js';
import { type Figure, findFigure } from '../../../src/evaluation/protocols/figure.js';
import { ALL, groupTitle } from '../../../src/evaluation/protocols/group.js';
import { PROFILES } from '../../../src/evaluation/protocols/profiles.js';
import {
  readSequenceImage,
  readSequences,
  type SequenceSet,
} from '../../../src/evaluation/protocols/sequences.js';
import { figuresOf, type GroupedFigures } from '../../../src/evaluation/protocols/summarise.js';
import { orb } from '../../../src/evaluation/rivals/binary-features.js';
import { harris, randomPoints } from '../../../src/evaluation/rivals/classical-detectors.js';
import type { Method } from '../../../src/evaluation/rivals/method.js';
import { sift } from '../../../src/evaluation/rivals/sift.js';
import type { NamedFeatures } from '../../../src/formats/features-json.js';
import { writeHlocFeatures } from '../../../src/formats/hloc.js';
import { writeSequence } from '../scenes.js';

/** A method that counts how often it is asked. */
function counted(method: Method): { method: Method; asked: () => number } {
  let asked = 0;
  return {
    asked: () => asked,
    method: {
      ...method,
      extract: (...parameters) => {
        asked++;
        return method.extract(...parameters);
      },
    },
  };
}

suite('the comparison on sequences', () => {
  let folder = '';
  let set: SequenceSet;
  const { design } = PROFILES;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-comparison-'));
    await writeSequence(join(folder, 'data'), 'i_first');
    await writeSequence(join(folder, 'data'), 'v_second', { width: 300, height: 320 });
    set = await readSequences(join(folder, 'data'));
  });
  after(() => rm(folder, { recursive: true }));

  const value = (grouped: GroupedFigures, figure: Figure) =>
    findFigure(figuresOf(grouped, ALL), figure)?.value ?? Number.NaN;

  test('finds the homography of easy pairs through resize and crop, and chance finds nothing', async () => {
    const kept = join(folder, 'easy');
    const { rows } = await evaluateHomographies(set, design, [await orb(), randomPoints(0)], [], kept);
    const [orbRow, randomRow] = rows;
    const { figures } = orbRow.homography.homography;
    assert.equal(value(figures, { name: 'homography', epsilon: 3, estimator: 'opencv' }), 1);
    assert.equal(value(figures, { name: 'homography', epsilon: 3, estimator: 'ours' }), 1);
    assert.ok(value(figures, { name: 'nnMap' }) > 0.8);
    assert.ok(value(orbRow.detector.detector.figures, { name: 'repeatability', epsilon: 3 }) > 0.8);
    assert.ok(value(randomRow.detector.detector.figures, { name: 'repeatability', epsilon: 3 }) < 0.25);
    assert.deepEqual(randomRow.homography, {});
    // Both categories are told apart; each pair is there by name.
    assert.deepEqual(
      figures.map(({ group }) => groupTitle(group)),
      ['all', 'illumination', 'viewpoint'],
    );
    assert.deepEqual(
      orbRow.homography.homography.pairs.map(({ sequence, number }) => `${sequence} ${number}`),
      ['i_first 2', 'i_first 3', 'v_second 2', 'v_second 3'],
    );
  });

  test('gives the same numbers twice', async () => {
    const methods = [await orb(), randomPoints(3)];
    const runs = [];
    for (const name of ['one', 'two']) {
      const { rows } = await evaluateHomographies(set, design, methods, [], join(folder, name));
      runs.push(
        rows.map(({ detector, homography }) => [
          detector.detector.pairs,
          detector.detector.figures,
          homography.homography?.pairs,
          homography.homography?.figures,
        ]),
      );
    }
    assert.deepEqual(runs[0], runs[1]);
  });

  test('scores kept features again without the method, and predicts again when its settings change', async () => {
    const kept = join(folder, 'kept');
    const { method, asked } = counted(await harris());
    const first = await evaluateHomographies(set, design, [method], [], kept);
    assert.equal(asked(), 6);
    const second = await evaluateHomographies(set, design, [method], [], kept);
    assert.equal(asked(), 6);
    assert.deepEqual(second, first);
    const changed = { ...method, settings: { ...method.settings, k: 0.05 } };
    await evaluateHomographies(set, design, [changed], [], kept);
    assert.equal(asked(), 12);
    assert.deepEqual((await readdir(kept)).sort(), ['harris-detector.h5', 'harris-detector.h5.origin.json']);
  });

  test('takes the features of others: of the original pictures or of the protocol’s', async () => {
    const kept = join(folder, 'theirs');
    const own = await evaluateHomographies(set, design, [await sift()], [], kept);
    const same = { name: 'file', path: featurePath(kept, 'SIFT', 'homography') };

    async function* original(): AsyncGenerator<NamedFeatures> {
      const method = await sift();
      for (const image of set.sequences.flatMap(({ images }) => images)) {
        const settings = { maxKeypoints: 1000, nmsRadius: 4, detectionThreshold: 0 };
        yield {
          name: image.name,
          features: await method.extract(await readSequenceImage(set.folder, image), settings, image.name),
        };
      }
    }
    const path = join(folder, 'original.h5');
    await writeHlocFeatures(path, original());
    const { rows } = await evaluateHomographies(set, design, [], [same, { name: 'original', path }], kept);

    // The protocol's own features give the protocol's own figures; at another size they name their task.
    assert.deepEqual(rows[0].homography.homography.pairs, own.rows[0].homography.homography.pairs);
    assert.match(rows[0].failures[0], /^detector: features of .* are of a 640x480 picture/);
    // A folder holds a file for each task.
    const run = { name: 'sift', path: kept };
    const again = await evaluateHomographies(set, design, [], [run], kept);
    assert.deepEqual(again.rows[0].detector.detector.pairs, own.rows[0].detector.detector.pairs);
    assert.deepEqual(again.rows[0].failures, []);
    // Features of the originals serve both sizes.
    assert.deepEqual(rows[1].failures, []);
    assert.equal(
      value(rows[1].homography.homography.figures, { name: 'homography', epsilon: 3, estimator: 'opencv' }),
      1,
    );
    assert.ok(value(rows[1].detector.detector.figures, { name: 'repeatability', epsilon: 3 }) > 0.6);
  });

  test('names what a file of features lacks, and goes on with the other rows', async () => {
    const path = join(folder, 'short.h5');
    const { width, height } = set.sequences[0].images[0];
    const none = { count: 0, keypoints: new Float32Array(), scores: new Float32Array() };
    const features = { width, height, ...none, descriptors: new Float32Array(), descriptorDim: 4 };
    await writeHlocFeatures(path, [{ name: 'i_first/1.png', features }]);
    await writeFile(join(folder, 'text.h5'), 'no HDF5');
    const sources = [
      { name: 'short', path },
      { name: 'text', path: join(folder, 'text.h5') },
      { name: 'none', path: join(folder, 'none.h5') },
    ];
    const { rows } = await evaluateHomographies(
      set,
      design,
      [randomPoints(0)],
      sources,
      join(folder, 'lacking'),
    );
    assert.deepEqual(rows[0].failures, []);
    assert.match(rows[1].failures[0], /no features of i_first\/2\.png/);
    assert.match(rows[2].failures[0], /not an HDF5 file/);
    assert.match(rows[3].failures[0], /none\.h5/);
  });

  test('leaves out the sequences that a profile excludes, and says so', async () => {
    const excluding = { ...design, homography: [], excluded: ['v_second'] };
    const { dataset, rows } = await evaluateHomographies(
      set,
      excluding,
      [randomPoints(0)],
      [],
      join(folder, 'excluding'),
    );
    assert.deepEqual([dataset.sequences, dataset.pairs, dataset.excluded], [1, 2, ['v_second']]);
    assert.equal(rows[0].detector.detector.pairs.length, 2);
  });

  test('every profile can be scored', async () => {
    for (const profile of Object.values(PROFILES)) {
      const [row] = (await evaluateHomographies(set, profile, [await orb()], [], join(folder, profile.name)))
        .rows;
      assert.deepEqual(row.failures, [], profile.name);
      assert.deepEqual(
        Object.keys(row.detector),
        profile.detector.map(({ name }) => name),
      );
      assert.deepEqual(
        Object.keys(row.homography),
        profile.homography.map(({ name }) => name),
      );
    }
  });
});
