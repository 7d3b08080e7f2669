/** The page as an installed program: its manifest, its service worker, threads where the host knows no headers. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { skipWithoutChromium } from '../chromium.js';
import { buildSite, type Site, visit } from './site.js';

suite('the page as a program', { skip: skipWithoutChromium }, () => {
  let site: Site;
  before(async () => {
    site = await buildSite();
  });
  after(() => site?.remove());

  test('has a manifest that names files which are there', async () => {
    const manifest = JSON.parse(await readFile(join(site.folder, 'manifest.webmanifest'), 'utf8'));
    assert.equal(manifest.start_url, './');
    for (const { src } of manifest.icons) await readFile(join(site.folder, src));
    const html = await readFile(join(site.folder, 'index.html'), 'utf8');
    assert.match(html, /<link rel="manifest" href="\.\/manifest\.webmanifest">/);
    const worker = await readFile(join(site.folder, 'service-worker.js'), 'utf8');
    assert.doesNotMatch(worker, /__FILES__|__VERSION__|^import /m);
  });

  test('works without a connection after the first visit', async () => {
    const query = '?device=wasm#match?example=wall&size=160';
    const options = { query, serviceWorkers: 'allow', isolated: false } as const;
    await visit(site, options, async ({ page, complaints }) => {
      await page.waitForSelector('#match [data-part=exports]:not([disabled])');
      await page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated');
      // The page, the runtime and the models that suit two pictures and a stream.
      const wanted = { html: 1, wasm: 1, safetensors: site.isTrained ? 2 : 1 };
      await page.waitForFunction(async ({ html, wasm, safetensors }) => {
        const kept = (await caches.keys()).map(async (name) => (await caches.open(name)).keys());
        const names = (await Promise.all(kept)).flat().map(({ url }) => url);
        const count = (pattern: RegExp) => names.filter((name) => pattern.test(name)).length;
        return count(/\/$/) >= html && count(/\.wasm$/) >= wasm && count(/\.safetensors$/) >= safetensors;
      }, wanted);
      const kept = await page.evaluate(async () => {
        const names = await caches.keys();
        const answers = await Promise.all(names.map(async (name) => (await caches.open(name)).matchAll()));
        return answers.flat().map(({ url, headers }) => [url, headers.get('cross-origin-embedder-policy')]);
      });
      for (const [url, policy] of kept) assert.equal(policy, 'require-corp', `${url}`);
      await page.context().setOffline(true);
      await page.reload();
      await page.waitForSelector('#match [data-part=exports]:not([disabled])');
      assert.deepEqual(complaints, []);
    });
  });

  test('has threads on a host that sends no headers', async () => {
    const options = { query: '?device=wasm#match', isolated: false, serviceWorkers: 'allow' } as const;
    await visit(site, options, async ({ page, complaints }) => {
      await page.waitForFunction(() => crossOriginIsolated);
      await page.waitForSelector('#engine-summary:has-text("WebAssembly")');
      assert.equal(await page.locator('.notice:has-text("one thread only")').count(), 0);
      assert.deepEqual(complaints, []);
    });
  });
});
