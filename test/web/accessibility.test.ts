/** axe-core finds nothing in any view, light or dark, on a phone and on a desk. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, suite, test } from 'node:test';
import { skipWithoutChromium } from '../chromium.js';
import { buildSite, type Site, screenshot, visit } from './site.js';

const VIEWS = ['match', 'stitch', 'track', 'follow', 'learn'] as const;
const SIZES = { wide: { width: 1280, height: 900 }, narrow: { width: 390, height: 844 } };

suite('accessibility', { skip: skipWithoutChromium }, () => {
  let site: Site;
  let axe: string;
  before(async () => {
    site = await buildSite();
    axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  });
  after(() => site?.remove());

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`of all views, ${colorScheme}`, async () => {
      await visit(site, { query: '?device=wasm#match', colorScheme }, async ({ page }) => {
        await page.waitForSelector('#engine-summary:has-text("·")');
        await page.evaluate(axe);
        for (const view of VIEWS) {
          await page.click(`nav a[href^="#${view}"]`);
          for (const [name, size] of Object.entries(SIZES)) {
            await page.setViewportSize(size);
            const found = await page.evaluate(async () => {
              const { axe } = globalThis as unknown as {
                axe: {
                  run(): Promise<{
                    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
                  }>;
                };
              };
              const { violations } = await axe.run();
              return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html} ${nodes[0].failureSummary}`);
            });
            assert.deepEqual(found, [], `${view}, ${name}`);
            await screenshot(page, `${view}-${name}-${colorScheme}`);
            // Nothing reaches beyond the screen's edge.
            const excess = await page.evaluate(
              () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
            );
            assert.equal(excess, 0, `${view}, ${name} is wider than the screen`);
          }
        }
      });
    });
  }
});
