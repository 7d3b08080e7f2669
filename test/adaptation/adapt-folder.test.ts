import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type AdaptFolderSettings, adaptFolder } from '../../src/adaptation/adapt-folder.js';
import { labelImage } from '../../src/adaptation/labeller.js';
import { readLabels } from '../../src/adaptation/labels.js';
import { ADAPTATION_HOMOGRAPHIES } from '../../src/geometry/sample-homography.js';
import { grayImage } from '../../src/image/image.js';
import type { Progress, ProgressState } from '../../src/progress.js';
import { Random } from '../../src/random.js';
import { smallWeights } from './small-network.js';

const ROUND = {
  warps: 4,
  detectionThreshold: 0.005,
  nmsRadius: 4,
  maxKeypoints: 20,
  cornerRadius: 0,
  homographies: ADAPTATION_HOMOGRAPHIES,
} as unknown as AdaptFolderSettings['round'];

let folder: string;
let files: string[];

/** A grey PGM file of random blocks. */
function pgm(seed: string, width: number, height: number): Buffer {
  const random = new Random(seed);
  const blocks = Array.from({ length: 400 }, () => random.integer(0, 255));
  const pixels = Buffer.alloc(width * height);
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = blocks[20 * (Math.floor(i / width / 7) % 20) + (Math.floor((i % width) / 9) % 20)];
  }
  return Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`), pixels]);
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adapt-'));
  await mkdir(join(folder, 'photos', 'sub'), { recursive: true });
  files = [];
  for (let n = 0; n < 7; n++) {
    const file = n < 5 ? `${n}.pgm` : `sub/${n}.pgm`;
    await writeFile(join(folder, 'photos', file), pgm(file, 40 + 7 * n, 64 - 3 * n));
    files.push(file);
  }
});

after(() => rm(folder, { recursive: true }));

function label(output: string, settings: Partial<AdaptFolderSettings> = {}) {
  return adaptFolder({
    photos: join(folder, 'photos'),
    files,
    weights: smallWeights(),
    output: join(folder, output),
    round: ROUND,
    seed: 3,
    workers: 0,
    ...settings,
  });
}

const text = (name: string) => readFile(join(folder, name), 'utf8');

test('every photograph gets a line, in order, with keypoints in its pixels', async () => {
  const summary = await label('new/whole.jsonl');
  assert.equal(summary.labelled, 7);
  assert.equal(summary.interrupted, false);
  const labels = await readLabels(join(folder, 'new/whole.jsonl'));
  assert.deepEqual(
    labels.map(({ file }) => file),
    files,
  );
  assert.equal(
    summary.keypoints,
    labels.reduce((sum, { scores }) => sum + scores.length, 0),
  );
  for (const [n, { width, height, keypoints, scores }] of labels.entries()) {
    assert.deepEqual([width, height], [40 + 7 * n, 64 - 3 * n]);
    assert.ok(scores.length > 0 && scores.length <= 20);
    for (let k = 0; k < keypoints.length; k += 2) {
      // 4 px of margin, and at most 1 px of refinement.
      assert.ok(keypoints[k] >= 3 && keypoints[k] <= width - 4);
      assert.ok(keypoints[k + 1] >= 3 && keypoints[k + 1] <= height - 4);
    }
  }
});

test('threads, shards and the order of photographs change no label', async () => {
  await label('a.jsonl');
  const whole = await text('a.jsonl');
  await label('threads.jsonl', { workers: 2 });
  assert.equal(await text('threads.jsonl'), whole);

  let joined = '';
  for (let index = 1; index <= 3; index++) {
    await label(`shard-${index}.jsonl`, { shard: { index, count: 3 } });
    joined += await text(`shard-${index}.jsonl`);
  }
  assert.equal(joined, whole);

  await label('reversed.jsonl', { files: [...files].reverse() });
  const lines = (content: string) => content.trimEnd().split('\n');
  assert.deepEqual(lines(await text('reversed.jsonl')).reverse(), lines(whole));

  await label('other-seed.jsonl', { seed: 4 });
  assert.notEqual(await text('other-seed.jsonl'), whole);
});

test('a run that was cut off in a line is continued to the same file', async () => {
  await label('cut.jsonl');
  const whole = await text('cut.jsonl');
  const thirdLine = whole.split('\n').slice(0, 2).join('\n').length + 20;
  await truncate(join(folder, 'cut.jsonl'), thirdLine);
  const summary = await label('cut.jsonl');
  assert.deepEqual([summary.skipped, summary.labelled], [2, 5]);
  assert.equal(await text('cut.jsonl'), whole);

  const again = await label('cut.jsonl', { workers: 2 });
  assert.deepEqual([again.skipped, again.labelled], [7, 0]);
  assert.equal(await text('cut.jsonl'), whole);
});

for (const workers of [0, 2]) {
  test(`an interrupted run keeps whole lines and can go on (${workers} threads)`, async () => {
    const name = `stopped-${workers}.jsonl`;
    const controller = new AbortController();
    const states: ProgressState[] = [];
    const progress: Progress = {
      update(state) {
        states.push(state);
        if (state.step === 3) controller.abort();
      },
      note: assert.fail,
      stop() {},
    };
    const summary = await label(name, { workers, progress, signal: controller.signal });
    assert.equal(summary.interrupted, true);
    assert.equal(summary.labelled, 3);
    assert.equal(states[0].steps, 7);
    assert.equal((await readLabels(join(folder, name))).length, 3);
    await label(name, { workers });
    await label('uninterrupted.jsonl');
    assert.equal(await text(name), await text('uninterrupted.jsonl'));
  });

  test(`photographs that cannot be read are listed and cost the others nothing (${workers} threads)`, async () => {
    const name = `failing-${workers}.jsonl`;
    await writeFile(join(folder, 'photos', 'broken.jpg'), 'no picture');
    await writeFile(join(folder, 'photos', 'small.pgm'), pgm('small', 7, 50));
    const notes: string[] = [];
    const progress: Progress = { update() {}, note: (line) => notes.push(line), stop() {} };
    const summary = await label(name, {
      workers,
      progress,
      files: ['broken.jpg', files[0], 'missing.png', 'small.pgm', files[1]],
    });
    assert.deepEqual(
      summary.failures.map(({ file }) => file),
      ['broken.jpg', 'missing.png', 'small.pgm'],
    );
    assert.match(
      summary.failures[2].problem,
      /small\.pgm: expected an image of at least 8x8 pixels, got 7x50/,
    );
    assert.equal(notes.length, 3);
    assert.equal(summary.labelled, 2);
    const labels = await readLabels(join(folder, name));
    assert.deepEqual(
      labels.map(({ file }) => file),
      [files[0], files[1]],
    );
  });
}

test('labels of a shrunken photograph are in pixels of the photograph as decoded', async () => {
  const photo = grayImage(100, 60);
  // Heat at whole pixel (20, 9) of the 50x30 picture: its centre is (41/2, 19/2) of the photograph's corners.
  const detect = async () => {
    const heatmap = new Float32Array(50 * 30);
    heatmap[9 * 50 + 20] = 0.9;
    return [heatmap];
  };
  const labels = await labelImage(detect, 'a.png', photo, {
    round: { ...ROUND, warps: 1, longestSide: 50 },
    seed: 1,
  });
  assert.deepEqual([labels.width, labels.height], [100, 60]);
  assert.deepEqual([...labels.keypoints], [40.5, 18.5]);
});

test('weights that are no network are refused', async () => {
  await assert.rejects(
    label('none.jsonl', { weights: {} }),
    /RangeError: expected a tensor named conv1a\.weight/,
  );
});
