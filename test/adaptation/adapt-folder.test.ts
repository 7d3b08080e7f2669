import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type AdaptFolderSettings, adaptFolder } from '../../src/adaptation/adapt-folder.js';
import { joinLabels } from '../../src/adaptation/join-labels.js';
import { labelImage } from '../../src/adaptation/labeller.js';
import { readLabels, readLabelsFile } from '../../src/adaptation/labels.js';
import { originOf, weightsOrigin } from '../../src/files/origin.js';
import { ADAPTATION_HOMOGRAPHIES } from '../../src/geometry/sample-homography.js';
import { grayImage } from '../../src/image/image.js';
import type { Progress } from '../../src/progress.js';
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

test('a photograph that is edited behind the labelling counts as changed the next time', async () => {
  const photos = join(folder, 'edited');
  await cp(join(folder, 'photos'), photos, { recursive: true });
  const edit = () => writeFileSync(join(photos, files[1]), pgm('edited', 47, 61));
  let told = 0;
  const onProgress = () => {
    if (told++ > 0) return;
    // The thread has labelled the second photograph before this one comes to write it down.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    edit();
  };
  await label('edited.jsonl', { photos, workers: 1, onProgress });
  await label('edited.jsonl', { photos });
  edit();
  await label('fresh.jsonl', { photos });
  const lines = async (name: string) => (await text(name)).split('\n').sort();
  assert.deepEqual(await lines('edited.jsonl'), await lines('fresh.jsonl'));
});

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

test('threads and the order of photographs change no label', async () => {
  await label('a.jsonl');
  const whole = await text('a.jsonl');
  await label('threads.jsonl', { workers: 2 });
  assert.equal(await text('threads.jsonl'), whole);

  await label('reversed.jsonl', { files: [...files].reverse() });
  const lines = (content: string) => content.trimEnd().split('\n').slice(1);
  assert.deepEqual(lines(await text('reversed.jsonl')).reverse(), lines(whole));

  await label('other-seed.jsonl', { seed: 4 });
  assert.notEqual(await text('other-seed.jsonl'), whole);
});

