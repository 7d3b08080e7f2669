/** The example that finds an object in a video: as a user runs it, on a video made of known views and of another thing. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { warpPoints } from '../../src/geometry/homography.js';
import { encodePng, readImage } from '../../src/image/codec.js';
import { resizeImage } from '../../src/image/resize.js';
import { warpImage } from '../../src/image/warp-image.js';
import { renderShape } from '../../src/synthetic/synthesize.js';

const ROOT = join(import.meta.dirname, '../../..');
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).error === undefined;
const [WIDTH, HEIGHT] = [320, 240];
/** Where the frames that show the object see it: from its pixels to theirs. */
const VIEWS = [
  [0.6, 0, 40, 0, 0.6, 30, 0, 0, 1],
  [0.55, -0.15, 80, 0.15, 0.55, 20, 0.0002, 0, 1],
];

suite('the example that finds an object in a video', { skip: hasFfmpeg ? false : 'needs ffmpeg' }, () => {
  test('says where it is in frames that show it, and null in one that does not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'superpoint-locate-'));
    try {
      const photograph = await readImage(join(ROOT, 'examples/photographs/graf1.png'));
      const object = resizeImage(photograph, WIDTH, HEIGHT);
      await writeFile(join(folder, 'object.png'), await encodePng(object));
      const views = VIEWS.map((view) => warpImage(object, Float64Array.from(view), WIDTH, HEIGHT));
      const other = renderShape(1, 0, { kind: 'star', width: WIDTH, height: HEIGHT }).image;
      for (const [n, image] of [...views, other].entries()) {
        await writeFile(join(folder, `${n}.png`), await encodePng(image));
      }
      const video = join(folder, 'video.mkv');
      const made = spawnSync('ffmpeg', ['-v', 'error', '-i', join(folder, '%d.png'), '-c:v', 'ffv1', video]);
      assert.equal(made.status, 0, String(made.stderr));
      const program = join(ROOT, 'dist/examples/locate-in-video.js');
      const args = [program, join(folder, 'object.png'), video, `${WIDTH}`];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      const frames = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      assert.deepEqual(
        frames.map(({ frame }) => frame),
        [0, 1, 2],
      );
      const corners = [-0.5, -0.5, WIDTH - 0.5, -0.5, WIDTH - 0.5, HEIGHT - 0.5, -0.5, HEIGHT - 0.5];
      for (const [n, view] of VIEWS.entries()) {
        const truth = warpPoints(Float64Array.from(view), corners);
        const furthest = Math.max(...truth.map((value, i) => Math.abs(value - frames[n].outline[i])));
        assert.ok(furthest < 4, `frame ${n}: ${furthest} px`);
      }
      assert.equal(frames[2].outline, null);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('says how it is called', () => {
    const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'dist/examples/locate-in-video.js')]);
    assert.equal(status, 2);
    assert.match(String(stderr), /^usage: /);
  });
});
