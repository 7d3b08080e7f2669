import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { appendLabels, type PhotoLabels, readLabels, resumeLabels } from '../../src/adaptation/labels.js';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labels-'));
});
after(() => rm(folder, { recursive: true }));

const first: PhotoLabels = {
  file: 'a/one.jpg',
  width: 320,
  height: 240,
  keypoints: Float32Array.of(10.126, 20, 319.5, 0.25),
  scores: Float32Array.of(0.98764, 0.5),
};
const second: PhotoLabels = {
  ...first,
  file: 'zwei ü.png',
  keypoints: new Float32Array(0),
  scores: new Float32Array(0),
};

test('labels come back as they were written, positions to a hundredth of a pixel', async () => {
  const path = join(folder, 'round.jsonl');
  await appendLabels(path, [first]);
  await appendLabels(path, [second]);
  const [a, b] = await readLabels(path);
  assert.equal(a.file, 'a/one.jpg');
  assert.deepEqual([a.width, a.height], [320, 240]);
  assert.deepEqual(a.keypoints, Float32Array.of(10.13, 20, 319.5, 0.25));
  assert.deepEqual(a.scores, Float32Array.of(0.9876, 0.5));
  assert.equal(b.file, 'zwei ü.png');
  assert.equal(b.keypoints.length, 0);
});

test('shards merge by concatenation', async () => {
  const [one, two, both] = ['s1', 's2', 's'].map((name) => join(folder, `${name}.jsonl`));
  await appendLabels(one, [first]);
  await appendLabels(two, [second]);
  await writeFile(both, Buffer.concat([await readFile(one), await readFile(two)]));
  assert.deepEqual(
    (await readLabels(both)).map(({ file }) => file),
    [first.file, second.file],
  );
});

test('a last line cut off by a kill is dropped when resuming, and named when training', async () => {
  const path = join(folder, 'torn.jsonl');
  await appendLabels(path, [first, second]);
  const whole = await readFile(path);
  await appendFile(path, '{"file": "c.jpg", "width": 32');
  await assert.rejects(readLabels(path), /torn\.jsonl, line 3: the last line is cut off/);
  assert.deepEqual(await resumeLabels(path), new Set([first.file, second.file]));
  assert.deepEqual(await readFile(path), whole);
});

test('a whole line that only lacks its line break counts as cut off: it would glue to the next', async () => {
  const path = join(folder, 'glue.jsonl');
  await appendLabels(path, [first]);
  await appendFile(path, '{"file":"c.jpg","width":8,"height":8,"keypoints":[]}');
  assert.equal((await resumeLabels(path)).size, 1);
  assert.equal((await readLabels(path)).length, 1);
});

test('resuming where nothing was written yet starts afresh', async () => {
  assert.equal((await resumeLabels(join(folder, 'none.jsonl'))).size, 0);
});

test('errors name the file, the line, what was expected and what came', async () => {
  const path = join(folder, 'bad.jsonl');
  const good = '{"file":"a.jpg","width":8,"height":8,"keypoints":[]}';
  const cases: [string, RegExp][] = [
    [`${good}\nnot json\n`, /bad\.jsonl, line 2: expected a JSON object, got not json/],
    [`${good}\n\n${good}\n`, /line 3: a\.jpg was labelled on line 1 already/],
    ['{"width":8}\n', /line 1: expected "file" to be a path inside the folder.*got nothing/],
    ['{"file":"../a.jpg","width":8,"height":8,"keypoints":[]}\n', /got \.\.\/a\.jpg/],
    ['{"file":"a.jpg","width":8.5,"height":8,"keypoints":[]}\n', /whole pixels, got 8\.5 and 8/],
    ['{"file":"a.jpg","width":8,"height":8,"keypoints":[1,2]}\n', /numbers x, y, score, …, got \[1,2\]/],
    ['{"file":"a.jpg","width":8,"height":8,"keypoints":[1,2,null]}\n', /got \[1,2,null\]/],
    ['null\n', /expected "file"/],
    ['', /expected at least one line of labels, got none/],
  ];
  for (const [text, message] of cases) {
    await writeFile(path, text);
    await assert.rejects(readLabels(path), { name: 'LabelsError', message });
  }
  await assert.rejects(
    readLabels(join(folder, 'missing.jsonl')),
    /missing\.jsonl: cannot be read \(ENOENT\)/,
  );
});
