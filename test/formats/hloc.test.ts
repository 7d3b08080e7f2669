import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Dataset, File, ready } from 'h5wasm/node';
import { FormatError } from '../../src/files/format-error.js';
import type { NamedFeatures } from '../../src/formats/features-json.js';
import { clearTimes, lookup3 } from '../../src/formats/hdf5-times.js';
import { readHlocFeatures, writeHlocFeatures } from '../../src/formats/hloc.js';
import { fixturePath, someFeatures } from './fixture.js';

async function readAll(path: string): Promise<NamedFeatures[]> {
  const pictures: NamedFeatures[] = [];
  for await (const picture of readHlocFeatures(path)) pictures.push(picture);
  return pictures;
}

suite('hloc features', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-hloc-'));
  });
  after(() => rm(folder, { recursive: true }));

  test('gives back the features of pictures in folders, also without points', async () => {
    const pictures = [
      { name: 'a.png', features: someFeatures(0, 256) },
      { name: 'db/deep/ü b.jpg', features: someFeatures(7, 5) },
      { name: 'db/c.jpg', features: someFeatures(1, 256) },
    ];
    const path = join(folder, 'round.h5');
    assert.equal(await writeHlocFeatures(path, pictures), 3);
    const byName = (a: NamedFeatures, b: NamedFeatures) => (a.name < b.name ? -1 : 1);
    assert.deepEqual((await readAll(path)).sort(byName), pictures.sort(byName));
  });

  test('a file that is damaged inside is refused in one line, and others are read afterwards', async () => {
    const path = join(folder, 'inside.h5');
    await writeHlocFeatures(path, [{ name: 'a.png', features: someFeatures(2, 4) }]);
    const bytes = await readFile(path);
    bytes.write('XXXX', bytes.lastIndexOf('OHDR'));
    const damaged = join(folder, 'damaged-inside.h5');
    await writeFile(damaged, bytes);
    await assert.rejects(readAll(damaged), (error: Error) => {
      assert.equal(error.message, `${damaged} is a truncated or damaged HDF5 file`);
      return error instanceof FormatError;
    });
    assert.equal((await readAll(path)).length, 1);
  });

  test('the same content is the same bytes at another time', async (context) => {
    const pictures = Array.from({ length: 12 }, (_, i) => ({
      name: `${i % 3}/${i}.png`,
      features: someFeatures(i, 4),
    }));
    const written = [];
    for (const moment of [1_000_000_000_000, 1_700_000_000_000]) {
      context.mock.method(Date, 'now', () => moment);
      const path = join(folder, `at-${moment}.h5`);
      await writeHlocFeatures(path, pictures, { attributes: { exif: 'ignore' } });
      written.push(await readFile(path));
    }
    assert.ok(written[0].equals(written[1]));
  });

  test('the checksum of metadata is that of its author, and data that look like a header stay', async () => {
    // the values that Jenkins gives beside his code
    assert.equal(lookup3(Buffer.from('')), 0xdeadbeef);
    assert.equal(lookup3(Buffer.from('Four score and seven years ago')), 0x17770551);
    const path = join(folder, 'looks-alike');
    const bytes = Buffer.alloc(2 ** 20 + 200, 7);
    // a header with times and no messages, across the border of two blocks and well before it
    for (const [at, checksum] of [
      [100, 0],
      [2 ** 20 - 2, 1],
    ]) {
      bytes.write('OHDR\x02\x20', at, 'latin1');
      bytes[at + 22] = 0;
      bytes.writeUInt32LE((lookup3(bytes.subarray(at, at + 23)) + checksum) % 2 ** 32, at + 23);
    }
    await writeFile(path, bytes);
    await clearTimes(path);
    const cleared = await readFile(path);
    assert.deepEqual([...cleared.subarray(106, 122)], Array(16).fill(0));
    assert.equal(cleared.readUInt32LE(123), lookup3(cleared.subarray(100, 123)));
    assert.ok(cleared.subarray(127).equals(bytes.subarray(127)), 'a wrong checksum is none of a header');
    bytes.writeUInt32LE(lookup3(bytes.subarray(2 ** 20 - 2, 2 ** 20 + 21)), 2 ** 20 + 21);
    await writeFile(path, bytes);
    await clearTimes(path);
    assert.equal((await readFile(path))[2 ** 20 + 5], 0, 'found across the border of blocks');
  });

  test('the times are found in headers of every layout', async () => {
    const path = join(folder, 'layouts');
    for (const phaseChange of [0, 4]) {
      for (const sizeBytes of [1, 2, 4, 8]) {
        const messages = 5;
        const length = 22 + phaseChange + sizeBytes + messages;
        const bytes = Buffer.alloc(length + 4, 9);
        bytes.write('OHDR\x02', 'latin1');
        bytes[5] = 0x20 + 4 * phaseChange + Math.log2(sizeBytes);
        bytes.fill(0, length - messages - sizeBytes, length - messages);
        bytes[length - messages - sizeBytes] = messages;
        bytes.writeUInt32LE(lookup3(bytes.subarray(0, length)), length);
        await writeFile(path, bytes);
        await clearTimes(path);
        bytes.fill(0, 6, 22);
        bytes.writeUInt32LE(lookup3(bytes.subarray(0, length)), length);
        assert.deepEqual(await readFile(path), bytes, `${phaseChange} ${sizeBytes}`);
      }
    }
  });

  test('pictures in folders, and pictures themselves, may be named as the datasets are', async () => {
    const names = ['b.jpg', 'keypoints/x.jpg', 'keypoints/scores/image_size', 'descriptors', 'c/keypoints'];
    const pictures = names.map((name, i) => ({ name, features: someFeatures(i + 1, 4) }));
    const path = join(folder, 'names.h5');
    await writeHlocFeatures(path, pictures);
    const read = await readAll(path);
    assert.deepEqual(read.map(({ name }) => name).sort(), [...names].sort());
    for (const { name, features } of pictures) {
      assert.deepEqual(read.find((picture) => picture.name === name)?.features, features);
    }
    const clash = [pictures[4], { name: 'c', features: someFeatures(1, 4) }];
    await assert.rejects(writeHlocFeatures(path, clash), /"c" is a folder of pictures already/);
  });

  test('a full disk is told in one line, and leaves nothing', async (context) => {
    const small = join(folder, 'small');
    await mkdir(small);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', small]);
    if (mounted.status !== 0) return context.skip('needs the right to mount a small file system');
    try {
      const pictures = [1, 2, 3].map((i) => ({ name: `${i}.jpg`, features: someFeatures(100, 256) }));
      const path = join(small, 'f.h5');
      await assert.rejects(writeHlocFeatures(path, pictures), {
        code: 'ENOSPC',
        message: `${path}: no space left on device`,
      });
      assert.deepEqual(await readdir(small), []);
    } finally {
      spawnSync('umount', ['--lazy', small]);
    }
  });

  test("has hloc's datasets, shapes and types", async () => {
    const path = join(folder, 'layout.h5');
    const features = someFeatures(3, 2);
    await writeHlocFeatures(path, [{ name: 'x/y.jpg', features }]);
    await ready;
    const file = new File(path, 'r');
    const dataset = (name: string) => file.get(`x/y.jpg/${name}`) as Dataset;
    const layout = ['keypoints', 'scores', 'descriptors', 'image_size'].map((name) => {
      assert.ok(dataset(name) instanceof Dataset);
      return [dataset(name).dtype, dataset(name).shape];
    });
    const [d0, d1, d2, d3, d4, d5] = features.descriptors;
    assert.deepEqual(layout, [
      ['<f', [3, 2]],
      ['<f', [3]],
      ['<f', [2, 3]],
      ['<q', [2]],
    ]);
    assert.deepEqual(dataset('descriptors').value, new Float32Array([d0, d2, d4, d1, d3, d5]));
    assert.deepEqual(dataset('image_size').value, new BigInt64Array([640n, 480n]));
    file.close();
  });

  test('half keeps five decimals of descriptors and all else exact, in fewer bytes', async () => {
    const features = someFeatures(300, 256);
    const sizes: number[] = [];
    for (const half of [false, true]) {
      const path = join(folder, `half-${half}.h5`);
      const pictures = [
        { name: 'a.png', features: { ...features, descriptors: features.descriptors.map((x) => x / 8) } },
        { name: 'none.png', features: someFeatures(0, 256) },
      ];
      await writeHlocFeatures(path, pictures, { half, attributes: { exif: 'ignore' } });
      const [{ features: read }, none] = await readAll(path);
      assert.equal(none.features.count, 0);
      const error = read.descriptors.map((value, i) => Math.abs(value - features.descriptors[i] / 8));
      assert.ok(error.every((each) => each <= (half ? 1.1e-5 : 0)));
      assert.deepEqual([read.keypoints, read.scores], [features.keypoints, features.scores]);
      sizes.push((await readFile(path)).length);
    }
    assert.ok(sizes[1] < 0.52 * sizes[0], `${sizes}`);
  });

  test("reads h5py's file with float16", async () => {
    const [picture, ...others] = await readAll(fixturePath('hloc-half.h5'));
    assert.equal(others.length, 0);
    assert.equal(picture.name, 'query/night/a.jpg');
    assert.deepEqual(picture.features, {
      width: 640,
      height: 480,
      count: 2,
      keypoints: new Float32Array([1.5, 2, 3, 4.25]),
      scores: new Float32Array([0.5, 0.25]),
      descriptors: new Float32Array([1, 0, 0, 0, 0.5, -2]),
      descriptorDim: 3,
    });
  });

  test('writes nothing when the pictures break off or clash', async () => {
    const inner = join(folder, 'broken');
    const one = { name: 'a.jpg', features: someFeatures(1, 2) };
    async function* breaking() {
      yield one;
      throw new Error('the second picture broke');
    }
    await assert.rejects(writeHlocFeatures(join(inner, 'f.h5'), breaking()), /the second picture broke/);
    await assert.rejects(
      writeHlocFeatures(join(inner, 'f.h5'), [one, one]),
      /two pictures are named "a\.jpg"/,
    );
    const inside = { name: 'a.jpg/keypoints/b', features: one.features };
    await assert.rejects(
      writeHlocFeatures(join(inner, 'f.h5'), [one, inside]),
      /lies inside another picture/,
    );
    for (const name of ['../a.jpg', '/a.jpg', '']) {
      await assert.rejects(writeHlocFeatures(join(inner, 'f.h5'), [{ ...one, name }]), /relative path/);
    }
    assert.deepEqual(await readdir(inner), []);
  });

  test('refuses files that are not HDF5, truncated or incomplete', async () => {
    const path = join(folder, 'bad.h5');
    await writeFile(path, 'certainly not');
    await assert.rejects(readAll(path), FormatError);
    await writeFile(path, '');
    await assert.rejects(readAll(path), FormatError);
    const whole = await readFile(fixturePath('hloc-half.h5'));
    await writeFile(path, whole.subarray(0, whole.length - 100));
    await assert.rejects(readAll(path), FormatError);
    await ready;
    const file = new File(path, 'w');
    file
      .create_group('a.jpg')
      .create_dataset({ name: 'keypoints', data: new Float32Array(2), shape: [1, 2] });
    file.close();
    await assert.rejects(readAll(path), /picture a\.jpg lacks the dataset scores/);
  });
});
