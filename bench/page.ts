/**
 * The page in Chromium, beside Node where Node does the same: frames of Track, the first match over a slow line, how
 * soon Follow has a picture again, and whether memory stays flat.
 */
import type { Page } from 'playwright-core';
import { SuperPoint } from '../src/features/superpoint.js';
import { readImage } from '../src/image/codec.js';
import { type GrayImage, grayImage } from '../src/image/image.js';
import { resizeImage } from '../src/image/resize.js';
import { warpImage } from '../src/image/warp-image.js';
import { PointTracker } from '../src/matching/point-tracker.js';
import { SHIPPED_MODELS } from '../src/network/shipped-models.js';
import { cameraFlags } from '../test/web/pretended-camera.js';
import { buildSite, figure, openVisit, ROOT, type Site } from '../test/web/site.js';
import { homographyOfFrame } from '../web/engine/camera-path.js';
import { type Group, timed } from './measure.js';

const [WIDTH, HEIGHT] = [640, 480];
/** What Track and Node see of a frame, and how the page's sliders stand. */
const SEEN = { width: 320, height: 240 };
const DETECTION = { scales: [1], detectionThreshold: 0.015, nmsRadius: 4, maxKeypoints: 300 };
const TRACKING = { matchThreshold: 0.7, maxLength: 10 };
/** Frames a second of the pretended camera. */
const RATE = 30;
const PATH_FRAMES = 60;
/** Frames that Node is given; the first ones warm it up. */
const NODE_FRAMES = 25;
const COVERED_FRAMES = 15;
/** Megabits a second of the line over which a first visitor comes. */
const LINE = 10;
const LONG_MS = 180_000;

const picture = () => readImage(`${ROOT}/examples/photographs/graf1.png`);

/** A camera that moves before the painted wall. */
async function path(): Promise<GrayImage[]> {
  const wall = await picture();
  return Array.from({ length: PATH_FRAMES }, (_, n) =>
    warpImage(wall, homographyOfFrame(n, wall.width, wall.height), WIDTH, HEIGHT),
  );
}

/** Milliseconds that Node takes for each frame: alone, as a browser with a camera leaves it no quiet. */
async function inNode(model: string, film: readonly GrayImage[]): Promise<number[]> {
  const superpoint = await SuperPoint.load({ model, thread: false });
  const tracker = new PointTracker(TRACKING);
  const costs: number[] = [];
  for (const frame of film) {
    const seen = resizeImage(frame, SEEN.width, SEEN.height);
    const track = async () => {
      const features = await superpoint.detect(seen, DETECTION);
      if (features.descriptorDim > 0) await tracker.update(features);
    };
    costs.push(await timed(track));
  }
  await superpoint.dispose();
  return costs;
}

/**
 * The time of a frame: Node's detection and tracking, the same in the page, and from one shown frame to the next, of
 * which as many come in a second as go into 1000.
 */
async function frames(site: Site, model: string): Promise<Group> {
  const film = await path();
  const alone = await inNode(model, film.slice(0, NODE_FRAMES));
  const flags = await cameraFlags(site.scratch, 'path', film, RATE);
  const query = `?device=wasm#track?model=${model}&size=${SEEN.width}`;
  const { page, close } = await openVisit(site, { query, flags });
  await page.click('#track [data-do=camera]');
  // The first numbers have no rate yet.
  await updates(page, 2);
  return {
    title: `Track at ${SEEN.width}x${SEEN.height}, a frame of ${model}`,
    unit: 'ms',
    contenders: [
      { name: 'Node', run: async () => alone.pop() ?? Number.NaN },
      {
        name: 'page, the same in its worker',
        async run() {
          await updates(page, 1);
          return Number.parseFloat(await figure(page, 'one frame'));
        },
      },
      {
        name: 'page, from frame to frame',
        run: async () => 1000 / Number.parseFloat(await figure(page, 'frames a second')),
      },
    ],
    reference: 'Node',
    rounds: NODE_FRAMES - 5,
    close,
  };
}

/** Waits until the shown numbers have been renewed so often. */
function updates(page: Page, times: number): Promise<void> {
  return page.evaluate(
    (left) =>
      new Promise<void>((resolve) => {
        const figures = document.querySelector('#track .figures') as Element;
        let count = 0;
        const observer = new MutationObserver(() => {
          if (++count < left) return;
          observer.disconnect();
          resolve();
        });
        observer.observe(figures, { childList: true });
      }),
    times,
  );
}

