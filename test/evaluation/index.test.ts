/** The entry point alone serves to compare a method of one's own with others, as docs/evaluation.md shows. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  ALL,
  describeEnvironment,
  evaluateHomographies,
  figuresOf,
  findFigure,
  homographyReport,
  type Method,
  networkMethod,
  openRival,
  PROFILES,
  readSequences,
  writeReport,
} from '../../src/evaluation/index.js';
import { writeSequence } from './scenes.js';

/** Every tenth pixel each way, at the same places in each picture. */
const GRID: Method = {
  name: 'grid',
  describes: false,
  settings: { step: 10 },
  extract: async ({ width, height }) => {
    const keypoints: number[] = [];
    for (let y = 5; y < height; y += 10) for (let x = 5; x < width; x += 10) keypoints.push(x, y);
    const count = keypoints.length / 2;
    return {
      width,
      height,
      count,
      keypoints: Float32Array.from(keypoints),
      scores: new Float32Array(count).fill(1),
      descriptors: new Float32Array(),
      descriptorDim: 0,
    };
  },
};

test('a method of one’s own, a network and a rival are compared and reported', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'superpoint-entry-'));
  try {
    await writeSequence(join(folder, 'data'), 'v_one', { width: 320, height: 240 });
    const methods = [GRID, await networkMethod('superpoint-small-int8'), await openRival('orb', 0)];
    const set = await readSequences(join(folder, 'data'));
    const evaluation = await evaluateHomographies(
      set,
      PROFILES.design,
      methods,
      [],
      join(folder, 'features'),
    );
    assert.deepEqual(
      evaluation.rows.map(({ name, homography }) => [name, Object.keys(homography)]),
      [
        ['grid', []],
        ['SuperPoint', ['homography']],
        ['ORB', ['homography']],
      ],
    );
    const { figures } = evaluation.rows[2].homography.homography;
    assert.ok((findFigure(figuresOf(figures, ALL), { name: 'nnMap' })?.value ?? 0) > 0.8);
    const report = await homographyReport(evaluation, {
      title: 'Mine',
      environment: await describeEnvironment(),
      seconds: 1,
      peakMemory: 1,
      pictures: [],
      pictureCaption: '',
    });
    const [, markdown] = await writeReport(folder, 'mine', report, evaluation);
    assert.match(await readFile(markdown, 'utf8'), /^\| grid \|/m);
    await Promise.all(methods.map((method) => method.dispose?.()));
  } finally {
    await rm(folder, { recursive: true });
  }
});
