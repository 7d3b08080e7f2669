import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build, createLogger } from 'vite';
import { SuperPoint } from '../../src/features/superpoint.js';
import { encodePng, readImage } from '../../src/image/codec.js';
import { fitWithin } from '../../src/image/resize.js';
import { skipWithoutChromium } from '../chromium.js';
import { ROOT, visit } from './site.js';

const PHOTOGRAPH = join(ROOT, 'examples/photographs/graf1.png');
const skipWithoutModel = existsSync(join(ROOT, 'models/superpoint.safetensors'))
  ? false
  : 'there is no trained model yet';

suite('the library in a bundle for the browser', () => {
  let project: string;
  before(async () => {
    // A user's project: the example, with the package among its dependencies.
    project = await mkdtemp(join(tmpdir(), 'superpoint-bundle-'));
    await cp(join(ROOT, 'examples/browser-bundle'), project, { recursive: true });
    await writeFile(join(project, 'package.json'), '{ "type": "module" }');
    await mkdir(join(project, 'node_modules'));
    await symlink(ROOT, join(project, 'node_modules/superpoint'));
    await build({ root: project, logLevel: 'error', build: { reportCompressedSize: false } });
  });
  const scriptOfWorker = async () => {
    const names = await readdir(join(project, 'dist/assets'));
    return names.find((name) => name.startsWith('engine-worker')) ?? assert.fail('no script of a worker');
  };
  after(() => rm(project, { recursive: true, force: true }));

  test('holds no code of Node but that of the runtime', async (t) => {
    const assets = join(project, 'dist/assets');
    for (const name of await readdir(assets)) {
      const { size } = await stat(join(assets, name));
      if (extname(name) !== '.js') {
        t.diagnostic(`${name}: ${size} bytes`);
        continue;
      }
      const script = await readFile(join(assets, name));
      t.diagnostic(`${name}: ${size} bytes, ${gzipSync(script).length} compressed`);
      // The runtime asks for Node's modules where it finds itself in Node.
      if (name.startsWith('ort')) continue;
      assert.doesNotMatch(script.toString(), /["']node:|["'](sharp|onnxruntime-node|@napi-rs)/);
      assert.ok(gzipSync(script).length < 60_000);
    }
  });

  test('takes the formats in without a word of Node', async () => {
    const entry = join(project, 'formats.ts');
    await writeFile(entry, "export * from 'superpoint/formats';");
    const warnings: string[] = [];
    const warn = (text: string) => void warnings.push(text);
    const customLogger = Object.assign(createLogger('silent'), { warn, warnOnce: warn });
    const lib = { entry, formats: ['es' as const], fileName: 'formats' };
    const output = await build({ root: project, customLogger, build: { lib, outDir: 'dist-formats' } });
    assert.deepEqual(warnings, []);
    const [{ output: chunks }] = [output].flat() as { output: { code?: string; exports?: string[] }[] }[];
    assert.equal(chunks.length, 1);
    assert.doesNotMatch(String(chunks[0].code), /node:|browser-external/);
    assert.ok(chunks[0].exports?.includes('decodeFeaturesNpz'));
    assert.ok(!chunks[0].exports?.includes('readHlocFeatures'));
  });

  test('detects what the library detects in Node', {
    skip: skipWithoutChromium || skipWithoutModel,
  }, async () => {
    const photograph = join(project, 'small.png');
    const image = fitWithin(await readImage(PHOTOGRAPH), 320);
    await writeFile(photograph, await encodePng(image));
    const superpoint = await SuperPoint.load();
    const { count } = await superpoint.detect(photograph, { resize: 640, maxKeypoints: 500 });
    await superpoint.dispose();
    await visit({ folder: join(project, 'dist') }, {}, async ({ page, complaints }) => {
      await page.setInputFiles('input:not([disabled])', photograph);
      await page.waitForSelector('img:not([hidden])');
      assert.equal(await page.textContent('p'), `${count} keypoints`);
      assert.ok(page.workers().some((worker) => /engine-worker/.test(worker.url())));
      assert.deepEqual(complaints, []);
    });
    // A bundler may lose the worker's script: the page's own thread does the work.
    await rm(join(project, 'dist/assets', await scriptOfWorker()));
    await visit({ folder: join(project, 'dist') }, {}, async ({ page }) => {
      await page.setInputFiles('input:not([disabled])', photograph);
      await page.waitForSelector('img:not([hidden])');
      assert.equal(await page.textContent('p'), `${count} keypoints`);
    });
  });
});
