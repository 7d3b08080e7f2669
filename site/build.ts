/**
 * Makes the site: `npm run docs` writes it to dist/docs. All Markdown pages, what they link to, and the reference
 * of every entry point, as plain HTML with one stylesheet, for any static host and without scripts.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Declarations } from './declarations.js';
import { escapeHtml, renderMarkdown, titleOf } from './markdown.js';
import { pagesBelow } from './pages.js';
import { referenceOf } from './reference.js';

/** The page whose lists are the menu of every page. */
const MENU = 'docs/README.md';
/** Kinds of files that a browser shows; others are shown as text in a page. */
const SHOWN = ['.html', '.svg', '.png', '.jpg'];

/** An entry point: what users import, its page on the site, its declarations. */
interface EntryPoint {
  readonly name: string;
  readonly page: string;
  readonly types: string;
}

function entryPoints(root: string): EntryPoint[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, { types?: string }>;
  };
  return Object.entries(exports).flatMap(([path, { types }]) => {
    const name = posix.join('superpoint', path);
    return types ? [{ name, page: `reference/${path === '.' ? 'index' : path.slice(2)}.html`, types }] : [];
  });
}

/** One run of the builder: what is written, and what the pages still ask for. */
class Site {
  readonly #root: string;
  readonly #output: string;
  readonly #entries: readonly EntryPoint[];
  readonly #written = new Set<string>();

  constructor(root: string, output: string) {
    this.#root = root;
    this.#output = output;
    this.#entries = entryPoints(root);
  }

  build(): void {
    rmSync(this.#output, { recursive: true, force: true });
    for (const page of pagesBelow(this.#root)) if (!this.#isReport(page)) this.#writeMarkdown(page);
    const declarations = new Declarations();
    for (const { name, page, types } of this.#entries) {
      this.#writePage(page, name, referenceOf(declarations, name, join(this.#root, types)));
    }
    mkdirSync(this.#output, { recursive: true });
    cpSync(join(this.#root, 'site/style.css'), join(this.#output, 'style.css'));
  }

  /** A page that stands in the repository as HTML too, which is shown as it is. */
  #isReport(page: string): boolean {
    return existsSync(join(this.#root, page.replace(/\.md$/, '.html')));
  }

  /** Where a file of the repository is on the site. */
  #placeOf(path: string): string {
    if (path.endsWith('.md'))
      return path.replace(/(README)?\.md$/, (_, readme) => `${readme ? 'index' : ''}.html`);
    return SHOWN.includes(extname(path)) ? path : `${path}.html`;
  }

  #writeMarkdown(page: string): void {
    const text = readFileSync(join(this.#root, page), 'utf8');
    const place = this.#placeOf(page);
    this.#writePage(
      place,
      titleOf(text),
      renderMarkdown(text, (href) => this.#link(href, page, place)),
    );
  }

  /** A link that stands in a page, for the page at a place of the site; what it leads to is written. */
  #link(href: string, page: string, place: string): string {
    if (/^(\w+:|#)/.test(href)) return href;
    const [path, anchor] = href.split('#');
    let target = posix.join(posix.dirname(page), path);
    if (existsSync(join(this.#root, target, 'README.md'))) target = posix.join(target, 'README.md');
    if (!existsSync(join(this.#root, target)))
      throw new Error(`${page}: a link to ${href}, which is not there`);
    const there = target.endsWith('.md') && this.#isReport(target) ? target.replace(/md$/, 'html') : target;
    if (!there.endsWith('.md')) this.#writeFile(there);
    const relative = posix.relative(posix.dirname(place), this.#placeOf(there));
    return anchor === undefined ? relative : `${relative}#${anchor}`;
  }

  /** A file that pages link to: as it is, or as text in a page. */
  #writeFile(path: string): void {
    const place = this.#placeOf(path);
    if (this.#written.has(place)) return;
    if (place !== path) {
      const text = readFileSync(join(this.#root, path), 'utf8');
      this.#writePage(
        place,
        path,
        `<h1><code>${path}</code></h1><pre><code>${escapeHtml(text)}</code></pre>`,
      );
      return;
    }
    this.#written.add(place);
    mkdirSync(join(this.#output, dirname(place)), { recursive: true });
    cpSync(join(this.#root, path), join(this.#output, place));
  }

  #menuAt(place: string): string {
    const text = readFileSync(join(this.#root, MENU), 'utf8').replace(/^# .*$/m, '');
    const lists = text.slice(0, text.lastIndexOf('\n\n'));
    const menu = renderMarkdown(lists, (href) => this.#link(href, MENU, place));
    const to = (page: string) => posix.relative(posix.dirname(place), page);
    const references = this.#entries.map(({ name, page }) => `<li><a href="${to(page)}">${name}</a></li>`);
    const home = `<p><a class="home" href="${to('index.html')}">superpoint</a></p>`;
    return `${home}${menu}<p>Reference</p><ul>${references.join('')}</ul>`;
  }

  #writePage(place: string, title: string, body: string): void {
    if (this.#written.has(place)) return;
    this.#written.add(place);
    const file = join(this.#output, place);
    const style = posix.relative(posix.dirname(place), 'style.css');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(
      file,
      `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}${title === 'superpoint' ? '' : ' · superpoint'}</title>
<link rel="stylesheet" href="${style}">
</head>
<body>
<nav>${this.#menuAt(place)}</nav>
<main>
${body}
</main>
</body>
</html>
`,
    );
  }
}

/** Writes the site of the repository at `root`. @throws Error for a link to a file that is not there. */
export function buildSite(root: string, output: string): void {
  new Site(root, output).build();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = join(import.meta.dirname, '../..');
  const output = join(root, 'dist/docs');
  buildSite(root, output);
  console.log(`the site is in ${output}`);
}
