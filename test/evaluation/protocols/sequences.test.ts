import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { countPairs, parseHomography, readSequences } from '../../../src/evaluation/protocols/sequences.js';
import { assertClose } from '../../assert-close.js';
import { trueHomography, writeSequence } from '../scenes.js';

const SMALL = { count: 3, width: 48, height: 32 };

suite('sequences in the layout of HPatches', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-sequences-'));
    await writeSequence(folder, 'whole/i_light', SMALL);
    await writeSequence(folder, 'whole/v_tilt', SMALL);
    await writeSequence(folder, 'whole/other', { ...SMALL, count: 12 });
  });
  after(() => rm(folder, { recursive: true }));

  test('are read with sizes, homographies and what changes', async () => {
    const { sequences, skipped } = await readSequences(join(folder, 'whole'));
    assert.deepEqual(skipped, []);
    assert.deepEqual(
      sequences.map(({ name, images }) => [name, images.length, images[1].category]),
      [
        ['i_light', 3, { kind: 'named', name: 'illumination' }],
        ['other', 12, { kind: 'named', name: 'other' }],
        ['v_tilt', 3, { kind: 'named', name: 'viewpoint' }],
      ],
    );
    assert.equal(countPairs(sequences), 2 + 11 + 2);
    const [{ images }] = sequences;
    assert.deepEqual([images[2].name, images[2].width, images[2].height], ['i_light/3.png', 48, 32]);
    assertClose(images[2].H_1toThis, trueHomography(3, 48, 32), 1e-12);
  });

  test('come by number, ten after nine', async () => {
    const { sequences } = await readSequences(join(folder, 'whole'));
    assert.deepEqual(
      sequences[1].images.map(({ number }) => number),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    );
  });

  test('have a hash that changes with any byte of them', async () => {
    const { hash } = await readSequences(join(folder, 'whole'));
    assert.equal((await readSequences(join(folder, 'whole'))).hash, hash);
    const path = join(folder, 'whole/other/H_1_2');
    await writeFile(path, '1 0 0 0 1 0 0 0 1.5');
    assert.notEqual((await readSequences(join(folder, 'whole'))).hash, hash);
  });

  test('take what changes from a file, for a sequence or for one picture', async () => {
    const categories = join(folder, 'given.json');
    await writeFile(categories, JSON.stringify({ other: 'rotation', 'other/3': { sigma: 2, kind: 'blur' } }));
    const { sequences } = await readSequences(join(folder, 'whole'), { categories });
    assert.deepEqual(
      sequences[1].images.slice(1, 4).map(({ category }) => category),
      [
        { kind: 'named', name: 'rotation' },
        { kind: 'blur', sigma: 2 },
        { kind: 'named', name: 'rotation' },
      ],
    );
    for (const wrong of [3, '', { kind: 'blur' }, { kind: 'dark', gain: 0.5 }, { kind: 'fog', sigma: 2 }]) {
      await writeFile(categories, JSON.stringify({ other: wrong }));
      await assert.rejects(readSequences(join(folder, 'whole'), { categories }), (error: Error) =>
        error.message.includes(`category of other, got ${JSON.stringify(wrong)}`),
      );
    }
    await writeFile(categories, '{');
    await assert.rejects(readSequences(join(folder, 'whole'), { categories }), /given\.json is not JSON/);
    await assert.rejects(readSequences(join(folder, 'whole'), { categories: join(folder, 'none.json') }), {
      code: 'ENOENT',
    });
  });

  const broken: [string, string, (path: string) => Promise<void>][] = [
    ['a missing homography', 'H_1_3 is missing', (path) => rm(join(path, 'H_1_3'))],
    [
      'a singular homography',
      'H_1_2 is singular',
      (path) => writeFile(join(path, 'H_1_2'), '1 2 3 2 4 6 0 0 1'),
    ],
    [
      'too few numbers',
      'H_1_2 does not hold nine numbers',
      (path) => writeFile(join(path, 'H_1_2'), '1 2 3'),
    ],
    [
      'a homography that is not finite',
      'nine numbers',
      (path) => writeFile(join(path, 'H_1_2'), '1 0 0 0 1 0 0 0 nan'),
    ],
    ['an unreadable picture', '3.png', (path) => writeFile(join(path, '3.png'), 'not a picture')],
    ['no first picture', 'no picture 1', (path) => rm(join(path, '1.png'))],
    ['a homography without its picture', 'H_1_3 without picture 3', (path) => rm(join(path, '3.png'))],
    ['two pictures of one number', 'both 2.jpg and 2.png', (path) => writeFile(join(path, '2.jpg'), '')],
  ];
  for (const [what, reason, damage] of broken) {
    test(`with ${what} are skipped by name`, async () => {
      const set = join(folder, what.replaceAll(' ', '-'));
      await writeSequence(set, 'good', SMALL);
      await writeSequence(set, 'bad', SMALL);
      await damage(join(set, 'bad'));
      const { sequences, skipped } = await readSequences(set);
      assert.deepEqual(
        sequences.map(({ name }) => name),
        ['good'],
      );
      assert.equal(skipped.length, 1);
      assert.equal(skipped[0].name, 'bad');
      assert.match(skipped[0].reason, new RegExp(reason));
      assert.ok(!skipped[0].reason.includes('\n'));
    });
  }

  test('are missing altogether: one line that says what was expected', async () => {
    const empty = join(folder, 'empty');
    await mkdir(join(empty, 'photos'), { recursive: true });
    await assert.rejects(readSequences(empty), /no usable sequence.*1\.png.*photos: no picture 1/);
  });

  test('homographies may be separated by any white space', () => {
    assertClose(parseHomography('1 2\t3\n4 5 6\r\n\n7 8 10\n', 'H'), [1, 2, 3, 4, 5, 6, 7, 8, 10]);
  });
});
