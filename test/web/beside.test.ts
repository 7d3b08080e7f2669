/** Match with something beside it: another model, and ORB from OpenCV; and the system's sheet for sharing. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { skipWithoutChromium } from '../chromium.js';
import { buildSite, type Site, screenshot, visit } from './site.js';

suite('two methods on one pair', { skip: skipWithoutChromium }, () => {
  let site: Site;
  before(async () => {
    site = await buildSite();
  });
  after(() => site?.remove());

  test('ORB stands beside SuperPoint, loaded when it is asked for', async () => {
    const query = '?device=wasm#match?example=turned&size=320';
    await visit(site, { query }, async ({ page, complaints }) => {
      const loaded: string[] = [];
      page.context().on('request', (request) => loaded.push(request.url()));
      await page.waitForSelector('#match [data-part=overlay]:not([hidden])');
      assert.ok(await page.isHidden('#match [data-part=beside]'));
      assert.ok(!loaded.some((url) => /opencv|binary-features/.test(url)), `${loaded}`);
      await page.selectOption('#match [data-part=settings] select', 'orb');
      await page.waitForSelector('#match [data-part=beside]:not([hidden])');
      assert.match(await page.evaluate(() => location.hash), /beside=orb/);
      const inliers = await page.locator('.compared tr:has(th:text-is("inliers")) td').allTextContents();
      assert.equal(inliers.length, 2);
      for (const count of inliers) assert.ok(Number(count) > 20, `${inliers}`);
      await screenshot(page, 'match-beside');
      assert.deepEqual(complaints, []);
    });
  });

  test('another model stands beside the one in use', async (t) => {
    if (!site.isTrained) return t.skip('there is one model only');
    const query = '?device=wasm#match?example=wall&size=240&beside=superpoint-small-int8';
    await visit(site, { query }, async ({ page, complaints }) => {
      await page.waitForSelector('.compared th:text-is("SuperPoint small, int8")');
      await page.waitForSelector('.compared th:text-is("SuperPoint, int8")');
      await page.selectOption('#match [data-part=settings] select', 'none');
      await page.waitForSelector('#match [data-part=beside]', { state: 'hidden' });
      assert.deepEqual(complaints, []);
    });
  });

  test("a picture is shared through the system's sheet where there is one", async () => {
    const query = '?device=wasm#match?example=wall&size=160';
    await visit(site, { query }, async ({ page }) => {
      await page.evaluate(() => {
        const shared: { name: string; type: string; size: number }[] = [];
        Object.assign(navigator, {
          canShare: () => true,
          share: async ({ files }: { files: File[] }) => {
            shared.push(...files.map(({ name, type, size }) => ({ name, type, size })));
          },
        });
        Object.assign(globalThis, { shared });
        for (const button of document.querySelectorAll<HTMLElement>('[data-do=share]')) button.hidden = false;
      });
      await page.waitForSelector('#match [data-part=exports]:not([disabled])');
      await page.click('#match [data-do=share]');
      await page.waitForFunction(() => (globalThis as unknown as { shared: unknown[] }).shared.length === 1);
      const [file] = await page.evaluate(
        () => (globalThis as unknown as { shared: { name: string; type: string; size: number }[] }).shared,
      );
      assert.equal(file.name, 'matches.png');
      assert.ok(file.type === 'image/png' && file.size > 10_000);
    });
  });
});
