/** The site: every page and file that its pages link to is there, and so is every place in it. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { buildSite } from '../../site/build.js';

const ROOT = join(import.meta.dirname, '../../..');

const PLACES = /\s(?:id|name)="([^"]+)"/g;
const LINKS = /\s(?:href|src)="([^"]+)"/g;

/** Links of a site's pages that lead nowhere, each with the page that has it. */
function brokenLinks(site: string): string[] {
  const pages = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.html'),
  );
  const texts = new Map(pages.map((page) => [normalize(page), readFileSync(join(site, page), 'utf8')]));
  const placesOf = (page: string) =>
    Array.from(texts.get(page)?.matchAll(PLACES) ?? [], ([, place]) => place);
  return [...texts].flatMap(([page, text]) =>
    Array.from(text.matchAll(LINKS), ([, link]) => link)
      .filter((link) => !/^(\w+:)/.test(link))
      .filter((link) => {
        const [path, place] = link.split('#');
        const target = path === '' ? page : normalize(join(dirname(page), decodeURI(path)));
        return !existsSync(join(site, target)) || (place !== undefined && !placesOf(target).includes(place));
      })
      .map((link) => `${page}: ${link}`),
  );
}

suite('the site', () => {
  let site: string;
  const read = (page: string) => readFileSync(join(site, page), 'utf8');

  before(async () => {
    site = join(await mkdtemp(join(tmpdir(), 'site-')), 'docs');
    buildSite(ROOT, site);
  });

  after(() => rm(dirname(site), { recursive: true }));

  test('has no broken link', () => assert.deepEqual(brokenLinks(site), []));

  test('has a page for each entry point, with names, words and code', () => {
    assert.match(read('reference/index.html'), /<section id="SuperPoint">/);
    assert.match(read('reference/index.html'), /Keypoints of one picture with their descriptors/);
    assert.match(read('reference/formats.html'), /<section id="writeHlocFeatures">/);
    assert.match(read('reference/graph.html'), /<section id="convolution">.*<code>.*convolution/s);
    for (const page of ['training', 'evaluation'])
      assert.ok(existsSync(join(site, `reference/${page}.html`)));
  });

  test('has every name that the entry point has', async () => {
    const page = read('reference/index.html');
    const names = Object.keys(await import('../../src/index.js'));
    assert.deepEqual(
      names.filter((name) => !page.includes(`<section id="${name}">`)),
      [],
    );
  });

  test('needs no script, and shows nothing that is for tests alone', () => {
    const page = read('docs/quick-start.html');
    assert.doesNotMatch(page, /<script|<!-- |assert\./);
    assert.match(page, /<link rel="stylesheet" href="..\/style.css">/);
  });

  test('links that lead nowhere are seen', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'broken-'));
    await mkdir(join(folder, 'a'));
    await writeFile(join(folder, 'index.html'), '<a href="a/b.html#x">1</a> <a href="c.html">2</a>');
    await writeFile(
      join(folder, 'a/b.html'),
      '<p id="y"><a href="../index.html">3</a> <a href="#z">4</a></p>',
    );
    const broken = brokenLinks(folder);
    await rm(folder, { recursive: true });
    assert.deepEqual(broken.sort(), ['a/b.html: #z', 'index.html: a/b.html#x', 'index.html: c.html']);
  });
});
