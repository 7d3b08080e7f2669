import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { appendLabels, appendProblem, resumeLabels } from '../../src/adaptation/growing-labels.js';
import {
  formatHeader,
  formatLabels,
  formatProblem,
  type PhotoLabels,
  readLabels,
} from '../../src/adaptation/labels.js';
import { fileDigest, originOf } from '../../src/files/origin.js';

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

/** What labels of this seed are made from. */
const madeWith = (seed: number) => ({ origin: originOf('adaptation', { seed }) });
const begin = (path: string, seed = 1, options = {}) =>
  resumeLabels(path, madeWith(seed), { photos: folder, files: [], ...options });

test('files without a word of their making merge by concatenation', async () => {
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
  await begin(path);
  await appendLabels(path, [first, second]);
  const whole = await readFile(path);
  await appendFile(path, '{"file": "c.jpg", "width": 32');
  await assert.rejects(readLabels(path), /torn\.jsonl: the last line, at byte \d+, is cut off/);
  assert.deepEqual((await begin(path)).labelled, new Set([first.file, second.file]));
  assert.deepEqual(await readFile(path), whole);
});

test('a whole line that only lacks its line break counts as cut off: it would glue to the next', async () => {
  const path = join(folder, 'glue.jsonl');
  await begin(path);
  await appendLabels(path, [first]);
  await appendFile(path, '{"file":"c.jpg","width":8,"height":8,"keypoints":[]}');
  assert.equal((await begin(path)).labelled.size, 1);
  assert.equal((await readLabels(path)).length, 1);
});

test('resuming where nothing was written yet starts afresh', async () => {
  const path = join(folder, 'none.jsonl');
  assert.equal((await begin(path)).labelled.size, 0);
  assert.equal(await readFile(path, 'utf8'), formatHeader(madeWith(1)));
  // Killed in the middle of the first line, by a writer that did not make it whole.
  await writeFile(path, formatHeader(madeWith(1)).slice(0, 20));
  assert.equal((await begin(path)).labelled.size, 0);
  assert.equal(await readFile(path, 'utf8'), formatHeader(madeWith(1)));
});

test('labels of other settings, or without a word of theirs, are not gone on with', async () => {
  const path = join(folder, 'other.jsonl');
  await begin(path);
  await appendLabels(path, [first]);
  const before = await readFile(path);
  await assert.rejects(begin(path, 2), {
    name: 'OriginError',
    message: `${path} was made from other settings or inputs: seed 1 → 2; name another output, or overwrite it`,
  });
  const shard = { index: 1, count: 2, photographs: 3, list: 'x' };
  await assert.rejects(
    resumeLabels(path, { ...madeWith(1), shard }, { photos: folder, files: [] }),
    /holds all photographs, expected shard 1\/2 of 3 photographs; name another output/,
  );
  assert.deepEqual(await readFile(path), before);
  await begin(path, 1, { overwrite: true });
  assert.deepEqual(await readFile(path), before);
  await begin(path, 2, { overwrite: true });
  assert.equal(await readFile(path, 'utf8'), formatHeader(madeWith(2)));

  const own = join(folder, 'own.jsonl');
  await appendLabels(own, [first]);
  await assert.rejects(begin(own), /own\.jsonl does not say what made it; name another output/);
  assert.equal((await readLabels(own)).length, 1);
});

test('a file joined by hand from labels of two settings is refused', async () => {
  const path = join(folder, 'mixed.jsonl');
  const line = (file: string) => formatLabels({ ...second, file });
  const mixed = [formatHeader(madeWith(1)), line('a'), formatHeader(madeWith(2)), line('b')];
  await writeFile(path, mixed.join(''));
  await assert.rejects(readLabels(path), /line 3 was made from other settings or inputs: seed 1 → 2/);
  await writeFile(path, [mixed[0], mixed[1], mixed[0], mixed[3]].join(''));
  assert.equal((await readLabels(path)).length, 2);
});

test('photographs that have changed lose their lines, those that cannot be read keep theirs', async () => {
  const path = join(folder, 'changed.jsonl');
  const digests: Record<string, string> = {};
  for (const file of ['same', 'edited', 'gone', 'mended']) {
    await writeFile(join(folder, file), `the picture ${file}`);
    digests[file] = await fileDigest(join(folder, file));
  }
  const lines = ['same', 'edited', 'gone'].map((file) => ({ ...second, file, digest: digests[file] }));
  await begin(path);
  await appendLabels(path, lines);
  await appendProblem(path, { file: 'mended', digest: null, problem: 'cannot be read' });
  await appendProblem(path, { file: 'bad', digest: null, problem: 'cannot be read' });
  await writeFile(join(folder, 'edited'), 'another picture');
  await rm(join(folder, 'gone'));
  const files = ['same', 'edited', 'gone', 'mended', 'bad'];
  const { labelled, changed, problems } = await begin(path, 1, { files });
  assert.deepEqual([...labelled], ['same', 'gone']);
  assert.deepEqual(changed, ['edited', 'mended']);
  assert.deepEqual(
    problems.map(({ file }) => file),
    ['bad'],
  );
  const kept = [lines[0], lines[2]].map(formatLabels).join('');
  const bad = formatProblem({ file: 'bad', digest: null, problem: 'cannot be read' });
  assert.equal(await readFile(path, 'utf8'), formatHeader(madeWith(1)) + kept + bad);
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
    ['{"file":"a.jpg","digest":5,"problem":"x"}\n', /line 1: expected "digest" to be a text, got 5/],
    ['{"origin":5}\n', /line 1: expected an origin with its stages, got none/],
    [
      '{"origin":{"hash":"x","stages":[null]}}\n',
      /line 1: expected a stage of an origin, got one of kind none/,
    ],
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
