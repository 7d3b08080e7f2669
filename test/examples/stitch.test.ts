/** The example that stitches: as a user runs it, on the photographs at hand and on what does not belong together. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { writeFileAtomic } from '../../src/files/atomic-file.js';
import { encodePng, readColorImage, readImage } from '../../src/image/codec.js';
import { renderShape } from '../../src/synthetic/synthesize.js';

const ROOT = join(import.meta.dirname, '../../..');
const PHOTOGRAPHS = ['graf1.png', 'graf3.png'].map((name) => join(ROOT, 'examples/photographs', name));

suite('the example that stitches', () => {
  let folder: string;
  const stitch = (...args: string[]) =>
    spawnSync(process.execPath, [join(ROOT, 'dist/examples/stitch.js'), ...args], { encoding: 'utf8' });
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-stitch-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test('joins what belongs together and names what does not', async () => {
    const stranger = join(folder, 'stranger.png');
    await writeFileAtomic(stranger, await encodePng(renderShape(1, 0, { kind: 'star' }).image));
    const output = join(folder, 'out.png');
    const { status, stdout, stderr } = stitch('--output', output, ...PHOTOGRAPHS, stranger);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /stranger\.png: left out: apart\n/);
    const [panorama, first] = [await readColorImage(output), await readImage(PHOTOGRAPHS[0])];
    assert.ok(panorama.width >= first.width && panorama.height > 0.6 * first.height, stdout);

    const alone = stitch(PHOTOGRAPHS[0], stranger);
    assert.equal(alone.status, 1);
    assert.match(alone.stderr, /^no two of these pictures overlap/);
  });
});
