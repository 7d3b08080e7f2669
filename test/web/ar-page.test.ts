/** The guide's page (docs/guides/ar-page.md), as it stands there: it outlines a poster that a camera shows. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { build } from 'vite';
import { codeBlocks } from '../../site/pages.js';
import { outerCorners, warpPoints } from '../../src/geometry/homography.js';
import { encodePng, readImage } from '../../src/image/codec.js';
import type { GrayImage } from '../../src/image/image.js';
import { warpImage } from '../../src/image/warp-image.js';
import { skipWithoutChromium } from '../chromium.js';
import { ROOT, visit } from './site.js';

const [WIDTH, HEIGHT] = [640, 480];
/** The poster as the camera sees it: smaller, a little turned, moved to the middle. */
const H_POSTER_TO_FRAME = Float64Array.of(0.74, -0.08, 110, 0.06, 0.72, 60, 0, 0.0001, 1);

/** A video of one grey frame, as Chromium's pretended camera takes it. */
function cameraFile({ width, height, data }: GrayImage): Uint8Array {
  const luma = Uint8Array.from(data, (value) => 16 + Math.round(219 * value));
  const chroma = new Uint8Array((width * height) / 2).fill(128);
  const header = `YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420mpeg2\nFRAME\n`;
  return Buffer.concat([Buffer.from(header), luma, chroma]);
}

suite('the AR page of the guide', { skip: skipWithoutChromium }, () => {
  let project: string;
  let poster: GrayImage;

  before(async () => {
    project = await mkdtemp(join(tmpdir(), 'superpoint-ar-'));
    for (const { language, code } of codeBlocks(ROOT, 'docs/guides/ar-page.md')) {
      const [, name = 'index.html'] = /^\/\/ (.+)\n/.exec(code) ?? [];
      if (['html', 'ts'].includes(language)) await writeFile(join(project, name), code);
    }
    await writeFile(join(project, 'package.json'), '{ "type": "module" }');
    await mkdir(join(project, 'node_modules'));
    await symlink(ROOT, join(project, 'node_modules/superpoint'));
    poster = await readImage(join(ROOT, 'examples/photographs/graf1.png'));
    await mkdir(join(project, 'public'));
    await writeFile(join(project, 'public/poster.jpg'), await encodePng(poster));
    const frame = warpImage(poster, H_POSTER_TO_FRAME, WIDTH, HEIGHT);
    await writeFile(join(project, 'camera.y4m'), cameraFile(frame));
    await build({ root: project, logLevel: 'error', build: { reportCompressedSize: false } });
  });

  after(() => rm(project, { recursive: true, force: true }));

  test('outlines the poster where it is', async () => {
    const flags = [
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-video-capture=${join(project, 'camera.y4m')}`,
    ];
    await visit({ folder: join(project, 'dist') }, { flags }, async ({ page }) => {
      const drawn = await page.evaluate(
        () =>
          new Promise<number[]>((resolve) => {
            const corners: number[] = [];
            const { lineTo } = CanvasRenderingContext2D.prototype;
            CanvasRenderingContext2D.prototype.lineTo = function (x, y) {
              corners.push(x, y);
              if (corners.length === 8) resolve(corners);
              lineTo.call(this, x, y);
            };
          }),
      );
      const expected = warpPoints(H_POSTER_TO_FRAME, outerCorners(poster.width, poster.height));
      const worst = Math.max(...drawn.map((value, n) => Math.abs(value - expected[n])));
      assert.ok(worst < 2, `${worst} pixels off`);
    });
  });
});
