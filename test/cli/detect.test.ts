import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import sharp from 'sharp';
import { SuperPoint } from '../../src/features/superpoint.js';
import { lockFile, lockFolder } from '../../src/files/lock.js';
import { decodeNpz } from '../../src/files/npz.js';
import { decodeFeaturesJson, type NamedFeatures } from '../../src/formats/features-json.js';
import { decodeFeaturesNpz } from '../../src/formats/features-npz.js';
import { HlocFeatures, readHlocFeatures } from '../../src/formats/hloc.js';
import { encodePng, readColorImage, readImage } from '../../src/image/codec.js';
import { interrupted, randomWeights, superpoint, testImage, writeImage, writeModel } from './command.js';

const MODEL = ['--model', 'model.safetensors'];

async function readAll(path: string): Promise<NamedFeatures[]> {
  const pictures: NamedFeatures[] = [];
  for await (const picture of readHlocFeatures(path)) pictures.push(picture);
  return pictures;
}

suite('superpoint detect', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-detect-'));
    await writeModel(join(folder, 'model.safetensors'));
    await writeImage(join(folder, 'photos/a.png'), testImage(0));
    await writeImage(join(folder, 'photos/night/b.png'), testImage(1, 101, 67));
    await writeFile(join(folder, 'photos/notes.txt'), 'not a picture');
    await mkdir(join(folder, 'empty'));
  });
  after(() => rm(folder, { recursive: true }));

  const detect = (...args: string[]) => superpoint(folder, 'detect', ...args);

  test('writes the features of a folder as hloc expects them, equal to the library', async () => {
    const { code, stdout, stderr } = await detect('photos', '--output', 'out/f.h5', ...MODEL, '--json');
    assert.equal(code, 0, stderr);
    const read: NamedFeatures[] = [];
    for await (const picture of readHlocFeatures(join(folder, 'out/f.h5'))) read.push(picture);
    assert.deepEqual(read.map(({ name }) => name).sort(), ['a.png', 'night/b.png']);

    const network = await SuperPoint.load({ model: randomWeights(16) });
    for (const { name, features } of read) {
      assert.deepEqual(features, await network.detect(await readImage(join(folder, 'photos', name))));
    }
    await network.dispose();
    const result = JSON.parse(stdout);
    assert.equal(result.images, 2);
    assert.equal(result.keypoints, read[0].features.count + read[1].features.count);
    assert.deepEqual(result.failures, []);
    assert.deepEqual(await readdir(join(folder, 'out')), ['f.h5']);
  });

  test('writes one .npz for one picture, a folder of them for several', async () => {
    const options = ['--format', 'npz', '--max-keypoints', '5', ...MODEL];
    assert.equal((await detect('photos/a.png', '--output', 'one.npz', ...options)).code, 0);
    const one = decodeFeaturesNpz(await readFile(join(folder, 'one.npz')));
    assert.deepEqual([one.width, one.height, one.count, one.descriptorDim], [96, 72, 5, 16]);
    assert.equal((await detect('photos', '--output', 'many', ...options)).code, 0);
    assert.deepEqual(decodeFeaturesNpz(await readFile(join(folder, 'many/a.png.npz'))), one);
    assert.ok(existsSync(join(folder, 'many/night/b.png.npz')));
  });

  test('keeps what is up to date, and makes again what changed', async () => {
    for (const index of [0, 1, 2, 3]) {
      await writeImage(join(folder, `kept/${index}.png`), testImage(index, 64, 48));
    }
    const run = async (output: string, ...args: string[]) => {
      const { code, stdout, stderr } = await detect('kept', '--output', output, ...MODEL, ...args, '--json');
      assert.equal(code, 0, stderr);
      const { images, upToDate } = JSON.parse(stdout);
      return [images, upToDate];
    };
    for (const [output, format] of [
      ['kept.h5', 'hloc'],
      ['kept-npz', 'npz'],
      ['kept-safetensors', 'safetensors'],
    ]) {
      await writeImage(join(folder, 'kept/2.png'), testImage(2, 64, 48));
      const args = ['--format', format];
      assert.deepEqual(await run(output, ...args), [4, 0], format);
      assert.deepEqual(await run(output, ...args), [0, 4], format);
      await writeImage(join(folder, 'kept/2.png'), testImage(9, 64, 48));
      assert.deepEqual(await run(output, ...args), [1, 3], format);
      assert.deepEqual(await run(output, '--max-keypoints', '7', ...args), [4, 0], format);
    }
  });

  test('goes on after a signal with what it had', async () => {
    for (let index = 0; index < 12; index++) {
      await writeImage(join(folder, `late/${index}.png`), testImage(index, 480, 360));
    }
    const detectLate = ['detect', 'late', ...MODEL, '--max-keypoints', '9', '--output'];
    const stopped = await interrupted(folder, /detect 1\//, 'SIGINT', ...detectLate, 'late.h5');
    assert.equal(stopped.code, 75, stopped.stderr);
    assert.match(stopped.stderr, /^superpoint: interrupted; the same command goes on from here$/m);
    assert.ok(!existsSync(join(folder, 'late.h5')));
    const { images, upToDate } = JSON.parse(
      (await superpoint(folder, ...detectLate, 'late.h5', '--json')).stdout,
    );
    assert.equal(images + upToDate, 12);
    assert.ok(upToDate >= 1, `${upToDate} kept`);
    assert.ok(!existsSync(join(folder, 'late.h5.partial')));
    await superpoint(folder, ...detectLate, 'whole.h5');
    assert.deepEqual(await readAll(join(folder, 'late.h5')), await readAll(join(folder, 'whole.h5')));
  });

  test('obeys the options that choose keypoints and draws them', async () => {
    const options = [
      '--nms-radius',
      '9',
      '--border-margin',
      '12',
      '--detection-threshold',
      '0.001',
      '--corner-radius',
      '0',
      '--scales',
      '1',
    ];
    const output = ['--format', 'json', '--output', 'f.json', '--draw', 'drawn'];
    const { code, stdout } = await detect('photos/a.png', ...output, ...options, ...MODEL);
    assert.equal(code, 0);
    assert.match(stdout, /^\d+ keypoints in 1 picture, written to f\.json\n$/);
    const [{ name, features }] = decodeFeaturesJson(await readFile(join(folder, 'f.json'), 'utf8'));
    assert.equal(name, 'a.png');
    assert.ok(features.count > 3);
    const { keypoints } = features;
    for (let i = 0; i < features.count; i++) {
      const [x, y] = keypoints.subarray(2 * i, 2 * i + 2);
      assert.ok(x > 11 && x < 96 - 12 && y > 11 && y < 72 - 12, `(${x}, ${y}) lies in the margin`);
      for (let k = 0; k < i; k++) {
        const distance = Math.max(Math.abs(keypoints[2 * k] - x), Math.abs(keypoints[2 * k + 1] - y));
        assert.ok(distance > 8, `${i} and ${k} are ${distance} apart`);
      }
    }
    const drawn = await readColorImage(join(folder, 'drawn/a.png.png'));
    assert.deepEqual([drawn.width, drawn.height], [96, 72]);
  });

  test('goes on after pictures that cannot be read and lists them at the end', async () => {
    const png = Buffer.from(await encodePng(testImage(2)));
    const bad = join(folder, 'bad');
    await writeImage(join(bad, 'good.png'), testImage(2));
    await writeImage(join(bad, 'tiny.png'), testImage(0, 48, 48));
    await writeFile(join(bad, 'truncated.png'), png.subarray(0, png.length / 2));
    await writeFile(join(bad, 'empty.jpg'), '');
    await writeFile(join(bad, 'text.jpg'), 'these are words');
    await writeFile(join(bad, 'seven.pgm'), Buffer.from(`P5 7 7 255\n${'x'.repeat(49)}`));
    await writeFile(join(bad, 'wide.pgm'), 'P5 50000 50000 255\n');
    const { code, stdout, stderr } = await detect(
      'bad',
      'gone.png',
      '--output',
      'bad.h5',
      ...MODEL,
      '--json',
    );
    assert.equal(code, 1);
    const lines = stderr.trimEnd().split('\n');
    assert.equal(lines.at(-7), 'superpoint: 6 of 8 pictures failed:');
    const listed = lines.slice(-6).map((line) => /^ {2}(\S+): (.+)$/.exec(line)?.[1]);
    assert.deepEqual(listed, ['empty.jpg', 'seven.pgm', 'text.jpg', 'truncated.png', 'wide.pgm', 'gone.png']);
    assert.doesNotMatch(stderr, /\bat .+:\d+:\d+/);
    assert.match(stderr, /seven\.pgm: expected an image of at least 8x8 pixels, got 7x7/);
    assert.match(stderr, /wide\.pgm: 50000x50000 is 2500 megapixels/);
    const result = JSON.parse(stdout);
    assert.equal(result.images, 2);
    assert.equal(result.failures.length, 6);
    const names: string[] = [];
    for await (const { name } of readHlocFeatures(join(folder, 'bad.h5'))) names.push(name);
    assert.deepEqual(names, ['good.png', 'tiny.png']);
  });

  test('tells of pictures without contrast, and stretches them when asked', async () => {
    const image = testImage(3);
    const values = Uint16Array.from(image.data, (value) => 51000 + 1200 * value);
    await sharp(values, { raw: { width: 96, height: 72, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toFile(join(folder, 'thermal.png'));
    const plain = await detect('thermal.png', '--output', 'thermal.h5', ...MODEL, '--json');
    assert.equal(plain.code, 0);
    assert.match(
      plain.stderr,
      /^superpoint: thermal\.png: hardly any contrast: few points can be found, if any; --stretch spreads their values$/m,
    );
    assert.deepEqual(JSON.parse(plain.stdout).lowContrast, ['thermal.png']);
    const stretched = await detect('thermal.png', '--output', 'thermal.h5', '--stretch', ...MODEL, '--json');
    assert.equal(stretched.code, 0);
    assert.doesNotMatch(stretched.stderr, /contrast/);
    assert.deepEqual(JSON.parse(stretched.stdout).lowContrast, []);
    const network = await SuperPoint.load({ model: randomWeights(16) });
    for await (const { features } of readHlocFeatures(join(folder, 'thermal.h5'))) {
      const expected = await readImage(join(folder, 'thermal.png'), { stretch: true });
      assert.deepEqual(features, await network.detect(expected));
    }
    await network.dispose();
  });

  test('takes EXIF as the users of the format do and says so, and decodes no more pixels than allowed, when asked', async () => {
    await sharp(Buffer.from(testImage(0).data.map((value) => 255 * value)), {
      raw: { width: 96, height: 72, channels: 1 },
    })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toFile(join(folder, 'sideways.jpg'));
    const sizes: unknown[] = [];
    for (const exif of [['--exif', 'apply'], ['--exif', 'ignore'], []]) {
      await detect('sideways.jpg', '--output', 'sideways.h5', ...exif, ...MODEL);
      const file = await HlocFeatures.open(join(folder, 'sideways.h5'));
      const { width, height } = file.read('sideways.jpg');
      sizes.push([file.attribute('exif'), width, height]);
      file.close();
    }
    assert.deepEqual(sizes, [
      ['apply', 72, 96],
      ['ignore', 96, 72],
      // as hloc and COLMAP do
      ['ignore', 96, 72],
    ]);
    await detect('sideways.jpg', '--output', 'sideways.npz', '--format', 'npz', ...MODEL);
    const arrays = decodeNpz(await readFile(join(folder, 'sideways.npz')));
    assert.deepEqual([...arrays.image_size.data, ...arrays.exif_applied.data], [72, 96, 1]);
    const { code, stderr } = await detect(
      'sideways.jpg',
      '--output',
      'x.h5',
      '--max-pixels',
      '5000',
      ...MODEL,
    );
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^superpoint: sideways\.jpg: 96x72 is 0\.006912 megapixels, expected at most 0\.005/m,
    );
  });

  test('says in one line what is wrong, with exit code 1, and leaves nothing behind', async () => {
    await writeFile(join(folder, 'words.safetensors'), 'words, not weights');
    const weights = await readFile(join(folder, 'model.safetensors'));
    await writeFile(join(folder, 'cut.safetensors'), weights.subarray(0, weights.length - 9));
    const cases: [string[], RegExp][] = [
      [['gone.png', ...MODEL], /^superpoint: gone\.png: no such file\n$/],
      [['empty', ...MODEL], /^superpoint: empty: no pictures in this folder, expected .*\n$/],
      [
        ['photos', '--model', 'gone.safetensors'],
        /^superpoint: gone\.safetensors: no such file; expected .*\n$/,
      ],
      [
        ['photos', '--model', 'words.safetensors'],
        /^superpoint: words\.safetensors: neither a safetensors file .*\n$/,
      ],
      [['photos', '--model', 'cut.safetensors'], /^superpoint: cut\.safetensors: truncated .*\n$/],
      [
        ['photos', '--model', 'photos'],
        /^superpoint: photos: a folder without weights; expected one of .*\n$/,
      ],
      [['gone.png', 'gone2.png', ...MODEL], /superpoint: 2 of 2 pictures failed:\n {2}gone\.png: .*\n.*\n$/],
    ];
    for (const [args, expected] of cases) {
      const { code, stdout, stderr } = await detect(...args, '--output', 'never/f.h5');
      assert.equal(code, 1, args.join(' '));
      assert.match(stderr.replace(/^detect: .*\n/gm, ''), expected);
      assert.equal(stdout, '');
    }
    assert.deepEqual(existsSync(join(folder, 'never')) ? await readdir(join(folder, 'never')) : [], []);
  });

  test('does not write where another process is at work', async () => {
    for (const [output, format, lock] of [
      ['busy.h5', 'hloc', lockFile],
      ['busy', 'npz', lockFolder],
    ] as const) {
      const held = await lock(join(folder, output));
      const { code, stderr } = await detect('photos', '--output', output, '--format', format, ...MODEL);
      held.release();
      assert.equal(code, 1);
      assert.match(
        stderr,
        new RegExp(`^superpoint: ${output} is in use by process ${process.pid} on .+\\n$`),
      );
    }
    assert.ok(!existsSync(join(folder, 'busy.h5')));
    assert.deepEqual(await readdir(join(folder, 'busy')), []);
  });

  test('ends with exit code 2 for wrong usage', async () => {
    await writeImage(join(folder, 'other/a.png'), testImage(3));
    const output = ['--output', 'never.h5'];
    const cases: [string[], RegExp][] = [
      [output, /missing required argument 'path'/],
      [['photos'], /required option '--output <file>' not specified/],
      [
        ['photos', ...output, '--format', 'csv'],
        /'csv' is invalid\. Allowed choices are hloc, npz, safetensors, json/,
      ],
      [['photos', ...output, '--max-keypoints', '0'], /Expected a whole number of at least 1/],
      [['photos', ...output, '--detection-threshold', '2'], /Expected a number from 0 to 1/],
      [
        ['photos', ...output, '--scales', '1,x'],
        /Expected scales to be one or more factors above 0, got \[1,NaN\]/,
      ],
      [['photos', ...output, '--frobnicate'], /unknown option '--frobnicate'/],
      [['photos', ...output, '--device', 'abacus'], /Allowed choices are cpu, webgpu, cuda/],
      [
        ['photos', '--output', 'empty', ...MODEL],
        /--output empty is a folder, expected the name of a hloc file/,
      ],
      [
        ['photos/a.png', 'other/a.png', ...output, ...MODEL],
        /photos\/a\.png and other\/a\.png would both be named/,
      ],
    ];
    for (const [args, expected] of cases) {
      const { code, stdout, stderr } = await detect(...args);
      assert.equal(code, 2, args.join(' '));
      assert.match(stderr, /^superpoint: .*\n$/);
      assert.match(stderr, expected);
      assert.equal(stdout, '');
    }
    assert.ok(!existsSync(join(folder, 'never.h5')));
  });
});