/** From the click on a link to the matches of its example, for a first visitor and for one who comes again. */
async function firstMatch(site: Site): Promise<Group> {
  const query = '?device=wasm#match?example=wall';
  const options = { query, serviceWorkers: 'allow', megabits: LINE } as const;
  const matched = async (page: Page): Promise<number> => {
    const since = await page.waitForFunction(
      () =>
        document.querySelector('#match [data-part=exports]:not([disabled])') !== null && performance.now(),
    );
    return (await since.jsonValue()) as number;
  };
  const matchedExactly = async (page: Page): Promise<number> => {
    const since = await page.waitForFunction(
      () =>
        document.querySelector('#model-reason')?.textContent?.includes('the most exact here') &&
        document.querySelector('#match [data-part=reading]')?.textContent?.includes('matches') &&
        performance.now(),
    );
    return (await since.jsonValue()) as number;
  };
  const firstVisit = async (measure: (page: Page) => Promise<number>) => {
    const { page, close } = await openVisit(site, options);
    const milliseconds = await measure(page);
    await close();
    return milliseconds;
  };
  const again = await openVisit(site, options);
  await matched(again.page);
  // What it keeps is there once the service worker has fetched it.
  await again.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await again.page.waitForTimeout(3000);
  return {
    title: `the first match, over ${LINE} Mbit/s`,
    unit: 'ms',
    rounds: 5,
    contenders: [
      { name: 'first visit', run: () => firstVisit(matched) },
      { name: 'first visit, by the exact network', run: () => firstVisit(matchedExactly) },
      {
        name: 'next visit',
        async run() {
          await again.page.reload();
          return matched(again.page);
        },
      },
    ],
    close: again.close,
  };
}

/** From the first frame that shows the picture again to its outline. */
async function foundAgain(site: Site): Promise<Group> {
  const cover = grayImage(WIDTH, HEIGHT);
  cover.data.fill(0.5);
  const film = [...(await path()), ...new Array<GrayImage>(COVERED_FRAMES).fill(cover)];
  const flags = await cameraFlags(site.scratch, 'cover', film, RATE);
  const query = '?device=wasm#follow?shows=outline';
  const { page, close } = await openVisit(site, { query, flags });
  await page.evaluate(watchOutline);
  // The bundled sequence brings its picture as what is looked for.
  await page.click('#follow [data-do=sequence]');
  await page.waitForSelector('#follow .figures dd:text-is("in sight")');
  await page.click('#follow [data-do=camera]');
  return {
    title: 'Follow: covered for half a second, outlined again after',
    unit: 'ms',
    contenders: [
      {
        name: await page.evaluate(() => document.querySelector('#engine-summary')?.textContent ?? ''),
        run: () =>
          page.evaluate(
            () =>
              new Promise<number>((resolve) => {
                document.addEventListener(
                  'found-again',
                  (event) => resolve((event as CustomEvent<number>).detail),
                  { once: true },
                );
              }),
          ),
      },
    ],
    close,
  };
}

/** Runs in the page: sees what it paints, and tells when a picture that was covered is outlined. */
function watchOutline(): void {
  const { drawImage, stroke } = CanvasRenderingContext2D.prototype;
  const isShown = (canvas: HTMLCanvasElement) => canvas.dataset.part === 'frame';
  const probe = new OffscreenCanvas(8, 8).getContext('2d', { willReadFrequently: true });
  let [isCovered, since] = [false, Number.NaN];
  CanvasRenderingContext2D.prototype.drawImage = function (...args: unknown[]) {
    drawImage.apply(this, args as never);
    if (!isShown(this.canvas) || !probe) return;
    probe.drawImage(args[0] as CanvasImageSource, 0, 0, 8, 8);
    const { data } = probe.getImageData(0, 0, 8, 8);
    const wasCovered = isCovered;
    isCovered = data.every((value, n) => n % 4 === 3 || Math.abs(value - data[0]) < 8);
    if (isCovered) since = Number.NaN;
    else if (wasCovered) since = performance.now();
  };
  CanvasRenderingContext2D.prototype.stroke = function (...args: unknown[]) {
    stroke.apply(this, args as never);
    if (!isShown(this.canvas) || Number.isNaN(since)) return;
    document.dispatchEvent(new CustomEvent('found-again', { detail: performance.now() - since }));
    since = Number.NaN;
  };
}

/** What the page and its workers hold after half a minute of Track and three minutes later. */
async function longTracking(site: Site): Promise<Group> {
  const flags = [
    ...(await cameraFlags(site.scratch, 'path', await path(), RATE)),
    '--enable-blink-features=ForceEagerMeasureMemory',
  ];
  const { page, close } = await openVisit(site, { query: '?device=wasm#track', flags });
  await page.click('#track [data-do=camera]');
  await page.waitForSelector('#track .figures dd');
  const held = () =>
    page.evaluate(async () => {
      const { measureUserAgentSpecificMemory } = performance as unknown as {
        measureUserAgentSpecificMemory(): Promise<{ bytes: number }>;
      };
      return (await measureUserAgentSpecificMemory.call(performance)).bytes / 2 ** 20;
    });
  const after = (name: string, milliseconds: number) => ({
    name,
    run: () => page.waitForTimeout(milliseconds).then(held),
  });
  return {
    title: 'Track, memory of the page and its workers',
    unit: 'MiB',
    rounds: 1,
    contenders: [after('after half a minute', LONG_MS / 6), after('three minutes later', LONG_MS)],
    close,
  };
}

/**
 * All that is measured of the page.
 * @param isLong with three minutes of Track.
 */
export function pageGroups(isLong: boolean): (() => Promise<Group>)[] {
  let site: Site | undefined;
  const on = (open: (site: Site) => Promise<Group>) => async () => {
    if (!site) {
      site = await buildSite();
      process.once('beforeExit', site.remove);
    }
    return open(site);
  };
  return [
    ...Object.keys(SHIPPED_MODELS).map((model) => on((site) => frames(site, model))),
    on(firstMatch),
    on(foundAgain),
    ...(isLong ? [on(longTracking)] : []),
  ];
}