test('a run that was cut off in a line is continued to the same file', async () => {
  await label('cut.jsonl');
  const whole = await text('cut.jsonl');
  const thirdLine = whole.split('\n').slice(0, 3).join('\n').length + 20;
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
    const states: Progress[] = [];
    const onProgress = (state: Progress) => {
      states.push(state);
      if (state.done === 3) controller.abort();
    };
    const summary = await label(name, { workers, onProgress, signal: controller.signal });
    assert.equal(summary.interrupted, true);
    assert.equal(summary.labelled, 3);
    assert.deepEqual(
      states.map(({ what, done, of, note }) => ({ what, done, of, note })),
      [1, 2, 3].map((done) => ({ what: 'labels', done, of: 7, note: undefined })),
    );
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
    const onProgress = ({ note }: Progress) => note !== undefined && notes.push(note);
    const summary = await label(name, {
      workers,
      onProgress,
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

test('photographs that could not be read stay told, in their place, until they change', async () => {
  const bad = join(folder, 'photos', 'later.pgm');
  await writeFile(bad, 'no picture');
  const given = [files[0], 'later.pgm', files[1]];
  await label('later.jsonl', { files: given });
  const whole = await text('later.jsonl');
  // Cut off after the bad one, and continued.
  await truncate(join(folder, 'later.jsonl'), whole.split('\n').slice(0, 3).join('\n').length + 5);
  const { labelled, skipped, failures } = await label('later.jsonl', { files: given });
  assert.deepEqual([labelled, skipped, failures.map(({ file }) => file)], [1, 1, ['later.pgm']]);
  assert.equal(await text('later.jsonl'), whole);

  await writeFile(bad, pgm('later', 50, 50));
  const mended = await label('later.jsonl', { files: given });
  assert.deepEqual([mended.labelled, mended.skipped, mended.failures], [1, 2, []]);
  assert.deepEqual(
    (await readLabels(join(folder, 'later.jsonl'))).map(({ file }) => file),
    [files[0], files[1], 'later.pgm'],
  );
});

test('labels say what made them, and are not gone on with by other settings or weights', async () => {
  const training = originOf('training', { stage: 'magicpoint', steps: 7 });
  const settings = { files: files.slice(0, 2), madeBy: training };
  await label('told.jsonl', settings);
  const before = await text('told.jsonl');
  const { header } = await readLabelsFile(join(folder, 'told.jsonl'));
  assert.equal(header?.origin.settings.seed, 3);
  assert.equal(header?.origin.settings.maxKeypoints, 20);
  assert.equal(header?.origin.inputs.weights?.inputs.madeBy?.settings.steps, 7);

  const refused = async (other: Partial<AdaptFolderSettings>, differing: string) => {
    await assert.rejects(label('told.jsonl', { ...settings, ...other }), {
      name: 'OriginError',
      message:
        `${join(folder, 'told.jsonl')} was made from other settings or inputs: ${differing}; ` +
        'name another output, or overwrite it',
    });
    assert.equal(await text('told.jsonl'), before);
  };
  await refused({ seed: 1, round: { ...ROUND, maxKeypoints: 50 } }, 'maxKeypoints 20 → 50, seed 3 → 1');
  const longer = originOf('training', { stage: 'magicpoint', steps: 8 });
  await refused({ weights: smallWeights(2), madeBy: longer }, 'weights.steps 7 → 8');
  const [from, to] = [smallWeights(1), smallWeights(2)].map(
    (weights) => weightsOrigin(weights).settings.digest,
  );
  await refused({ weights: smallWeights(2) }, `weights.digest ${from} → ${to}`);

  const other = { ...settings, seed: 1, overwrite: true };
  assert.deepEqual((await label('told.jsonl', other)).labelled, 2);
  await label('told-anew.jsonl', { ...settings, seed: 1 });
  assert.equal(await text('told.jsonl'), await text('told-anew.jsonl'));
});

test('two at work on one file: the second is refused and changes nothing', async () => {
  const first = label('busy.jsonl');
  await assert.rejects(label('busy.jsonl'), /InUseError: .*busy\.jsonl is in use by process \d+ on /);
  assert.equal((await first).labelled, 7);
  assert.equal((await readLabels(join(folder, 'busy.jsonl'))).length, 7);
});

suite('shards', () => {
  const shards = [1, 2, 3].map((index) => `shard-${index}.jsonl`);
  const paths = (names: readonly string[]) => names.map((name) => join(folder, name));
  const joinShards = (names: readonly string[], output = 'joined.jsonl', options = {}) =>
    joinLabels(paths(names), join(folder, output), options);
  before(async () => {
    await writeFile(join(folder, 'photos', 'broken.jpg'), 'no picture');
    const all = ['broken.jpg', ...files];
    await label('unsharded.jsonl', { files: all });
    for (const [n, name] of shards.entries()) {
      await label(name, { files: all, shard: { index: n + 1, count: 3 } });
    }
  });

  test('join to the whole, to the byte, in whatever order they are given', async () => {
    const { shards: count, labelled, failures } = await joinShards([shards[2], shards[0], shards[1]]);
    assert.deepEqual([count, labelled, failures.map(({ file }) => file)], [3, 7, ['broken.jpg']]);
    assert.equal(await text('joined.jsonl'), await text('unsharded.jsonl'));
    // The same again, and by hand for training alone.
    await joinShards(shards);
    const byHand = (await Promise.all(shards.map(text))).join('');
    await writeFile(join(folder, 'by-hand.jsonl'), byHand);
    assert.deepEqual(
      await readLabels(join(folder, 'by-hand.jsonl')),
      await readLabels(join(folder, 'joined.jsonl')),
    );
  });

  test('are not joined with a gap, a double, an unfinished one, another origin or another list', async () => {
    const [first, second] = shards;
    const all = ['broken.jpg', ...files];
    const shard = { index: 3, count: 3 };
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    await label('half.jsonl', { files: all, shard, onProgress, signal: stop.signal });
    await label('seed.jsonl', { files: all, shard, seed: 9 });
    await label('list.jsonl', { files: [...files, 'small.pgm'], shard });
    await label('fewer.jsonl', { files, shard });
    await label('fourth.jsonl', { files: all, shard: { index: 3, count: 4 } });
    const cases: [string[], RegExp][] = [
      [[first, second], /LabelsError: 2 of 3 shards are given: shard 3\/3 is missing/],
      [[first, second, second], /shard-2\.jsonl: shard 2\/3 is .*shard-2\.jsonl already/],
      [[first, second, 'half.jsonl'], /half\.jsonl: shard 3\/3 has 1 of its 3 photographs; finish it first/],
      [[first, second, 'seed.jsonl'], /OriginError: .*seed\.jsonl was made from .*: seed 9 → 3/],
      [[first, second, 'list.jsonl'], /list\.jsonl: shard 3\/3 of 8 photographs.* with other names/],
      [
        [first, second, 'fewer.jsonl'],
        /fewer\.jsonl: shard 3\/3 of 7 photographs, but .*one of 3 shards of 8/,
      ],
      [[first, second, 'fourth.jsonl'], /fourth\.jsonl: shard 3\/4 of 8 photographs, but/],
      [['unsharded.jsonl'], /unsharded\.jsonl: expected labels of a shard, got all that are of none/],
      [[], /expected the labels of at least one shard, got none/],
    ];
    for (const [names, message] of cases) {
      await assert.rejects(joinShards(names, 'refused.jsonl'), message);
      await assert.rejects(text('refused.jsonl'), /ENOENT/);
    }
  });

  test('are not joined over what other settings made, unless asked for', async () => {
    await label('other.jsonl', { seed: 8 });
    const before = await text('other.jsonl');
    await assert.rejects(joinShards(shards, 'other.jsonl'), /other\.jsonl was made from .*: seed 8 → 3/);
    assert.equal(await text('other.jsonl'), before);
    await joinShards(shards, 'other.jsonl', { overwrite: true });
    assert.equal(await text('other.jsonl'), await text('unsharded.jsonl'));
  });
});

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

test('a corner too near to any edge of the photograph is no label', async () => {
  const labelsOf = async (left: number, top: number) => {
    const photo = grayImage(48, 40);
    for (let y = top; y < top + 14; y++) photo.data.fill(1, y * 48 + left, y * 48 + left + 16);
    const detect = async () => {
      const heatmap = new Float32Array(48 * 40);
      // beside the corner, inside the margin of the heatmap
      heatmap[Math.max(6, top) * 48 + Math.max(6, left)] = 0.9;
      return [heatmap];
    };
    const round = { ...ROUND, warps: 1, cornerRadius: 5 };
    return [...(await labelImage(detect, 'a.png', photo, { round, seed: 1 })).keypoints];
  };
  const [x, y, ...others] = await labelsOf(16, 12);
  assert.ok(Math.hypot(x - 16, y - 12) < 1.5 && others.length === 0, `label at ${x}, ${y}`);
  assert.deepEqual(await labelsOf(2, 12), []);
  assert.deepEqual(await labelsOf(16, 2), []);
});

test('weights that are no network are refused', async () => {
  await assert.rejects(label('none.jsonl', { weights: {} }), /FormatError: .* a tensor named conv1a\.weight/);
});

test('a faint photograph is labelled as it is or stretched, and its labels say which', async () => {
  const plain = pgm('0.pgm', 64, 48);
  const faint = plain.map((byte, i) => (i < plain.indexOf('255\n') + 4 ? byte : 100 + (byte >> 4)));
  await mkdir(join(folder, 'faint'));
  await writeFile(join(folder, 'faint/0.pgm'), faint);
  const settings = { photos: join(folder, 'faint'), files: ['0.pgm'] };
  const stretched = { ...settings, stretch: true };
  const asItIs = await label('faint.jsonl', settings);
  const spread = await label('spread.jsonl', stretched);
  assert.notEqual(await text('faint.jsonl'), await text('spread.jsonl'));
  assert.ok(spread.keypoints > 0 && spread.failures.length === 0 && asItIs.failures.length === 0);
  await assert.rejects(label('faint.jsonl', stretched), { name: 'OriginError', message: /stretch/ });
});
