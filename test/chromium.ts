/** A real browser for tests: the system's Chromium on a small static server of this package's files. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Path of an installed Chromium: `CHROMIUM_PATH`, or the first one on the PATH. */
export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [process.env.CHROMIUM_PATH ?? '', ...candidates].find((path) => path !== '' && existsSync(path));
}

/** Says why a browser test is skipped, or false where it can run. */
export const skipWithoutChromium = findChromium() ? false : 'no Chromium on the PATH (or in CHROMIUM_PATH)';

const TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.html': 'text/html',
  '.wasm': 'application/wasm',
};
const ROOT = fileURLToPath(new URL('../src/', import.meta.url));

/** Opens an empty page that can import the compiled `src/` as a browser would, and closes all after `use`. */
export async function withPage(use: (page: Page) => Promise<void>): Promise<void> {
  const importMap = JSON.stringify({ imports: { '#codec': '/image/codec-browser.js' } });
  const html = `<!doctype html><script type="importmap">${importMap}</script>`;
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://local').pathname;
    const content = path === '/' ? html : await readFile(join(ROOT, path)).catch(() => undefined);
    response.writeHead(content === undefined ? 404 : 200, {
      'content-type': path === '/' ? 'text/html' : (TYPES[extname(path)] ?? 'application/octet-stream'),
    });
    response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await use(page);
  } finally {
    await browser.close();
    server.close();
  }
}
