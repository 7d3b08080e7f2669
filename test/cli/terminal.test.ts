import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { SMALL_RECIPE, testImage, writeImage } from './command.js';
import { noTerminal, seen } from './terminal.js';

const BAR = '█{4,20}';
const STEPS = '3/3 · loss [\\d.]+( · [\\d.]+ images/s)?( · 0 s left)?';
const VALIDATION = 'validationLoss [\\d.]+ · precision [\\d.]+ · recall [\\d.]+';

suite('on a real terminal', { skip: noTerminal }, () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-terminal-'));
    await writeFile(join(folder, 'small.json'), JSON.stringify(SMALL_RECIPE));
    for (let i = 0; i < 3; i++) await writeImage(join(folder, `photos/${i}.png`), testImage(i));
    await writeFile(join(folder, 'photos/3.png'), 'no picture');
  });
  after(() => rm(folder, { recursive: true }));

  test('everything that reproduce tells is seen whole at the end', async () => {
    const args = ['--recipe', 'small.json', '--photos', 'photos', '--output', 'run'];
    const lines = await seen(folder, 80, 'reproduce', ...args);
    assert.match(
      // What wraps goes on in the next line.
      lines.map((line) => (line.length === 80 ? line : `${line}\n`)).join(''),
      new RegExp(
        [
          `^magicpoint: validation at step 3: ${VALIDATION}`,
          `magicpoint ${BAR} ${STEPS}`,
          'photos/3.png: not a picture .*',
          `labels ${BAR} 4/4( · 0 s left)?`,
          `superpoint: validation at step 3: ${VALIDATION} · matched [\\d.]+`,
          `superpoint ${BAR} ${STEPS}`,
          'SuperPoint is in run/superpoint.safetensors',
          'superpoint: 1 of 4 photographs failed:',
          '  3.png: not a picture .*\n\n$',
        ].join('\n'),
      ),
    );
  });
});
