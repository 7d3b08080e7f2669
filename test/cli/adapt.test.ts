import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { readLabels } from '../../src/adaptation/labels.js';
import { interrupted, superpoint, testImage, writeImage, writeModel } from './command.js';

suite('superpoint adapt', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-adapt-'));
    await writeModel(join(folder, 'magicpoint.safetensors'), 0);
    for (let i = 0; i < 5; i++) await writeImage(join(folder, `photos/${i % 2}/${i}.png`), testImage(i));
    await mkdir(join(folder, 'empty'));
  });
  after(() => rm(folder, { recursive: true }));

  const adapt = (photos: string, output: string, ...args: string[]) => {
    const model = ['--model', 'magicpoint.safetensors', '--warps', '3'];
    return superpoint(folder, 'adapt', photos, '--output', output, ...model, ...args);
  };
  const text = (name: string) => readFile(join(folder, name), 'utf8');

  test('labels a folder, and shards join to the whole', async () => {
    const { code, stdout, stderr } = await adapt('photos', 'all.jsonl', '--max-keypoints', '7', '--json');
    assert.equal(code, 0, stderr);
    const labels = await readLabels(join(folder, 'all.jsonl'));
    const files = labels.map(({ file }) => file);
    assert.deepEqual(files, ['0/0.png', '0/2.png', '0/4.png', '1/1.png', '1/3.png']);
    for (const { width, height, scores } of labels)
      assert.deepEqual([width, height, scores.length], [96, 72, 7]);
    const result = JSON.parse(stdout);
    assert.deepEqual([result.labelled, result.keypoints, result.output], [5, 35, 'all.jsonl']);

    for (const part of [1, 2]) {
      const options = ['--max-keypoints', '7', '--shard', `${part}/2`, '--workers', '0'];
      assert.equal((await adapt('photos', `part${part}.jsonl`, ...options)).code, 0);
    }
    const joined = await superpoint(folder, 'join', 'part2.jsonl', 'part1.jsonl', '--output', 'joined.jsonl');
    assert.equal(joined.stdout, '5 labelled photographs of 2 shards in joined.jsonl\n', joined.stderr);
    assert.equal(await text('joined.jsonl'), await text('all.jsonl'));
    const gap = await superpoint(folder, 'join', 'part2.jsonl', '--output', 'gap.jsonl');
    assert.deepEqual(
      [gap.code, gap.stderr],
      [1, 'superpoint: 1 of 2 shards are given: shard 1/2 is missing\n'],
    );
  });

  test('goes on where it was cut off', async () => {
    assert.equal((await adapt('photos', 'whole.jsonl')).code, 0);
    const whole = await text('whole.jsonl');
    const lines = whole.split('\n');
    await writeFile(join(folder, 'cut.jsonl'), `${lines.slice(0, 3).join('\n')}\n${lines[3].slice(0, 20)}`);
    const { code, stdout } = await adapt('photos', 'cut.jsonl');
    assert.equal(code, 0);
    assert.match(stdout, /^3 photographs labelled with \d+ points in cut\.jsonl, 2 were labelled before\n$/);
    assert.equal(await text('cut.jsonl'), whole);
  });

  test('refuses a file of other settings by their names, or begins it anew', async () => {
    const few = ['--seed', '7', '--max-keypoints', '3'];
    const many = ['--seed', '1', '--max-keypoints', '50'];
    assert.equal((await adapt('photos', 'seeds.jsonl', ...few)).code, 0);
    const before = await text('seeds.jsonl');
    const { code, stderr } = await adapt('photos', 'seeds.jsonl', ...many);
    assert.equal(code, 1);
    assert.equal(
      stderr,
      'superpoint: seeds.jsonl was made from other settings or inputs: maxKeypoints 3 → 50, seed 7 → 1; ' +
        'name another output, or overwrite it\n',
    );
    assert.equal(await text('seeds.jsonl'), before);
    assert.equal((await adapt('photos', 'seeds.jsonl', ...many, '--overwrite')).code, 0);
    assert.equal((await adapt('photos', 'fresh.jsonl', ...many)).code, 0);
    assert.equal(await text('seeds.jsonl'), await text('fresh.jsonl'));
  });

  test('two at work on one file: one labels, the other is told so', async () => {
    const [one, two] = await Promise.all([adapt('photos', 'twice.jsonl'), adapt('photos', 'twice.jsonl')]);
    const [first, second] = one.code === 0 ? [one, two] : [two, one];
    assert.equal(first.code, 0, first.stderr);
    // Where the first had ended before the second looked, that one has nothing to do.
    if (second.code !== 0) {
      assert.equal(second.code, 1);
      assert.match(second.stderr, /^superpoint: twice\.jsonl is in use by process \d+ on .+ since 20.+Z\n$/);
    }
    assert.equal((await readLabels(join(folder, 'twice.jsonl'))).length, 5);
  });

  test('stopped, it ends with code 75; killed, with none: both go on to the same labels', async () => {
    const work = (output: string) => {
      const model = ['--model', 'magicpoint.safetensors', '--warps', '300', '--workers', '0'];
      return ['adapt', 'photos', '--output', output, ...model];
    };
    const stopped = await interrupted(folder, /labels \d/, 'SIGTERM', ...work('stopped.jsonl'));
    assert.equal(stopped.code, 75, stopped.stderr);
    assert.match(stopped.stderr, /superpoint: interrupted; the same command goes on from here\n$/);
    const killed = await interrupted(folder, /labels \d/, 'SIGKILL', ...work('killed.jsonl'));
    assert.equal(killed.code, null);
    for (const name of ['straight', 'stopped', 'killed']) {
      assert.equal((await superpoint(folder, ...work(`${name}.jsonl`))).code, 0);
      assert.equal(await text(`${name}.jsonl`), await text('straight.jsonl'), name);
    }
  });

  test('labels the other photographs and lists those that cannot be read', async () => {
    await writeImage(join(folder, 'mixed/good.png'), testImage(0));
    await writeFile(join(folder, 'mixed/bad.png'), 'no picture');
    const { code, stdout, stderr } = await adapt('mixed', 'mixed.jsonl');
    assert.equal(code, 1);
    assert.match(stdout, /^1 photographs labelled/);
    assert.match(stderr, /superpoint: 1 of 2 photographs failed:\n {2}bad\.png: not a picture .*\n$/);
    assert.equal((await readLabels(join(folder, 'mixed.jsonl'))).length, 1);
  });

  test('says in one line what is wrong', async () => {
    await appendFile(join(folder, 'words.jsonl'), 'words\n');
    const cases: [string[], number, RegExp][] = [
      [['gone', 'x.jsonl'], 1, /gone: no such file or folder/],
      [['empty', 'x.jsonl'], 1, /empty: no pictures in this folder/],
      [['photos', 'words.jsonl'], 1, /words\.jsonl, line 1: expected a JSON object/],
      [['photos', 'x.jsonl', '--recipe', 'gone.json'], 1, /gone\.json: the recipe cannot be read/],
      [['photos', 'x.jsonl', '--shard', '3/2'], 2, /Expected a shard such as 3\/16/],
      [['photos', 'x.jsonl', '--warps', '0'], 2, /Expected a whole number of at least 1/],
    ];
    for (const [[photos, output, ...args], expectedCode, message] of cases) {
      const { code, stderr } = await adapt(photos, output, ...args);
      assert.equal(code, expectedCode, stderr);
      assert.match(stderr, /^superpoint: .*\n$/);
      assert.match(stderr, message);
    }
    assert.ok(!existsSync(join(folder, 'x.jsonl')));
  });
});
