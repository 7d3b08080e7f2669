import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { link, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { SuperPoint } from '../../src/features/superpoint.js';
import { encodePng, readColorImage } from '../../src/image/codec.js';
import { type GrayImage, grayImage } from '../../src/image/image.js';
import { cropImage } from '../../src/image/resize.js';
import { PointTracker } from '../../src/matching/point-tracker.js';
import { Random } from '../../src/random.js';
import { interrupted, randomWeights, superpoint, testImage, writeImage, writeModel } from './command.js';

const FRAMES = 6;
/** A whole cell of the network, so that even a random one sees the same in each frame. */
const STEP = 8;
const WITHOUT_FFMPEG =
  spawnSync('ffmpeg', ['-version']).status === 0 ? false : 'there is no ffmpeg on this machine';

type Points = readonly (readonly [id: number, x: number, y: number])[];

/** Corners on rough ground: no two places look the same. */
function texturedImage(width: number, height: number): GrayImage {
  const random = new Random('texture');
  const { data } = testImage(1, width, height);
  return grayImage(
    width,
    height,
    data.map((value) => 0.7 * value + 0.3 * random.uniform()),
  );
}

suite('superpoint track', () => {
  let folder = '';
  const scene = texturedImage(240, 200);
  const frameImage = (frame: number) => cropImage(scene, STEP * frame, STEP * frame, 160, 120);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-track-'));
    await writeModel(join(folder, 'model.safetensors'));
    await writeModel(join(folder, 'magicpoint.safetensors'), 0);
    // frame10.png comes after frame9.png
    for (let n = 0; n < FRAMES; n++) {
      await writeImage(join(folder, `frames/frame${n + 7}.png`), frameImage(n));
    }
    await writeImage(join(folder, 'reference.png'), cropImage(scene, 24, 24, 120, 96));
    await mkdir(join(folder, 'empty'));
  });
  after(() => rm(folder, { recursive: true }));

  const track = (input: string, ...args: string[]) =>
    superpoint(folder, 'track', input, '--model', 'model.safetensors', '--corner-radius', '0', ...args);
  const readTracks = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8'));
  const listed = (name: string) => readdir(join(folder, name));

  test('follows points through a folder of frames as the library does', async () => {
    const results = ['--output', 'out/tracks.json', '--draw', 'out/drawn', '--json'];
    const { code, stdout, stderr } = await track('frames', ...results, '--min-length', '3');
    assert.equal(code, 0, stderr);
    const frames = await readTracks('out/tracks.json');
    const names = frames.map(({ name }: { name: string }) => name);
    assert.deepEqual(
      names,
      [7, 8, 9, 10, 11, 12].map((n) => `frame${n}.png`),
    );

    const network = await SuperPoint.load({ model: randomWeights(16) });
    const tracker = new PointTracker({ matchThreshold: 0.7, maxLength: Number.POSITIVE_INFINITY });
    const ended = [];
    for (let n = 0; n < FRAMES; n++) {
      // the file has 8 bits
      const { width, height, data } = frameImage(n);
      const stored = grayImage(
        width,
        height,
        data.map((value) => Math.round(255 * value) / 255),
      );
      ended.push(
        ...(await tracker.update(await network.detect(stored, { cornerRadius: 0, scales: [1] }))).ended,
      );
    }
    await network.dispose();
    const expected = [...ended, ...tracker.tracks(1)].filter(({ length }) => length >= 3);
    const found = new Map<number, number[]>();
    for (const { frame, points } of frames as { frame: number; points: Points }[]) {
      for (const [id, x, y] of points) {
        const positions = found.get(id) ?? [];
        assert.equal(frame, positions.length / 2 + expected.find((one) => one.id === id)!.firstFrame);
        found.set(id, [...positions, x, y]);
      }
    }
    assert.deepEqual(
      [...found.keys()].sort((a, b) => a - b),
      expected.map(({ id }) => id).sort((a, b) => a - b),
    );
    for (const { id, keypoints } of expected) {
      const positions = found.get(id)!;
      for (const [n, value] of keypoints.entries()) assert.ok(Math.abs(positions[n] - value) < 1e-3);
    }

    const result = JSON.parse(stdout);
    const lengths = expected.reduce((sum, { length }) => sum + length, 0);
    assert.deepEqual([result.frames, result.tracks], [FRAMES, expected.length]);
    assert.ok(Math.abs(result.meanTrackLength - lengths / expected.length) < 1e-9);
    assert.ok(result.trackedShare > 0.5 && result.trackedShare < 1);
    assert.ok(result.framesPerSecond > 0);
    assert.deepEqual([result.output, result.draw], ['out/tracks.json', 'out/drawn']);
    const drawn = Array.from({ length: FRAMES }, (_, n) => `frame-00000${n}.png`);
    assert.deepEqual((await listed('out/drawn')).sort(), drawn);
    assert.deepEqual(await listed('out').then((names) => names.sort()), ['drawn', 'tracks.json']);
    const last = await readColorImage(join(folder, 'out/drawn', drawn.at(-1)!));
    assert.deepEqual([last.width, last.height], [160, 120]);
    assert.ok(
      last.data.some((value, i) => i % 4 === 0 && value !== last.data[i + 1]),
      'tracks have colour',
    );
  });

  test('many points move exactly as the picture does, and the numbers are printed', async () => {
    const { code, stdout } = await track('frames', '--output', 't.json', '--match-threshold', '0.05');
    assert.equal(code, 0);
    const lines = stdout.trimEnd().split('\n');
    assert.match(lines[0], /^frames {6}6, with \d+ points each$/);
    assert.match(lines[1], /^tracks {6}\d+ seen in at least 2 frames$/);
    assert.match(lines[2], /^length {6}\d\.\d\d frames in the mean$/);
    assert.match(lines[3], /^tracked {5}\d+\.\d % of the points of a frame are found again in the next$/);
    assert.match(lines[4], /^speed {7}\d+\.\d\d frames a second$/);
    assert.equal(lines[5], 'written to  t.json');
    const [first, second] = (await readTracks('t.json')) as { points: Points }[];
    const before = new Map(first.points.map(([id, ...at]) => [id, at]));
    const moves = second.points.flatMap(([id, x, y]) => {
      const at = before.get(id);
      return at ? [Math.hypot(x - at[0] + STEP, y - at[1] + STEP)] : [];
    });
    // The rest are the mistakes of a random network.
    assert.ok(moves.filter((error) => error < 0.02).length > 30, `${moves}`);
  });

  test('follows a reference picture, and says null where it is not seen', async () => {
    await writeImage(join(folder, 'seen/0.png'), frameImage(0));
    await writeImage(join(folder, 'seen/1.png'), frameImage(2));
    await writeImage(join(folder, 'seen/2.png'), testImage(5, 160, 120));
    const args = [
      '--reference',
      'reference.png',
      '--output',
      'r.json',
      '--draw',
      'outlined',
      '--corner-radius',
      '0',
    ];
    const { code, stdout, stderr } = await track('seen', ...args);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^reference {3}reference\.png found in 2 of 3 frames$/m);
    const frames = await readTracks('r.json');
    for (const [n, left] of [24, 8].entries()) {
      const { outline, inliers } = frames[n].reference;
      assert.ok(inliers >= 15);
      const corners = [
        [left - 0.5, left - 0.5],
        [left + 119.5, left - 0.5],
        [left + 119.5, left + 95.5],
        [left - 0.5, left + 95.5],
      ];
      for (const [k, [x, y]] of corners.entries()) {
        assert.ok(Math.hypot(outline[k][0] - x, outline[k][1] - y) < 1.5, `${outline}`);
      }
    }
    assert.equal(frames[2].reference.outline, null);
  });

  test('keeps what is done when it is interrupted', async () => {
    await mkdir(join(folder, 'many'));
    for (let n = 0; n < 600; n++) {
      await link(join(folder, `frames/frame${7 + (n % FRAMES)}.png`), join(folder, `many/${n}.png`));
    }
    const args = ['many', '--model', 'model.safetensors', '--output', 'cut/t.json', '--json'];
    const { code, stdout, stderr } = await interrupted(folder, /track 1\/600/, 'SIGINT', 'track', ...args);
    assert.equal(code, 1);
    const { frames } = JSON.parse(stdout);
    assert.ok(frames >= 1 && frames < 600, `${frames} frames`);
    assert.ok(stderr.endsWith(`superpoint: interrupted; the first ${frames} frames are done\n`), stderr);
    assert.deepEqual(await listed('cut'), ['t.json']);
    assert.equal((await readTracks('cut/t.json')).length, frames);
  });

  test('leaves out frames that cannot be read and lists them at the end', async () => {
    for (const n of [0, 2]) await writeImage(join(folder, `holes/${n}.png`), frameImage(n));
    await writeFile(join(folder, 'holes/1.png'), 'these are words');
    const { code, stdout, stderr } = await track('holes', '--output', 'h.json', '--json');
    assert.equal(code, 1);
    assert.match(stderr, /superpoint: 1 of 3 frames failed:\n {2}1\.png: not a picture .*\n$/);
    assert.equal(JSON.parse(stdout).frames, 2);
    const frames = await readTracks('h.json');
    assert.deepEqual(
      frames.map(({ frame, name }: { frame: number; name: string }) => [frame, name]),
      [
        [0, '0.png'],
        [1, '2.png'],
      ],
    );
  });

  test('draws into a video and reads it again', { skip: WITHOUT_FFMPEG }, async () => {
    for (const name of ['v.mp4', 'v.webm']) {
      const drawn = await track('frames', '--draw', name, '--frame-rate', '12.5');
      assert.equal(drawn.code, 0, drawn.stderr);
      const again = await track(name, '--output', `${name}.json`, '--json');
      assert.equal(again.code, 0, again.stderr);
      assert.equal(JSON.parse(again.stdout).frames, FRAMES);
      const [{ width, height, name: pictureName }] = await readTracks(`${name}.json`);
      assert.deepEqual([width, height, pictureName], [160, 120, undefined]);
    }
    const few = await track('v.mp4', '--max-frames', '2', '--json');
    assert.equal(JSON.parse(few.stdout).frames, 2);
    // a stream, whose length nobody knows
    const stream = await track(`file://${join(folder, 'v.mp4')}`, '--json');
    assert.equal(JSON.parse(stream.stdout).frames, FRAMES);
    assert.match(stream.stderr, /^track 1$/m);
  });

  test('a video of odd size, with frames at uneven times, comes through', {
    skip: WITHOUT_FFMPEG,
  }, async () => {
    for (let n = 0; n < 5; n++) {
      await writeImage(join(folder, `odd/${n}.png`), cropImage(scene, STEP * n, 0, 97, 75));
    }
    assert.equal((await track('odd', '--draw', 'odd.mp4')).code, 0);
    const uneven = ['-vf', "setpts='(N+3*gt(N,2))/30/TB'", '-vsync', 'vfr'];
    const made = spawnSync('ffmpeg', ['-i', 'odd.mp4', ...uneven, 'uneven.mp4'], { cwd: folder });
    assert.equal(made.status, 0, String(made.stderr));
    assert.equal(JSON.parse((await track('uneven.mp4', '--json')).stdout).frames, 5);
  });

  test('says in one line what is wrong with a video', { skip: WITHOUT_FFMPEG }, async () => {
    await writeFile(join(folder, 'words.mp4'), 'these are words');
    const words = await track('words.mp4', '--output', 'w.json', '--draw', 'w.mp4');
    assert.equal(words.code, 1);
    assert.match(words.stderr, /^superpoint: words\.mp4: ffmpeg failed: .+\n$/);
    await writeImage(join(folder, 'sizes/0.png'), frameImage(0));
    await writeImage(join(folder, 'sizes/1.png'), testImage(0));
    const sizes = await track('sizes', '--draw', 's.mp4');
    assert.equal(sizes.code, 1);
    assert.match(
      sizes.stderr,
      /s\.mp4: frame 1 is 96x72, the video is 160x120: draw into a folder instead\n$/,
    );
    for (const name of ['w.json', 'w.mp4', 's.mp4']) assert.ok(!existsSync(join(folder, name)), name);
  });

  test('says so where ffmpeg is missing', async () => {
    await writeFile(join(folder, 'clip.mp4'), 'never read');
    const path = process.env.PATH;
    process.env.PATH = join(folder, 'empty');
    try {
      for (const args of [['clip.mp4'], ['v4l2:/dev/video0'], ['frames', '--draw', 'f.webm']]) {
        const { code, stdout, stderr } = await track(...(args as [string, ...string[]]));
        assert.equal(code, 1);
        assert.match(stderr, /superpoint: ffmpeg is missing, and videos and cameras need it: install .*\n$/);
        assert.equal(stdout, '');
      }
    } finally {
      process.env.PATH = path;
    }
    assert.ok(!existsSync(join(folder, 'f.webm')));
  });

  test('says in one line what is wrong, and leaves nothing behind', async () => {
    await writeFile(join(folder, 'torn.png'), (await encodePng(testImage(2))).subarray(0, 500));
    const cases: [string[], number, RegExp][] = [
      [['gone'], 1, /^superpoint: gone: no such file or folder\n$/],
      [['empty'], 1, /^superpoint: empty: no pictures in this folder, expected .*\n$/],
      [['frames', '--reference', 'torn.png'], 1, /^superpoint: torn\.png: broken or truncated PNG file.*\n$/],
      [['frames', '--model', 'magicpoint.safetensors'], 1, /expected features\d with descriptors, got none/],
      [['frames', '--draw', 'drawn.avi'], 2, /--draw drawn\.avi: expected a folder, or a video that ends in/],
      [['frames', '--draw', './frames'], 2, /would take the place of frames: give it another name/],
      [['frames', '--max-length', '1'], 2, /Expected a whole number of at least 2/],
      [['frames', '--match-threshold', '0'], 2, /Expected a number above 0 and at most 2/],
    ];
    for (const [[input, ...args], expected, message] of cases) {
      const { code, stdout, stderr } = await track(input, '--output', 'never/t.json', ...args);
      assert.equal(code, expected, stderr);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\bat .+:\d+:\d+/);
      assert.equal(stdout, '');
    }
    assert.deepEqual(existsSync(join(folder, 'never')) ? await listed('never') : [], []);
  });
});
