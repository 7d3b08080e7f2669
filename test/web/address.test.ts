/** What a link to the page shows, where Back leads, when messages go, and which model each view takes. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { skipWithoutChromium } from '../chromium.js';
import { buildSite, type Site, visit } from './site.js';

const matched = (page: Page) => page.waitForSelector('#match [data-part=exports]:not([disabled])');
const hash = (page: Page) => page.evaluate(() => location.hash);

suite('the address of the page', { skip: skipWithoutChromium }, () => {
  let site: Site;
  before(async () => {
    site = await buildSite();
  });
  after(() => site?.remove());

  test('a link shows what its sender saw, and Back works', async () => {
    const query = '?device=wasm#match?example=wall&size=240&points=true&nmsRadius=nonsense';
    await visit(site, { query }, async ({ page, complaints }) => {
      await matched(page);
      const size = page.locator('#match [data-part=settings] input').first();
      assert.equal(await size.inputValue(), '240');
      assert.ok(await page.isChecked('#match label:has-text("Points") input'));
      assert.equal(await hash(page), '#match?example=wall&size=240&points=true');

      await size.fill('320');
      assert.equal(await hash(page), '#match?example=wall&size=320&points=true');
      await page.click('nav a:text("Track")');
      assert.equal(await hash(page), '#track');
      await page.click('nav a:text("Match")');
      assert.equal(await hash(page), '#match?example=wall&size=320&points=true');
      await page.click('#match [data-do=turned]');
      await page.waitForFunction(() => location.hash.includes('turned'));
      await page.goBack();
      assert.equal(await hash(page), '#match?example=wall&size=320&points=true');
      await page.goBack();
      assert.ok(await page.isVisible('#track h1'));
      await page.goBack();
      assert.ok(await page.isVisible('#match h1'));
      await matched(page);
      assert.deepEqual(complaints, []);
    });
  });

  test('Back from an example leads to the empty view', async () => {
    await visit(site, { query: '?device=wasm#match?size=240' }, async ({ page, complaints }) => {
      await page.click('#match [data-do=wall]');
      await matched(page);
      await page.goBack();
      await page.waitForSelector('#match [data-part=empty]:not([hidden])');
      assert.ok(await page.isDisabled('#match [data-do=save-json]'));
      await page.goForward();
      await matched(page);
      assert.deepEqual(complaints, []);
    });
  });

  test('a link starts the bundled sequence', async () => {
    const query = '?device=wasm#track?source=sequence&size=160&heat=true';
    await visit(site, { query }, async ({ page, complaints }) => {
      await page.waitForSelector('#track dt:text-is("frames a second")');
      assert.ok(await page.isChecked('#track label:has-text("Heatmap") input'));
      assert.deepEqual(complaints, []);
    });
  });

  test('messages go with their cause: another file, another view', async () => {
    await visit(site, { query: '?device=wasm#match' }, async ({ page }) => {
      const letter = { name: 'letter.png', mimeType: 'image/png', buffer: Buffer.from('Dear Sir') };
      const choose = async (files: Parameters<Page['setInputFiles']>[1]) => {
        const [chooser] = await Promise.all([
          page.waitForEvent('filechooser'),
          page.click('#match [data-do=first]'),
        ]);
        await chooser.setFiles(files);
      };
      await choose([letter]);
      await page.waitForSelector('.notice.problem');
      const pgm = Buffer.concat([Buffer.from('P5 64 48 255 '), Buffer.alloc(64 * 48)]);
      await choose([{ ...letter, name: 'grey.pgm', buffer: pgm }]);
      await page.waitForSelector('.notice.problem', { state: 'detached' });
      await choose([letter]);
      await page.waitForSelector('.notice.problem');
      await page.click('nav a:text("Learn")');
      assert.equal(await page.locator('.notice.problem').count(), 0);
    });
  });

  test('two pictures get the exact model, a stream the quick one; the other is offered and kept', async (t) => {
    if (!site.isTrained) return t.skip('there is one model only');
    const summary = (name: string) =>
      page0.waitForSelector(`#engine-summary:text-matches("^${name} · WebAssembly")`);
    let page0: Page;
    await visit(site, { query: '?device=wasm#match' }, async ({ page, complaints }) => {
      page0 = page;
      await summary('SuperPoint, int8');
      assert.match((await page.textContent('#model-line')) ?? '', /the most exact here/);
      await page.click('nav a:text("Track")');
      await page.waitForSelector('#model-reason:has-text("the quickest here")');
      await page.waitForSelector('#engine-summary:not(:text-matches("^SuperPoint, int8"))');
      await page.focus('#model-other');
      await page.keyboard.press('Enter');
      await summary('SuperPoint, int8');
      assert.match(await hash(page), /model=superpoint-int8/);
      await page.waitForSelector('#model-reason:has-text("your choice")');
      await page.reload();
      await summary('SuperPoint, int8');
      await page.waitForSelector('#model-reason:has-text("your choice")');
      assert.deepEqual(complaints, []);
    });
  });

  test('the skip link leads to the content and leaves the address', async () => {
    await visit(site, { query: '?device=wasm#track' }, async ({ page }) => {
      await page.focus('.skip');
      await page.keyboard.press('Enter');
      assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
      assert.equal(await hash(page), '#track');
    });
  });
});
