/** The view Stitch: what belongs together is joined and can be saved, what does not is named. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { writeFileAtomic } from '../../src/files/atomic-file.js';
import { encodePng, readColorImage } from '../../src/image/codec.js';
import { renderShape } from '../../src/synthetic/synthesize.js';
import { skipWithoutChromium } from '../chromium.js';
import { buildSite, choose, figure, type Site, saved, screenshot, visit } from './site.js';

suite('stitching on the page', { skip: skipWithoutChromium }, () => {
  let site: Site;
  before(async () => {
    site = await buildSite();
  });
  after(() => site?.remove());

  test('the example becomes one picture; a stranger is left out by name', async (t) => {
    if (!site.isTrained) return t.skip('there is no trained model yet');
    const stranger = join(site.scratch, 'stranger.png');
    await writeFileAtomic(stranger, await encodePng(renderShape(1, 0, { kind: 'star' }).image));
    const query = '?device=wasm#stitch?example=wall&size=320';
    await visit(site, { query }, async ({ page, complaints }) => {
      await page.waitForSelector('#stitch [data-part=exports]:not([disabled])');
      assert.equal(await figure(page, 'joined'), '4 of 4');
      const { width, height, data } = await (async () => {
        const file = join(site.scratch, 'panorama.png');
        await writeFileAtomic(file, await saved(page, '#stitch [data-do=save]'));
        return readColorImage(file);
      })();
      // Four parts of 360x300, which overlap by some 60 pixels, without their ragged edge.
      assert.ok(width > 560 && width < 700 && height > 430 && height < 580, `${width}x${height}`);
      assert.ok(data.every((value, i) => i % 4 !== 3 || value === 255));
      await screenshot(page, 'stitch-wide');

      await page.focus('#stitch .album li:first-child button');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#stitch .figures dd:text-is("3 of 3")');
      await choose(page, '#stitch [data-do=add]', [stranger]);
      await page.waitForSelector(
        '#stitch .album .out:has-text("stranger.png"):has-text("overlaps with none")',
      );
      assert.equal(await figure(page, 'joined'), '3 of 4');
      await page.setViewportSize({ width: 390, height: 844 });
      await page.emulateMedia({ colorScheme: 'dark' });
      await screenshot(page, 'stitch-narrow');

      await page.click('#stitch [data-do=empty]');
      await page.waitForSelector('#stitch [data-part=empty]:not([hidden])');
      await choose(page, '#stitch [data-do=add]', [stranger, join(site.scratch, 'panorama.png')]);
      await page.waitForSelector('#stitch .reading:has-text("do not belong together")');
      assert.ok(await page.isDisabled('#stitch [data-do=save]'));

      // What is pasted comes into the view that is shown, and into no other.
      const bytes = [...(await readFile(stranger))];
      const paste = () =>
        page.evaluate((content) => {
          const clipboardData = new DataTransfer();
          clipboardData.items.add(new File([Uint8Array.from(content)], 'pasted.png', { type: 'image/png' }));
          dispatchEvent(new ClipboardEvent('paste', { clipboardData }));
        }, bytes);
      await paste();
      await page.waitForSelector('#stitch .album li:has-text("pasted.png")');
      await page.click('nav a[href^="#match"]');
      await page.waitForSelector('#match [data-part=empty]:visible');
      await paste();
      await page.waitForSelector('#match [data-part=empty]', { state: 'hidden' });
      assert.equal(await page.locator('#stitch .album li').count(), 3);
      assert.deepEqual(complaints, []);
    });
  });
});
