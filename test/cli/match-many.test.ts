import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { HlocFeatures, writeHlocFeatures } from '../../src/formats/hloc.js';
import { HlocMatches, hlocPair } from '../../src/formats/hloc-matches.js';
import { matchFeatures } from '../../src/matching/match-features.js';
import { superpoint, testImage, writeImage, writeModel } from './command.js';

/** A Python that reads HDF5: Debian's python3-h5py, which others on the path need not see. */
const python = ['/usr/bin/python3', 'python3'].find(
  (each) => spawnSync(each, ['-c', 'import h5py, numpy']).status === 0,
);

/** Prints what hloc gets out of the files: of each pair its matches and scores, looked up either way round. */
const SCRIPT = `
import json, sys, h5py, numpy as np

def group_of(file, name0, name1):
    clean = [name.replace('/', '-') for name in (name0, name1)]
    return file['/'.join(clean)] if '/'.join(clean) in file else None

features, matches = (h5py.File(path, 'r') for path in sys.argv[1:3])
told = {'exif': features.attrs['exif'], 'pairs': []}
for name0, name1 in json.loads(sys.argv[3]):
    group = group_of(matches, name0, name1)
    swapped = group is None
    group = group_of(matches, name1, name0) if swapped else group
    found, scores = group['matches0'].__array__(), group['matching_scores0'].__array__()
    first, second = (name1, name0) if swapped else (name0, name1)
    points, vectors = features[first]['keypoints'].__array__(), features[first]['descriptors'].__array__()
    others = features[second]['descriptors'].__array__()
    assert len(found) == len(scores) == len(points) == vectors.shape[1] == len(features[first]['scores'])
    assert list(features[first]['image_size']) == [96, 72]
    at = np.flatnonzero(found != -1)
    cosines = (vectors[:, at].astype('f8') * others[:, found[at]].astype('f8')).sum(0)
    assert np.abs((1 + cosines) / 2 - scores[at]).max() < 2e-3, 'scores'
    assert (scores[found == -1] == 0).all()
    told['pairs'].append([str(found.dtype), str(scores.dtype), str(vectors.dtype), str(points.dtype), found.tolist()])
print(json.dumps(told))
`;

