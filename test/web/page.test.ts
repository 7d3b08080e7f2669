import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { SuperPoint } from '../../src/features/superpoint.js';
import { decodeNpz } from '../../src/files/npz.js';
import { decodeSafetensors } from '../../src/files/safetensors.js';
import { decodeFeaturesJson } from '../../src/formats/features-json.js';
import { estimateHomography } from '../../src/geometry/estimate-homography.js';
import { invertHomography, multiplyHomographies, warpPoints } from '../../src/geometry/homography.js';
import { readImage } from '../../src/image/codec.js';
import { matchFeatures } from '../../src/matching/match-features.js';
import { shapeOfWeights, type Weights } from '../../src/network/weights.js';
import { homographyOfFrame } from '../../web/engine/camera-path.js';
import { DEFAULT_SETTINGS } from '../../web/learn/settings.js';
import { Trainer } from '../../web/learn/trainer.js';
import { assertClose } from '../assert-close.js';
import { skipWithoutChromium } from '../chromium.js';
import { buildSite, choose, examplePair, figure, ROOT, type Site, saved, screenshot, visit } from './site.js';

/** WebGPU on a graphics card in software, for browsers that have one. */
const SOFTWARE_GPU = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
];
const DETECTION = { detectionThreshold: 0.01, nmsRadius: 4, maxKeypoints: 1000 };
const NETWORK_SIZE = 320;
const SOFTWARE_GPU_SIZE = 160;
/** Steps until the screenshot of Learn has something to show. */
const LONG_TRAINING = 40;
const PHONE = { width: 390, height: 844 };

/** Matches two files at a size for the network. @returns milliseconds from the choice to the result. */
async function matchFiles(page: Page, files: string[], size = NETWORK_SIZE): Promise<number> {
  await page.locator('#match [data-part=settings] input').first().fill(String(size));
  await page.waitForFunction(() => document.querySelector('#engine-summary')?.textContent?.includes('·'));
  const start = performance.now();
  await choose(page, '#match [data-do=first]', files);
  await page.waitForSelector('#match [data-part=exports]:not([disabled])');
  return performance.now() - start;
}

/** Share of points that have one of the others within `distance` pixels. */
function shareNear(points: Float32Array, others: Float32Array, distance: number): number {
  let near = 0;
  for (let n = 0; n < points.length; n += 2) {
    for (let m = 0; m < others.length; m += 2) {
      if (Math.hypot(points[n] - others[m], points[n + 1] - others[m + 1]) > distance) continue;
      near++;
      break;
    }
  }
  return near / (points.length / 2);
}

