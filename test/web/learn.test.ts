/** Learn to the end: a photograph adapted before the user's eyes, and a training on it. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { decodeSafetensors } from '../../src/files/safetensors.js';
import { shapeOfWeights, type Weights } from '../../src/network/weights.js';
import { skipWithoutChromium } from '../chromium.js';
import { buildSite, figure, type Site, saved, screenshot, visit } from './site.js';

suite('the whole of Learn', { skip: skipWithoutChromium }, () => {
  let site: Site;
  before(async () => {
    site = await buildSite();
  });
  after(() => site?.remove());

  test('a photograph labels itself, and a SuperPoint trains on it', async () => {
    await visit(site, { query: '?device=wasm#learn?views=4' }, async ({ page, complaints }) => {
      const step = (name: string) => `#learn [data-part=${name}-step]`;
      assert.match((await page.textContent(`${step('adaptation')} summary`)) ?? '', /§5/);
      assert.ok(await page.isDisabled(`${step('joint')} [data-do=joint]`));
      // Nothing is boxed that is not there yet; words say what will be.
      assert.equal(await page.locator('#learn .batch:visible, #learn .chart canvas:visible').count(), 0);
      assert.equal(await page.locator('#learn .chart .empty:visible').count(), 2);
      await page.click(`${step('adaptation')} [data-do=adapt]`);
      await page.waitForSelector(`${step('adaptation')} .figures dd:text-is("4 of 4")`);
      await page.waitForSelector(`${step('adaptation')} .reading:has-text("corners from most viewpoints")`);
      await page.click(`${step('joint')} [data-do=joint]`);
      await page.waitForFunction(
        (selector) => Number(document.querySelector(selector)?.textContent) >= 3,
        `${step('joint')} .figures dd`,
      );
      await page.click(`${step('joint')} [data-do=joint]`);
      await page.waitForSelector(`${step('joint')} [data-do=joint]:text("Go on")`);
      assert.match(await figure(page, 'descriptors that find their place'), /^\d+ %$/);
      const { tensors } = decodeSafetensors(await saved(page, `${step('joint')} [data-do=save]`));
      assert.equal(shapeOfWeights(tensors as Weights).descriptor, 32);
      await screenshot(page, 'learn-steps');
      await page.click(`${step('joint')} [data-do=use]`);
      await page.waitForSelector('#engine-summary:has-text("SuperPoint trained here")');
      assert.deepEqual(complaints, []);
    });
  });
});