suite('superpoint match --output', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-match-many-'));
    await writeModel(join(folder, 'model.safetensors'));
    for (const [index, name] of ['a.png', 'db/b.png', 'db/c.png', 'd.png'].entries()) {
      await writeImage(join(folder, 'photos', name), testImage(index));
    }
  });
  after(() => rm(folder, { recursive: true }));

  const MODEL = ['--model', 'model.safetensors'];
  const match = async (...args: string[]) => superpoint(folder, 'match', ...args, ...MODEL, '--json');

  async function matchesIn(path: string) {
    const file = await HlocMatches.open(join(folder, path));
    const all = Object.fromEntries(file.names.map((name) => [name, file.read(name)]));
    file.close();
    return all;
  }

  test('matches all pairs of a folder as the library does, keeps what is up to date', async () => {
    const first = await match('photos', '--output', 'm.h5');
    assert.equal(first.code, 0, first.stderr);
    const { pairs, upToDate, matches, features } = JSON.parse(first.stdout);
    assert.deepEqual([pairs, upToDate, features], [6, 0, 'm-features.h5']);
    const file = await HlocFeatures.open(join(folder, 'm-features.h5'));
    const read = await matchesIn('m.h5');
    assert.deepEqual(Object.keys(read).sort(), [
      'a.png/d.png',
      'a.png/db-b.png',
      'a.png/db-c.png',
      'd.png/db-b.png',
      'd.png/db-c.png',
      'db-b.png/db-c.png',
    ]);
    const [a, c] = [file.read('a.png'), file.read('db/c.png')];
    const expected = hlocPair(await matchFeatures(a, c), a.count);
    assert.deepEqual(read['a.png/db-c.png'].matches0, expected.matches0);
    const total = Object.values(read).flatMap(({ matches0 }) => [...matches0].filter((n) => n >= 0)).length;
    assert.equal(total, matches);
    file.close();

    const again = JSON.parse((await match('photos', '--output', 'm.h5')).stdout);
    assert.deepEqual([again.pairs, again.upToDate], [0, 6]);
    await writeImage(join(folder, 'photos/d.png'), testImage(7));
    const changed = JSON.parse((await match('photos', '--output', 'm.h5')).stdout);
    assert.deepEqual([changed.pairs, changed.upToDate], [3, 3]);
    const stricter = JSON.parse((await match('photos', '--output', 'm.h5', '--ratio', '.9')).stdout);
    assert.deepEqual([stricter.pairs, stricter.upToDate], [6, 0]);
    assert.ok(!existsSync(join(folder, 'm.h5.partial')));
  });

  test('matches the pairs of a list from features of any program, in shards that join to the whole', async () => {
    assert.equal((await superpoint(folder, 'detect', 'photos', '--output', 'f.h5', ...MODEL)).code, 0);
    await writeFile(
      join(folder, 'pairs.txt'),
      'd.png a.png\ndb/c.png a.png\na.png d.png\n\na.png db/b.png\n',
    );
    const listed = ['--features', 'f.h5', '--pairs', 'pairs.txt'];
    const whole = await match('--output', 'listed.h5', ...listed);
    assert.equal(whole.code, 0, whole.stderr);
    assert.equal(JSON.parse(whole.stdout).pairs, 3);
    const expected = await matchesIn('listed.h5');
    assert.deepEqual(Object.keys(expected).sort(), ['a.png/db-b.png', 'd.png/a.png', 'db-c.png/a.png']);
    for (const shard of ['1/2', '2/2']) {
      const { code, stderr } = await match('--output', `s${shard[0]}.h5`, '--shard', shard, ...listed);
      assert.equal(code, 0, stderr);
    }
    const join1 = await superpoint(folder, 'join', 's2.h5', 's1.h5', '--output', 'joined.h5');
    assert.equal(join1.stdout, '3 pairs of 2 shards in joined.h5\n', join1.stderr);
    assert.deepEqual(await matchesIn('joined.h5'), expected);

    // Features that say nothing of their origin are told apart by their content.
    const file = await HlocFeatures.open(join(folder, 'f.h5'));
    const pictures = file.names.map((name) => ({ name, features: file.read(name) }));
    file.close();
    await writeHlocFeatures(join(folder, 'plain.h5'), pictures);
    const plain = ['--output', 'plain-m.h5', '--features', 'plain.h5', '--pairs', 'pairs.txt'];
    assert.equal(JSON.parse((await match(...plain)).stdout).pairs, 3);
    assert.equal(JSON.parse((await match(...plain)).stdout).upToDate, 3);
    assert.deepEqual(await matchesIn('plain-m.h5'), expected);
  });

  test("features' shards join to the whole; a gap, a double and another origin are refused", async () => {
    const detect = (...args: string[]) => superpoint(folder, 'detect', 'photos', ...MODEL, ...args);
    await writeFile(join(folder, 'photos/broken.png'), 'no picture');
    for (const shard of ['1/3', '2/3', '3/3']) {
      await detect('--output', `part${shard[0]}.h5`, '--shard', shard, '--half');
    }
    await detect('--output', 'whole.h5', '--half');
    await detect('--output', 'other.h5', '--shard', '3/3', '--half', '--max-keypoints', '5');
    await rm(join(folder, 'photos/broken.png'));
    const joining = (...parts: string[]) => superpoint(folder, 'join', ...parts, '--output', 'all.h5');
    for (const [parts, message] of [
      [['part1.h5', 'part3.h5'], /^superpoint: 2 of 3 shards are given: shard 2\/3 is missing\n$/],
      [['part1.h5', 'part2.h5', 'part1.h5', 'part3.h5'], /shard 1\/3 is part1\.h5 already/],
      [
        ['part1.h5', 'part2.h5', 'other.h5'],
        /other\.h5 was made from other settings or inputs: maxKeypoints 5 → none/,
      ],
      [
        ['whole.h5', 'part1.h5'],
        /whole\.h5: expected features or matches of a shard, got some that are of none/,
      ],
    ] as const) {
      const { code, stderr } = await joining(...parts);
      assert.equal(code, 1);
      assert.match(stderr, message);
      assert.ok(!existsSync(join(folder, 'all.h5')));
    }
    const joined = await joining('part3.h5', 'part1.h5', 'part2.h5');
    assert.equal(joined.stdout, '4 pictures of 3 shards in all.h5, 1 could not be read\n', joined.stderr);
    const [whole, all] = [
      await HlocFeatures.open(join(folder, 'whole.h5')),
      await HlocFeatures.open(join(folder, 'all.h5')),
    ];
    assert.deepEqual(all.names, whole.names);
    for (const name of whole.names) {
      assert.deepEqual([all.read(name), all.origin(name)], [whole.read(name), whole.origin(name)]);
    }
    assert.equal(all.attribute('origin'), whole.attribute('origin'));
    whole.close();
    all.close();
  });

  test('Python reads features and matches as hloc does', {
    skip: python ? false : 'needs python3-h5py',
  }, async () => {
    const pairs = [
      ['db/b.png', 'a.png'],
      ['a.png', 'db/c.png'],
    ];
    for (const half of [[], ['--half']]) {
      await superpoint(folder, 'detect', 'photos', '--output', 'py.h5', ...MODEL, ...half);
      assert.equal((await match('--features', 'py.h5', '--output', 'py-m.h5')).code, 0);
      const files = [join(folder, 'py.h5'), join(folder, 'py-m.h5')];
      const { stdout, stderr } = spawnSync(python ?? '', ['-c', SCRIPT, ...files, JSON.stringify(pairs)], {
        encoding: 'utf8',
      });
      assert.equal(stderr, '');
      const expected = await matchesIn('py-m.h5');
      assert.deepEqual(JSON.parse(stdout), {
        exif: 'ignore',
        pairs: ['a.png/db-b.png', 'a.png/db-c.png'].map((name) => [
          'int16',
          'float32',
          'float32',
          'float32',
          [...expected[name].matches0],
        ]),
      });
    }
  });

  test('says in one line what is wrong', async () => {
    await writeFile(join(folder, 'odd.txt'), 'a.png d.png\na.png\n');
    await writeFile(join(folder, 'unknown.txt'), 'a.png x.png\n');
    const features = ['--features', 'm-features.h5', '--output', 'n.h5'];
    const cases: [string[], RegExp][] = [
      [['--output', 'n.h5'], /expected pictures, or --features/],
      [
        [...features, '--pairs', 'odd.txt'],
        /odd\.txt: line 2: expected the names of two pictures, got "a\.png"/,
      ],
      [[...features, '--pairs', 'unknown.txt'], /unknown\.txt: line 1: there is no picture x\.png/],
      [['photos', ...features, '--shard', '1/2'], /--shard matches what is detected/],
      [['a', 'b', '--pairs', 'odd.txt'], /--pairs goes with --output/],
      [['a', 'b', 'c'], /expected two pictures, or --output for many, got 3/],
    ];
    for (const [args, expected] of cases) {
      const { code, stderr } = await match(...args);
      assert.equal(code, 2, args.join(' '));
      assert.match(stderr, /^superpoint: .*\n$/);
      assert.match(stderr, expected);
    }
    assert.ok(!existsSync(join(folder, 'n.h5')));
  });
});
