import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { findImages, imagesBelow } from '../../src/cli/find-images.js';
import { superpoint, testImage, writeImage, writeModel } from './command.js';

suite('the images of a folder', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-find-'));
    await writeImage(join(folder, 'photos/a.png'), testImage(0));
    await writeImage(join(folder, 'photos/z/b.png'), testImage(1));
    await writeImage(join(folder, 'elsewhere/c.png'), testImage(2));
    await writeImage(join(folder, 'elsewhere/deep/d.png'), testImage(3));
    await writeImage(join(folder, 'photos/.hidden/e.png'), testImage(4));
    for (const name of ['IMG_1.HEIC', 'old.bmp', 'z/notes.txt', 'z/more.txt', 'README', '.DS_Store']) {
      await writeFile(join(folder, 'photos', name), 'no image');
    }
    await symlink(join(folder, 'elsewhere'), join(folder, 'photos/linked'));
    await symlink(join(folder, 'elsewhere'), join(folder, 'photos/linked-again'));
    await symlink(join(folder, 'photos'), join(folder, 'elsewhere/deep/back'));
    await symlink(join(folder, 'photos/z'), join(folder, 'photos/a-link-to-z'));
    await symlink(join(folder, 'elsewhere/c.png'), join(folder, 'photos/file-link.png'));
    await symlink(join(folder, 'nowhere'), join(folder, 'photos/broken.png'));
    await mkdir(join(folder, 'videos'));
    await writeFile(join(folder, 'videos/x.mp4'), 'no image');
    await writeModel(join(folder, 'model.safetensors'));
  });
  after(() => rm(folder, { recursive: true }));

  test('links to folders are followed, each folder is entered once, and the rest is counted', async () => {
    assert.deepEqual(await imagesBelow(join(folder, 'photos')), {
      names: ['a.png', 'broken.png', 'file-link.png', 'linked/c.png', 'linked/deep/d.png', 'z/b.png'],
      leftOut: { HEIC: 1, BMP: 1, TXT: 2, 'without extension': 1 },
    });
  });

  test('a folder may itself be a link, and several are counted together', async () => {
    await symlink(join(folder, 'photos/z'), join(folder, 'direct'));
    const { images, leftOut } = await findImages([join(folder, 'direct'), join(folder, 'photos/a.png')]);
    assert.deepEqual(
      images.map(({ name }) => name),
      ['b.png', 'a.png'],
    );
    assert.deepEqual(leftOut, { TXT: 2 });
  });

  test('a folder without images says what it holds instead', async () => {
    await assert.rejects(
      imagesBelow(join(folder, 'videos')),
      /videos: no pictures in this folder, expected JPEG, .* files \(1 file left out: 1 MP4\)$/,
    );
  });

  test('a command tells what it left out, on stderr and in its JSON', async () => {
    const { code, stdout, stderr } = await superpoint(
      folder,
      ...['detect', 'photos/z', '--output', 'z.h5', '--model', 'model.safetensors', '--json'],
    );
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^superpoint: 2 files left out: 2 TXT$/m);
    assert.deepEqual(JSON.parse(stdout).leftOut, { TXT: 2 });
  });
});
