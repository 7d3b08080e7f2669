/**
 * Against an independent scorer: its figures on graf, boat, leuven and ubc of the Oxford affine set, where the
 * variable SUPERPOINT_DATA names a folder that holds them as homographies/oxford.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { evaluateHomographies } from '../../../src/evaluation/protocols/evaluate-homographies.js';
import { type Figure, findFigure } from '../../../src/evaluation/protocols/figure.js';
import { ALL } from '../../../src/evaluation/protocols/group.js';
import { PROFILES } from '../../../src/evaluation/protocols/profiles.js';
import { readSequences } from '../../../src/evaluation/protocols/sequences.js';
import { figuresOf } from '../../../src/evaluation/protocols/summarise.js';
import { publishedBeside } from '../../../src/evaluation/report/published.js';
import { openRival } from '../../../src/evaluation/rivals/rivals.js';

const DATA = join(process.env.SUPERPOINT_DATA ?? '', 'homographies/oxford');
const skip =
  process.env.SUPERPOINT_DATA === undefined || !existsSync(DATA)
    ? 'set SUPERPOINT_DATA to a folder with homographies/oxford'
    : false;

/** Repeatability, localisation error, NN mAP, matching score. */
const EXPECTED: Readonly<Record<string, readonly number[]>> = {
  sift: [0.631, 0.751, 0.73, 0.371],
  orb: [0.824, 0.876, 0.765, 0.382],
  akaze: [0.763, 0.827, 0.799, 0.475],
  harris: [0.785, 1.03],
  'shi-tomasi': [0.765, 0.98],
  fast: [0.675, 1.02],
};
const FIGURES: readonly Figure[] = [
  { name: 'repeatability', epsilon: 3 },
  { name: 'localisationError', epsilon: 3 },
  { name: 'nnMap' },
  { name: 'matchingScore' },
];
/** Rounding of the expected figures, and of resizing to 8 bits. */
const TOLERANCE = 0.008;

suite('an independent scorer', { skip }, () => {
  test('has measured other networks on the same pictures', async () => {
    const { hash } = await readSequences(DATA);
    const rows = publishedBeside(hash).flatMap((table) => (table.samePairs ? table.rows : []));
    assert.ok(rows.some(({ name }) => name.startsWith('SuperPoint v1')));
  });

  for (const [name, expected] of Object.entries(EXPECTED)) {
    test(`agrees on ${name}`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'superpoint-independent-'));
      try {
        const set = await readSequences(DATA);
        const { rows } = await evaluateHomographies(
          set,
          PROFILES.design,
          [await openRival(name, 0)],
          [],
          folder,
        );
        const { detector, homography } = rows[0];
        const measured = [detector.detector, homography.homography].flatMap(
          (result) => figuresOf(result?.figures, ALL) ?? [],
        );
        const value = (figure: Figure) => findFigure(measured, figure)?.value ?? Number.NaN;
        for (const [n, theirs] of expected.entries()) {
          const ours = value(FIGURES[n]);
          assert.ok(Math.abs(ours - theirs) <= TOLERANCE, `${FIGURES[n].name}: ${ours}, expected ${theirs}`);
        }
        // Homographies depend on the order in which RANSAC happens to draw: within two pairs of twenty.
        if (name === 'sift' || name === 'akaze') {
          for (const [threshold, share] of [
            [1, name === 'sift' ? 0.65 : 0.6],
            [3, name === 'sift' ? 0.85 : 0.8],
          ]) {
            const ours = value({ name: 'homography', epsilon: threshold, estimator: 'opencv' });
            assert.ok(Math.abs(ours - share) < 0.101, `homography@${threshold}: ${ours}, expected ${share}`);
          }
        }
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  }
});
