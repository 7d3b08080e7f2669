/** The view Follow, in a browser before a camera whose every frame is known. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { outerCorners, warpPoints } from '../../src/geometry/homography.js';
import { readImage } from '../../src/image/codec.js';
import { type GrayImage, grayImage } from '../../src/image/image.js';
import { warpImage } from '../../src/image/warp-image.js';
import { skipWithoutChromium } from '../chromium.js';
import { cameraFlags } from './pretended-camera.js';
import { buildSite, choose, figure, ROOT, type Site, screenshot, visit } from './site.js';

const [WIDTH, HEIGHT] = [640, 480];
const PICTURE = join(ROOT, 'examples/photographs/graf1.png');
/** The picture as the camera sees it: smaller, slanted, moved to the middle. */
const H_PICTURE_TO_FRAME = Float64Array.of(0.6, -0.07, 110, 0.05, 0.58, 70, 0, 0.0002, 1);

suite('a picture followed on the page', { skip: skipWithoutChromium }, () => {
  let site: Site;
  let picture: GrayImage;
  before(async () => {
    site = await buildSite();
    picture = await readImage(PICTURE);
  });
  after(() => site?.remove());

  test('is outlined where it is', async (t) => {
    if (!site.isTrained) return t.skip('there is no trained model yet');
    const flags = await cameraFlags(site.scratch, 'still', [
      warpImage(picture, H_PICTURE_TO_FRAME, WIDTH, HEIGHT),
    ]);
    const query = '?device=wasm#follow?shows=outline';
    await visit(site, { query, flags }, async ({ page, complaints }) => {
      await choose(page, '#follow [data-do=target]', [PICTURE]);
      await page.click('#follow [data-do=camera]');
      await page.waitForSelector('#follow .figures dd:text-is("in sight")');
      // Of the canvas, in its CSS pixels: the frame fills its height and stands in its middle.
      const { corners, width, height } = await page.evaluate(
        () =>
          new Promise<{ corners: number[]; width: number; height: number }>((resolve) => {
            let path: number[] = [];
            const { beginPath, lineTo } = CanvasRenderingContext2D.prototype;
            CanvasRenderingContext2D.prototype.beginPath = function () {
              path = [];
              beginPath.call(this);
            };
            CanvasRenderingContext2D.prototype.lineTo = function (x, y) {
              path.push(x, y);
              lineTo.call(this, x, y);
              const { clientWidth, clientHeight } = this.canvas;
              if (path.length === 8) resolve({ corners: path, width: clientWidth, height: clientHeight });
            };
          }),
      );
      const scale = Math.min(width / WIDTH, height / HEIGHT);
      const expected = warpPoints(H_PICTURE_TO_FRAME, outerCorners(picture.width, picture.height));
      const worst = Math.max(...corners.map((value, n) => Math.abs(value / scale - 0.5 - expected[n])));
      t.diagnostic(`corners at most ${worst.toFixed(2)} pixels off`);
      assert.ok(worst < 3, `${worst} pixels off`);
      await page.selectOption('#follow select', 'house');
      await page.waitForTimeout(500);
      await screenshot(page, 'follow-wide');
      await page.selectOption('#follow select', 'picture');
      await page.waitForSelector('#follow .laid:not([hidden])');
      await page.setViewportSize({ width: 390, height: 844 });
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.waitForTimeout(500);
      await screenshot(page, 'follow-narrow');
      assert.match(await page.evaluate(() => location.hash), /shows=picture/);
      assert.deepEqual(complaints, []);
    });
  });

  test('is lost behind a cover and found again', async (t) => {
    if (!site.isTrained) return t.skip('there is no trained model yet');
    const shown = warpImage(picture, H_PICTURE_TO_FRAME, WIDTH, HEIGHT);
    const covered = grayImage(WIDTH, HEIGHT).data.fill(0.5);
    const cover = grayImage(WIDTH, HEIGHT, covered);
    const frames = [...new Array(30).fill(shown), ...new Array(10).fill(cover)];
    const flags = await cameraFlags(site.scratch, 'cover', frames);
    await visit(site, { query: '?device=wasm#follow', flags }, async ({ page, complaints }) => {
      await page.click('#follow [data-do=camera]');
      await choose(page, '#follow [data-do=target]', [PICTURE]);
      await page.waitForSelector('#follow .figures dd:text-is("in sight")');
      await page.waitForSelector('#follow .figures dd:text-is("not in sight")');
      await page.waitForSelector('#follow dt:text-is("found again after")');
      t.diagnostic(
        `${await figure(page, 'frames a second')} frames and ${await figure(page, 'detections a second')} ` +
          `detections a second; found again ${await figure(page, 'found again after')} after it was lost (1 s covered)`,
      );
      assert.deepEqual(complaints, []);
    });
  });

  test('needs no camera: the wall moves by itself', async (t) => {
    if (!site.isTrained) return t.skip('there is no trained model yet');
    await visit(site, { query: '?device=wasm#follow?source=sequence' }, async ({ page, complaints }) => {
      await page.waitForSelector('#follow .figures dd:text-is("in sight")');
      await page.click('#follow [data-do=pause]');
      assert.equal(await page.textContent('#follow [data-do=pause]'), 'Go on');
      assert.deepEqual(complaints, []);
    });
  });
});