suite('the page in a real browser', { skip: skipWithoutChromium }, () => {
  let site: Site;
  before(async () => {
    site = await buildSite();
  });
  after(() => site?.remove());

  test('its own script is small and holds no code of Node', async (t) => {
    const assets = join(site.folder, 'assets');
    const own = (await readdir(assets)).filter((name) => /^(index|worker)/.test(name));
    let compressed = gzipSync(await readFile(join(site.folder, 'index.html'))).length;
    for (const name of own) {
      const content = await readFile(join(assets, name));
      compressed += gzipSync(content).length;
      if (extname(name) === '.js') assert.doesNotMatch(content.toString(), /["']node:|require\(["']fs["']\)/);
      t.diagnostic(`${name}: ${gzipSync(content).length} bytes compressed`);
    }
    t.diagnostic(`the page's own files: ${compressed} bytes compressed`);
    assert.ok(compressed < 200_000, `${compressed} bytes`);
  });

  test('matching two pictures gives the points, matches and homography of the library in Node', async (t) => {
    const files = await examplePair(site);
    const superpoint = await SuperPoint.load({ model: site.cpuModel });
    const images = [await readImage(files[0]), await readImage(files[1])];
    const options = { ...DETECTION, resize: NETWORK_SIZE };
    const features = [
      await superpoint.detect(images[0], options),
      await superpoint.detect(images[1], options),
    ];
    await superpoint.dispose();
    const matches = await matchFeatures(features[0], features[1], { minSimilarity: 0 });
    const threshold = (3 * images[1].width) / NETWORK_SIZE;
    const { H_0to1, inlierCount } = estimateHomography(features[0], features[1], matches, { threshold });

    await visit(site, { query: '?device=wasm#match' }, async ({ page, complaints }) => {
      // Until then a quicker network serves.
      await page.waitForSelector('#model-reason:has-text("the most exact here")');
      const milliseconds = await matchFiles(page, files);
      t.diagnostic(`first match ${Math.round(milliseconds)} ms after the files were chosen`);
      await page.waitForSelector('#match [data-part=overlay]:not([hidden])');
      const json = decodeFeaturesJson(
        new TextDecoder().decode(await saved(page, '#match [data-do=save-json]')),
      );
      json.forEach(({ features: one }, side) => {
        const expected = features[side];
        assert.deepEqual([one.width, one.height], [expected.width, expected.height]);
        assert.ok(Math.abs(one.count - expected.count) <= 0.01 * expected.count);
        assert.ok(shareNear(one.keypoints, expected.keypoints, 0.05) > 0.98);
        assert.ok(shareNear(expected.keypoints, one.keypoints, 0.05) > 0.98);
      });
      const npz = decodeNpz(await saved(page, '#match [data-do=save-npz]'));
      const pairs = npz.matches.dims[0];
      assert.ok(Math.abs(pairs - matches.count) <= 0.03 * matches.count, `${pairs} and ${matches.count}`);
      assert.ok(Math.abs(Number(await figure(page, 'inliers')) - inlierCount) <= 0.03 * inlierCount);
      const corners = [0, 0, images[0].width, 0, images[0].width, images[0].height, 0, images[0].height];
      assert.ok(H_0to1);
      assertClose(
        warpPoints(Float64Array.from(npz.H_0to1.data, Number), corners),
        warpPoints(H_0to1, corners),
        1,
      );

      await page.focus('#match canvas');
      await page.keyboard.press('ArrowRight');
      assert.match(
        (await page.textContent('#match [data-part=reading]')) ?? '',
        /^Match 1 by similarity: 0?\.|1\./,
      );
      await screenshot(page, 'match-wide');
      await page.keyboard.press('Escape');
      await page.click('#match [data-do=copy-json]');
      await page.waitForSelector('.notice:has-text("clipboard")');
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      assert.equal(decodeFeaturesJson(copied).length, 2);
      assert.ok((await saved(page, '#match [data-do=save-picture]')).length > 10_000);
      await page.setViewportSize(PHONE);
      await page.emulateMedia({ colorScheme: 'dark' });
      await screenshot(page, 'match-narrow');
      assert.deepEqual(complaints, []);
    });
  });

  test('wrong files, narrow and huge pictures are refused in words, and the page goes on', async () => {
    const files = await examplePair(site);
    await visit(site, { query: '?device=wasm&threads=1#match' }, async ({ page, complaints }) => {
      const letter = {
        name: 'letter.png',
        mimeType: 'image/png',
        buffer: Buffer.from('Dear Sir, see below'),
      };
      const refused = async (file: typeof letter, reason: RegExp) => {
        const [chooser] = await Promise.all([
          page.waitForEvent('filechooser'),
          page.click('#match [data-do=first]'),
        ]);
        await chooser.setFiles([file]);
        await page.waitForSelector('.notice.problem');
        assert.match((await page.textContent('.notice.problem p')) ?? '', reason);
        await page.click('.notice.problem button');
      };
      await refused(letter, /letter\.png: not a picture \(it starts with "Dear Sir"\), expected a JPEG/);
      await refused({ ...letter, buffer: Buffer.from('P2 4 4 255 0') }, /letter\.png: /);
      const strip = Buffer.concat([Buffer.from('P5 30000 20 255 '), Buffer.alloc(600_000)]);
      await refused({ ...letter, name: 'strip.pgm', buffer: strip }, /strip\.pgm: 30000x20 is too narrow/);
      await matchFiles(page, files);
      assert.ok(Number(await figure(page, 'matches')) > 0);
      assert.deepEqual(complaints, []);
    });
  });

  test('without isolation it takes one thread and says so', async () => {
    await visit(site, { query: '?device=wasm#match', isolated: false }, async ({ page, complaints }) => {
      await page.waitForSelector('.notice:has-text("one thread only")');
      await page.waitForSelector('#engine-summary:has-text("WebAssembly, 1 thread")');
      assert.deepEqual(complaints, []);
    });
  });

  test('the bundled sequence is tracked, and a frozen frame found in the next ones', async (t) => {
    await visit(site, { query: '?device=wasm#track' }, async ({ page, complaints }) => {
      await page.locator('#track [data-part=settings] input').first().fill('240');
      await page.click('#track [data-do=sequence]');
      await page.click('#track [data-do=freeze]:not([disabled])');
      await page.waitForSelector('#track dt:text-is("frozen frame")');
      await page.waitForFunction(() => {
        const figures = [...document.querySelectorAll('#track .figures div')];
        const age = figures.find((row) => row.firstChild?.textContent === 'mean age')?.lastChild;
        return Number.parseFloat(age?.textContent ?? '') >= 5;
      });
      await page.click('#track [data-do=pause]');
      assert.ok(Number.parseInt(await figure(page, 'followed on'), 10) > 50);
      assert.ok(Number(await figure(page, 'trails')) > 20);
      assert.match(await figure(page, 'frozen frame'), /^\d+ points$/);
      t.diagnostic(`240x180: ${await figure(page, 'frames a second')} frames a second`);
      await screenshot(page, 'track-wide');
      await page.check('#track label:has-text("Heatmap") input');
      await page.setViewportSize(PHONE);
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.click('#track [data-do=pause]');
      await page.waitForTimeout(1500);
      await screenshot(page, 'track-narrow');
      await page.click('#track [data-do=camera]');
      await page.waitForSelector('.notice.problem');
      assert.match((await page.textContent('.notice.problem p')) ?? '', /camera/i);
      assert.deepEqual(complaints, []);
    });
  });

  test('a camera is tracked; a file that is no video is refused in words', async () => {
    const flags = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
    await visit(site, { query: '?device=wasm#track', flags }, async ({ page, complaints }) => {
      await choose(page, '#track [data-do=video]', [join(ROOT, 'package.json')]);
      await page.waitForSelector('.notice.problem:has-text("package.json cannot be played")');
      await page.locator('#track [data-part=settings] input').first().fill('160');
      await page.click('#track [data-do=camera]');
      await page.waitForFunction(
        () => Number(document.querySelector('#track .figures div:nth-child(3) dd')?.textContent) > 0,
      );
      await page.click('#track [data-do=pause]');
      assert.deepEqual(complaints, []);
    });
  });

  test('a video file is tracked', async (t) => {
    const video = join(site.scratch, 'pan.webm');
    const pan = "crop=w=320:h=240:x='4*n':y='2*n'";
    const picture = join(ROOT, 'examples/photographs/graf1.png');
    const { error, status } = spawnSync(
      'ffmpeg',
      ['-loop', '1', '-i', picture, '-vf', pan, '-t', '3', '-c:v', 'libvpx', '-b:v', '1M', video],
      { stdio: 'ignore' },
    );
    if (error || status !== 0) return t.skip('the film is made with ffmpeg, which is not installed');
    await visit(site, { query: '?device=wasm#track' }, async ({ page, complaints }) => {
      await choose(page, '#track [data-do=video]', [video]);
      await page.locator('#track [data-part=settings] input').first().fill('160');
      await page.waitForFunction(
        () => Number(document.querySelector('#track .figures div:nth-child(3) dd')?.textContent) > 0,
      );
      await page.click('#track [data-do=pause]');
      assert.deepEqual(complaints, []);
    });
  });

  test('tracks of the bundled sequence follow the true motion', async (t) => {
    if (!site.isTrained) return t.skip('there is no trained model yet');
    const model = (await readdir(join(site.folder, 'assets'))).find((name) =>
      /^superpoint-.*tensors$/.test(name),
    );
    await visit(site, { query: '?device=wasm#match' }, async ({ page }) => {
      await page.waitForSelector('#engine-summary:has-text("·")');
      const [worker] = page.workers();
      // What the page's own client does, without the page.
      const frames = await page.evaluate(
        async ([script, modelUrl, pictureBytes]) => {
          const engine = new Worker(script, { type: 'module' });
          let calls = 0;
          const call = (method: string, ...args: unknown[]) =>
            new Promise<ImageBitmap & { readonly trails: readonly Float32Array[] }>((resolve, reject) => {
              const id = ++calls;
              engine.addEventListener('message', ({ data }) => {
                if (data.id !== id) return;
                if (data.error) reject(new Error(data.error.message));
                else resolve(data.result);
              });
              engine.postMessage({ id, method, args });
            });
          await call('start', 'wasm');
          await call('useModel', { name: 'model', url: modelUrl, bytes: 1 });
          await call('openScenery', new Blob([new Uint8Array(pictureBytes)]));
          const settings = { size: 320, detectionThreshold: 0.015, nmsRadius: 4, maxKeypoints: 200 };
          const tracking = { matchThreshold: 0.7, trailLength: 2, minLength: 2, heat: false };
          const trails: number[][][] = [];
          for (const n of [40, 43, 46]) {
            const frame = await call('sceneryFrame', n);
            const result = await call('track', frame, { ...settings, ...tracking });
            trails.push(result.trails.map((trail) => [...trail]));
          }
          engine.terminate();
          return trails;
        },
        [
          worker.url(),
          new URL(`assets/${model}`, page.url()).href,
          [...(await readFile(join(ROOT, 'examples/photographs/graf1.png')))],
        ] as const,
      );
      for (const [k, [from, to]] of [
        [1, [40, 43]],
        [2, [43, 46]],
      ] as const) {
        const [H_from, H_to] = [from, to].map((n) => homographyOfFrame(n, 800, 640));
        const H_fromTo = multiplyHomographies(H_to, invertHomography(H_from));
        const errors = frames[k].map(([x0, y0, x1, y1]) => {
          // The network saw the 640x480 frame at half its size.
          const [x, y] = warpPoints(H_fromTo, [2 * x0 + 0.5, 2 * y0 + 0.5]);
          return Math.hypot(x - (2 * x1 + 0.5), y - (2 * y1 + 0.5)) / 2;
        });
        const right = errors.filter((error) => error < 3).length;
        assert.ok(right > 30, `${right} of ${errors.length} tracks are right`);
        assert.ok(right / errors.length > 0.8, `${right} of ${errors.length} tracks are right`);
      }
    });
  });

  test('ten steps of training lower the loss and equal those of Node', async () => {
    await visit(site, { query: '?device=wasm#learn' }, async ({ page, complaints }) => {
      await page.waitForSelector('#learn .tiles canvas');
      for (let step = 1; step <= 10; step++) {
        await page.click('#learn [data-do=step]');
        await page.waitForSelector(`#learn [data-part=log] tr:first-child td:text-is("${step}")`, {
          state: 'attached',
        });
      }
      const texts = await page.locator('#learn [data-part=log] td:last-child').allTextContents();
      const losses = texts.map(Number).reverse();
      assert.ok(losses[9] < 0.9 * losses[0], `${losses}`);
      const trainer = await Trainer.open(DEFAULT_SETTINGS);
      const expected: number[] = [];
      while (trainer.steps < 10) expected.push((await trainer.step()).loss);
      await trainer.release();
      assertClose([losses[0]], [expected[0]], 2e-6);
      // Adam divides small gradients by their size, so rounding grows from step to step.
      assertClose(
        losses.map((loss, n) => loss / expected[n]),
        losses.map(() => 1),
        0.01,
      );

      const { tensors } = decodeSafetensors(await saved(page, '#learn [data-do=save]'));
      assert.equal(shapeOfWeights(tensors as Weights).descriptor, 0);
      await page.click('#learn [data-do=run]');
      await page.waitForFunction(
        (steps) => Number(document.querySelector('#learn .figures dd')?.textContent) >= steps,
        LONG_TRAINING,
      );
      await page.click('#learn [data-do=run]');
      await page.waitForTimeout(500);
      await screenshot(page, 'learn-wide');
      await page.setViewportSize(PHONE);
      await page.emulateMedia({ colorScheme: 'dark' });
      await screenshot(page, 'learn-narrow');
      await page.click('#learn [data-do=use]');
      await page.waitForSelector('.notice:has-text("the detector trained here")');
      await page.waitForSelector('#engine-summary:has-text("trained here")');
      assert.deepEqual(complaints, []);
    });
  });

  test('WebGPU gives the points that WebAssembly gives', async (t) => {
    const files = await examplePair(site);
    const small = join(dirname(site.model), 'superpoint-small.safetensors');
    const model = existsSync(small) ? small : site.model;
    await visit(
      site,
      { query: `?device=webgpu#match?model=${basename(model, extname(model))}`, flags: SOFTWARE_GPU },
      async ({ page, complaints }) => {
        await page.waitForSelector('#engine-summary:has-text("·")');
        const summary = (await page.textContent('#engine-summary')) ?? '';
        if (!summary.includes('WebGPU')) {
          const reason = await page.textContent('.notice.problem p');
          t.skip(`${reason}`);
          return;
        }
        // The adapter is software: a busy machine takes minutes for a picture.
        page.setDefaultTimeout(300_000);
        await matchFiles(page, files, SOFTWARE_GPU_SIZE);
        const [first] = decodeFeaturesJson(
          new TextDecoder().decode(await saved(page, '#match [data-do=save-json]')),
        );
        const superpoint = await SuperPoint.load({ model });
        const options = { ...DETECTION, resize: SOFTWARE_GPU_SIZE };
        const expected = await superpoint.detect(await readImage(files[0]), options);
        await superpoint.dispose();
        assert.ok(expected.count > 50, `${expected.count} keypoints`);
        assert.ok(shareNear(first.features.keypoints, expected.keypoints, 0.5) > 0.95);
        assert.deepEqual(complaints, []);
      },
    );
  });
});
