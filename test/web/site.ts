/** The page, built and served as a file host would, in a real browser that notes whatever goes wrong. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { writeFileAtomic } from '../../src/files/atomic-file.js';
import { encodeSafetensors } from '../../src/files/safetensors.js';
import { encodePng, readImage } from '../../src/image/codec.js';
import { warpImage } from '../../src/image/warp-image.js';
import { PAPER_SHAPE } from '../../src/network/architecture.js';
import { foldNormalisation, initialParameters, initialStatistics } from '../../src/network/weights.js';
import { Random } from '../../src/random.js';
import { findChromium } from '../chromium.js';

const brotli = promisify(brotliCompress);

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MODEL = 'superpoint.safetensors';
const CPU_MODEL = 'superpoint-int8.safetensors';
/** Artefacts for people to look at. */
export const SCREENSHOTS = join(ROOT, 'runs/screenshots');

/** Weights of a network that never learned, but whose heatmap has peaks. */
function untrainedWeights(): Uint8Array {
  const parameters = initialParameters(PAPER_SHAPE, new Random(1));
  const folded = foldNormalisation(PAPER_SHAPE, parameters, initialStatistics(PAPER_SHAPE));
  const { data } = folded['convPb.weight'];
  for (let i = 0; i < data.length; i++) data[i] *= 3;
  return encodeSafetensors(folded);
}

/** A built page. */
export interface Site {
  readonly folder: string;
  /** The model that it starts with on a graphics card. */
  readonly model: string;
  /** The model that it starts with on a CPU. */
  readonly cpuModel: string;
  readonly isTrained: boolean;
  /** For files of a test. */
  readonly scratch: string;
  remove(): Promise<void>;
}

/**
 * Builds the page with the models of the folder SUPERPOINT_MODELS, or the shipped ones, or an untrained one
 * where there are none yet.
 */
export async function buildSite(): Promise<Site> {
  const scratch = await mkdtemp(join(tmpdir(), 'superpoint-site-'));
  const given = process.env.SUPERPOINT_MODELS ?? join(ROOT, 'models');
  const isTrained = existsSync(join(given, MODEL));
  const models = isTrained ? given : join(scratch, 'models');
  const model = join(models, MODEL);
  const inBytes = join(models, CPU_MODEL);
  const cpuModel = existsSync(inBytes) ? inBytes : model;
  if (!isTrained) {
    await mkdir(models);
    await writeFileAtomic(model, untrainedWeights());
  }
  process.env.SUPERPOINT_MODELS = models;
  const remove = () => rm(scratch, { recursive: true, force: true });
  return { folder: await sharedPage(join(scratch, 'site')), model, cpuModel, isTrained, scratch, remove };
}

/** Builds the page, unless another test of `run.ts` has: in the folder SUPERPOINT_SITE it is built once for all. */
async function sharedPage(own: string): Promise<string> {
  const shared = process.env.SUPERPOINT_SITE && join(process.env.SUPERPOINT_SITE, 'site');
  if (shared && existsSync(shared)) return shared;
  await build({
    configFile: join(ROOT, 'web/vite.config.ts'),
    logLevel: 'error',
    build: { outDir: own, emptyOutDir: true },
  });
  if (!shared) return own;
  // Another test may have been quicker: then this one stays with its own.
  return rename(own, shared).then(
    () => shared,
    () => own,
  );
}

/**
 * Two pictures of one wall: the example photographs for a trained model, and a slight turn that an
 * untrained one can match as well.
 */
export async function examplePair({ isTrained, scratch }: Site): Promise<[string, string]> {
  const [first, second] = ['graf1.png', 'graf3.png'].map((name) => join(ROOT, 'examples/photographs', name));
  if (isTrained) return [first, second];
  const image = await readImage(first);
  const H_firstToTurned = Float64Array.of(0.99, -0.05, 25, 0.05, 0.99, -15, 0, 0, 1);
  const turned = join(scratch, 'turned.png');
  const warped = warpImage(image, H_firstToTurned, image.width, image.height, { border: 'replicate' });
  await writeFileAtomic(turned, await encodePng(warped));
  return [first, turned];
}

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** A line of so many megabits a second, which all answers share. @returns awaited for each piece that goes over. */
function lineOf(megabits: number): (bytes: number) => Promise<void> {
  let freeAt = 0;
  return async (bytes) => {
    freeAt = Math.max(freeAt, performance.now()) + (8 * bytes) / (1000 * megabits);
    await setTimeout(freeAt - performance.now());
  };
}

/**
 * A file as a host sends it that has it compressed beforehand, as docs/guides/page.md says. It stays beside the file,
 * as the runtime takes a while.
 */
