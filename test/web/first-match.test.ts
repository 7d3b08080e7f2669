/** The first match: what a visitor waits for, and what comes after. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { skipWithoutChromium } from '../chromium.js';
import { buildSite, figure, type Site, visit } from './site.js';

suite('the first match', { skip: skipWithoutChromium }, () => {
  let site: Site;
  before(async () => {
    site = await buildSite();
  });
  after(() => site?.remove());

  test('is there before the exact network, by a quick one, and comes anew by the exact one', async (t) => {
    if (!site.isTrained) return t.skip('there is no trained model yet');
    const query = '#match';
    await visit(site, { query: `?device=wasm${query}` }, async ({ page, complaints }) => {
      const reason = (text: string) => page.waitForSelector(`#model-reason:has-text("${text}")`);
      await reason('the most exact here');
      const asked: string[] = [];
      page.context().on('request', (request) => asked.push(request.url()));
      let open = () => {};
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      await page.context().route('**/superpoint-int8*', async (route) => {
        await gate;
        await route.continue();
      });
      const address = page.url().replace(query, `${query}?example=wall&size=240`);
      // An address that differs behind its # alone would load nothing anew.
      await page.goto('about:blank');
      await page.goto(address);
      await page.waitForSelector('#match [data-part=exports]:not([disabled])');
      assert.equal(
        await page.textContent('#model-reason'),
        'SuperPoint tiny, int8 serves until SuperPoint, int8 is loaded.',
      );
      const first = await figure(page, 'matches');
      const names = [...new Set(asked.map((url) => new URL(url).pathname.split('/').pop() ?? ''))];
      let bytes = 0;
      for (const name of names.filter((one) => extname(one) !== '' && !one.startsWith('superpoint-int8'))) {
        const content = await readFile(join(site.folder, 'assets', name)).catch(() => undefined);
        if (!content) continue;
        const sent = extname(name) === '.webp' ? content.length : gzipSync(content).length;
        t.diagnostic(`${name}: ${sent} bytes compressed`);
        bytes += sent;
      }
      t.diagnostic(`all: ${bytes} bytes compressed`);
      // The runtime has 3.7 million of these with gzip, 2.7 with brotli.
      assert.ok(bytes > 3_500_000 && bytes < 4_300_000, `${bytes} bytes: ${names}`);
      open();
      await reason('SuperPoint, int8: the most exact here');
      await page.waitForFunction(
        (last) =>
          [...document.querySelectorAll('#match .figures div')].some(
            ({ firstChild, lastChild }) =>
              firstChild?.textContent === 'matches' && lastChild?.textContent !== last,
          ),
        first,
      );
      assert.deepEqual(complaints, []);
    });
  });
});
