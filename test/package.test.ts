/** What the package brings with it: dependencies with a reason, licences that are allowed, files that README names. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { suite, test } from 'node:test';
import { PARTS } from '../src/cli/parts.js';

/** What is read of a package.json. */
interface Manifest {
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const ROOT = join(import.meta.dirname, '../..');
const MAX_TARBALL = 8e6;

const ALLOWED = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD', 'CC0-1.0', 'Unlicense'];
/** Packages allowed by name, with the licence that they state. */
const ALLOWED_BY_NAME: readonly (readonly [RegExp, string])[] = [
  [/^@img\/sharp-libvips-/, 'LGPL-3.0-or-later'],
  [/^h5wasm$/, 'SEE LICENSE IN LICENSE.txt'],
];

const text = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const manifest = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** The rows of the page's tables: package, reason, licence (of those that are installed with ours). */
function rows(page: string): string[][] {
  return [...page.matchAll(/^\| `(.+?)` \|(.+)\|$/gm)].map(([, name, rest]) => [
    name,
    ...rest.split('|').map((cell) => cell.trim()),
  ]);
}

/** Where Node finds a package from a folder: there or in a folder above; undefined where it is not installed. */
function folderOf(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name);
    if (existsSync(found)) return found;
    if (folder === dirname(folder)) return undefined;
  }
}

/** All packages that are installed with the one in a folder, by where they lie. */
function installedWith(folder: string, seen = new Map<string, string>()): ReadonlyMap<string, string> {
  const { dependencies, optionalDependencies, peerDependencies } = manifest(folder);
  const asked = folder === ROOT ? peerDependencies : {};
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...asked })) {
    const found = folderOf(name, folder);
    if (found === undefined && name in (optionalDependencies ?? {})) continue;
    assert.ok(found, `${name}, which ${folder} needs, is not installed`);
    if (seen.has(found)) continue;
    seen.set(found, name);
    installedWith(found, seen);
  }
  return seen;
}

/** Does a licence allow what we do? One of several that are offered is enough, all of several that hold are needed. */
function isAllowed(name: string, licence: string): boolean {
  if (ALLOWED_BY_NAME.some(([pattern, own]) => pattern.test(name) && own === licence)) return true;
  const plain = licence.replace(/[()]/g, '');
  if (plain.includes(' AND ')) return plain.split(' AND ').every((one) => isAllowed(name, one));
  return plain.split(' OR ').some((one) => ALLOWED.includes(one));
}

suite('dependencies', () => {
  const page = text('docs/dependencies.md');
  const {
    dependencies = {},
    optionalDependencies = {},
    peerDependencies = {},
    peerDependenciesMeta = {},
    devDependencies = {},
  } = manifest(ROOT);

  test('stand in docs/dependencies.md, each with its reason', () => {
    const [installed, developed] = page.split('For development only').map(rows);
    const names = (table: string[][]) => table.map(([name]) => name).sort();
    assert.deepEqual(
      names(installed),
      Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }).sort(),
    );
    // what users install by name is installed here, for the tests
    const forDevelopment = Object.keys(devDependencies).filter((name) => !(name in peerDependencies));
    assert.deepEqual(names(developed), forDevelopment.sort());
    for (const name of Object.keys(peerDependencies)) {
      assert.ok(name in devDependencies, name);
      assert.equal(peerDependenciesMeta[name]?.optional, true, name);
      assert.equal(PARTS[name] !== undefined, true, `${name} is named by no command`);
    }
    for (const [name, reason] of [...installed, ...developed]) assert.ok(reason.length > 0, name);
  });

  test('state the licence that the page gives', () => {
    const [installed] = page.split('For development only').map(rows);
    for (const [name, , licence] of installed) {
      const stated = manifest(join(ROOT, 'node_modules', name)).license ?? '';
      assert.ok(licence === stated || /^SEE LICENSE/.test(stated), `${name} states ${stated}`);
    }
  });

  test('have licences that are allowed, and so have theirs', () => {
    const packages = installedWith(ROOT);
    assert.ok(packages.size > 20);
    const refused = [...packages].filter(
      ([folder, name]) => !isAllowed(name, manifest(folder).license ?? ''),
    );
    assert.deepEqual(refused, []);
  });

  test('of another licence would be refused', () => {
    assert.equal(isAllowed('x', 'GPL-3.0-only'), false);
    assert.equal(isAllowed('x', ''), false);
    assert.equal(isAllowed('x', 'MIT AND LGPL-3.0-or-later'), false);
    assert.equal(isAllowed('@img/sharp-libvips-linux-x64', 'LGPL-3.0-or-later'), true);
    assert.equal(isAllowed('x', '(MIT OR GPL-2.0)'), true);
  });

  test('allowed licences stand on the page', () => {
    const [, line] = /^Allowed: (.+?);/m.exec(page) ?? [];
    assert.deepEqual(line?.split(/, /), ALLOWED);
  });
});

test('the package holds what its README links to, and is small', () => {
  const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  const [{ size, files }] = JSON.parse(stdout) as [{ size: number; files: { path: string }[] }];
  assert.ok(size < MAX_TARBALL, `${size} bytes`);
  const held = files.map(({ path }) => path);
  const links = [...text('README.md').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) =>
    normalize(link),
  );
  assert.ok(links.length > 5);
  const missing = links.filter((link) => !held.some((path) => path === link || path.startsWith(`${link}/`)));
  assert.deepEqual(missing, []);
});