async function compressedFile(path: string): Promise<Buffer> {
  const kept = `${path}.br`;
  if (existsSync(kept)) return readFile(kept);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
  const bytes = await brotli(await readFile(path), { params });
  await writeFileAtomic(kept, bytes);
  return bytes;
}

/** Bytes of an answer that go over a slow line in one piece. */
const PIECE = 16_384;

/** Pictures are compressed in themselves. */
const COMPRESSED = /\.(html|js|css|svg|wasm|webmanifest|safetensors)$/;

/** Serves a folder under the sub-path /some/where/; over a line of so many megabits a second compressed, as hosts do. */
async function serve(folder: string, isolated: boolean, megabits?: number) {
  const pass = lineOf(megabits ?? Number.POSITIVE_INFINITY);
  const prefix = '/some/where/';
  const isolation = {
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://local');
    const path = pathname.startsWith(prefix) ? pathname.slice(prefix.length) || 'index.html' : '';
    const isPacked = megabits !== undefined && COMPRESSED.test(path);
    const file = join(folder, path);
    const content = await (isPacked ? compressedFile(file) : readFile(file)).catch(() => undefined);
    response.writeHead(content === undefined ? 404 : 200, {
      'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
      'cache-control': path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      ...(isPacked ? { 'content-encoding': 'br' } : {}),
      ...(isolated ? isolation : {}),
    });
    if (megabits !== undefined && content) {
      for (let at = 0; at < content.length; at += PIECE) {
        const piece = content.subarray(at, at + PIECE);
        await pass(piece.length);
        response.write(piece);
      }
      response.end();
    } else response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, address: `${origin}${prefix}`, close: () => server.close() };
}

export interface VisitOptions {
  /** Whether the server sends the headers that allow threads. @default true */
  readonly isolated?: boolean;
  /** What follows the page's address. @default '' */
  readonly query?: string;
  /** @default 1280 */
  readonly width?: number;
  /** @default 900 */
  readonly height?: number;
  /** Whether the page may keep itself for times without a connection. @default 'block' */
  readonly serviceWorkers?: 'allow' | 'block';
  readonly colorScheme?: 'light' | 'dark';
  /** Flags of the browser. */
  readonly flags?: readonly string[];
  /** Megabits a second of the line to the server, which then compresses. @default as many as there can be */
  readonly megabits?: number;
}

/** A page of the site, and all that a good page never does. */
export interface Visit {
  readonly page: Page;
  /** Errors and warnings on the console, uncaught errors, failed requests, requests to elsewhere. */
  readonly complaints: readonly string[];
}

async function watched(browser: Browser, origin: string, options: VisitOptions): Promise<Visit> {
  const { width = 1280, height = 900, colorScheme = 'light', serviceWorkers = 'block' } = options;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, serviceWorkers });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    // What the option serviceWorkers makes the browser say is none of the page's doing.
    const isBlocked = message.text().startsWith('Service Worker registration blocked');
    if (['error', 'warning'].includes(message.type()) && !isBlocked) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
  context.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !/^(blob|data):/.test(url)) complaints.push(`left the origin: ${url}`);
  });
  return { page, complaints };
}

/** Opens the site in a fresh browser. */
export async function openVisit(
  { folder }: Pick<Site, 'folder'>,
  options: VisitOptions,
): Promise<Visit & { close(): Promise<void> }> {
  const { isolated = true, query = '', flags = [], megabits } = options;
  const server = await serve(folder, isolated, megabits);
  const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox', ...flags] });
  const close = async () => {
    await browser.close();
    server.close();
  };
  try {
    const visit = await watched(browser, server.origin, options);
    visit.page.setDefaultTimeout(90_000);
    await visit.page.goto(server.address + query);
    return { ...visit, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Opens the site in a fresh browser and closes all after `use`. */
export async function visit(
  site: Pick<Site, 'folder'>,
  options: VisitOptions,
  use: (visit: Visit) => Promise<void>,
): Promise<void> {
  const { close, ...visit } = await openVisit(site, options);
  await use(visit).finally(close);
}

/** Keeps a picture of the whole page for people to look at. */
export async function screenshot(page: Page, name: string): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

/** Chooses files through a button, as a user does. */
export async function choose(page: Page, button: string, files: string[]): Promise<void> {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.click(button)]);
  await chooser.setFiles(files);
}

/** What a click on a button saves. */
export async function saved(page: Page, button: string): Promise<Uint8Array> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
  return readFile(await download.path());
}

/** A value of the shown view's figures. */
export async function figure(page: Page, name: string): Promise<string> {
  const row = page.locator('.view:not([hidden]) .figures div', {
    has: page.locator(`dt:text-is("${name}")`),
  });
  return (await row.locator('dd').textContent()) ?? '';
}
