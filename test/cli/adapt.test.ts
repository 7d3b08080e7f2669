import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { readLabels } from '../../src/adaptation/labels.js';
import { superpoint, testImage, writeImage, writeModel } from './command.js';

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
    assert.equal((await text('part1.jsonl')) + (await text('part2.jsonl')), await text('all.jsonl'));
  });

  test('goes on where it was cut off', async () => {
    assert.equal((await adapt('photos', 'whole.jsonl')).code, 0);
    const whole = await text('whole.jsonl');
    const second = whole.indexOf('\n', whole.indexOf('\n') + 1);
    await writeFile(join(folder, 'cut.jsonl'), whole.slice(0, second + 20));
    const { code, stdout } = await adapt('photos', 'cut.jsonl');
    assert.equal(code, 0);
    assert.match(stdout, /^3 photographs labelled with \d+ points in cut\.jsonl, 2 were labelled before\n$/);
    assert.equal(await text('cut.jsonl'), whole);
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
