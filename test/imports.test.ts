/** Imports point one way: from each room only to those before it, without circles, and without Node where a browser loads. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import { importsOf } from './read-imports.js';

/** The rooms in order; those of one line know nothing of each other. README's table says the same. */
const ORDER = [
  ['src/random.ts', 'src/progress.ts'],
  ['src/files'],
  ['src/geometry'],
  ['src/image'],
  ['src/graph'],
  ['src/threads'],
  ['src/network'],
  ['src/features'],
  ['src/matching'],
  ['src/drawing'],
  ['src/synthetic'],
  ['src/adaptation'],
  ['src/formats'],
  ['src/training'],
  ['src/evaluation/metrics'],
  ['src/evaluation/rivals'],
  ['src/evaluation/protocols'],
  ['src/evaluation/report'],
  ['src/evaluation/index.ts'],
  ['src/index.ts'],
  ['src/cli', 'web'],
];

/** Rooms of which only files named for Node (`…-node.ts`) may know it, be it by a type. */
const NEUTRAL = /^src\/(random|progress|geometry|image|graph|network|features|matching|drawing|synthetic)\b/;

/** Where a browser comes in: the library's entry points for all platforms, and the page with its workers. */
const BROWSER_ENTRIES = [
  'src/index.ts',
  'src/graph/index.ts',
  'src/features/engine-worker.ts',
  'src/matching/match-worker.ts',
  'src/formats/browser.ts',
  'web/main.ts',
  'web/engine/worker.ts',
  'web/learn/worker.ts',
];

/** Packages that are for Node alone. */
const NODE_PACKAGES = /^(node:|sharp$|h5wasm|@napi-rs\/|onnxruntime-node|commander|linkedom)/;

const ROOT = join(import.meta.dirname, '../..');

type Sources = ReadonlyMap<string, string>;

/** All sources below src/ and web/, by path. */
function readSources(): Map<string, string> {
  const files = ['src', 'web'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.config.ts'))
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`),
  );
  return new Map(files.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]));
}

const { imports: PLATFORMS } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** The sources behind a specifier; none for a package. */
function targetsOf(file: string, specifier: string, platform?: 'browser'): string[] {
  const source = (path: string) => path.replace(/^\.\/dist\//, '').replace(/\.js$/, '.ts');
  if (specifier.startsWith('#')) {
    const { browser, default: node } = PLATFORMS[specifier];
    return (platform === 'browser' ? [browser] : [browser, node]).map((each) => source(each.default));
  }
  return /^\..*\.[jt]s$/.test(specifier) ? [source(join(dirname(file), specifier))] : [];
}

interface Room {
  readonly name: string;
  readonly rank: number;
}

function roomOf(file: string): Room {
  const rank = ORDER.findIndex((rooms) => rooms.some((room) => `${file}/`.startsWith(`${room}/`)));
  const name = ORDER[rank]?.find((room) => `${file}/`.startsWith(`${room}/`));
  assert.ok(name, `${file} stands in none of the rooms: ${ORDER.flat().join(', ')}`);
  return { name, rank };
}

/** The arrows between sources. */
function arrowsOf(sources: Sources): { from: string; to: string; thread: boolean }[] {
  return [...sources].flatMap(([from, source]) =>
    importsOf(from, source).flatMap(({ specifier, thread }) =>
      targetsOf(from, specifier).map((to) => ({ from, to, thread })),
    ),
  );
}

/** Imports of a room that stands later, or beside. */
function upward(sources: Sources): string[] {
  return arrowsOf(sources)
    .filter(({ from, to }) => {
      const [here, there] = [roomOf(from), roomOf(to)];
      return here.name !== there.name && here.rank <= there.rank;
    })
    .map(({ from, to }) => `${from} imports ${to}`);
}

/** Names, each with those that it leads to, from which one comes back to where one was. */
function circle(arrows: readonly { from: string; to: string }[]): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of arrows) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const follow = (name: string, path: readonly string[]): string[] => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return [];
    for (const to of next.get(name) ?? []) {
      const found = follow(to, [...path, name]);
      if (found.length > 0) return found;
    }
    done.add(name);
    return [];
  };
  for (const name of next.keys()) {
    const found = follow(name, []);
    if (found.length > 0) return found;
  }
  return [];
}

function circlesOf(sources: Sources): string[][] {
  const arrows = arrowsOf(sources).filter(({ thread }) => !thread);
  const folders = arrows
    .map(({ from, to }) => ({ from: dirname(from), to: dirname(to) }))
    // src/ itself holds the ground (random, progress) and the roof (index), which are rooms of their own
    .filter(({ from, to }) => from !== to && from !== 'src' && to !== 'src');
  return [circle(arrows), circle(folders)].filter(({ length }) => length > 0);
}

/** Node's modules in files of the neutral rooms that are not named for it. */
function nodeInNeutralRooms(sources: Sources): string[] {
  return [...sources]
    .filter(([file]) => NEUTRAL.test(file) && !file.endsWith('-node.ts'))
    .flatMap(([file, source]) => importsOf(file, source).map(({ specifier }) => ({ file, specifier })))
    .filter(({ specifier }) => specifier.startsWith('node:'))
    .map(({ file, specifier }) => `${file} imports ${specifier}`);
}

/** Node's modules that a browser would load by way of these files. */
function nodeInBrowser(sources: Sources, entries: readonly string[]): string[] {
  const reached = new Set<string>();
  const found: string[] = [];
  const load = (file: string) => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const { specifier, typeOnly, thread } of importsOf(file, sources.get(file) ?? '')) {
      if (typeOnly || thread) continue;
      if (NODE_PACKAGES.test(specifier)) found.push(`${file} imports ${specifier}`);
      targetsOf(file, specifier, 'browser').forEach(load);
    }
  };
  entries.forEach(load);
  return found;
}

suite('imports', () => {
  const sources = readSources();

  test('point from a room only to those before it', () => assert.deepEqual(upward(sources), []));

  test('have no circles of files or folders', () => assert.deepEqual(circlesOf(sources), []));

  test('of Node stand only where they may', () => assert.deepEqual(nodeInNeutralRooms(sources), []));

  test('load nothing of Node in a browser', () =>
    assert.deepEqual(nodeInBrowser(sources, BROWSER_ENTRIES), []));

  test("stand in README's table in the same order", () => {
    const page = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const [, table] = page.split('## How it is laid out');
    const rows = [...table.matchAll(/^\| (`.*?) \|/gm)].map(([, rooms]) => rooms.replaceAll('`', ''));
    // a room's wings have no rows of their own
    const rooms = ORDER.slice(0, -2).map((names) => names.map((name) => name.split('/')[1]).join(', '));
    assert.deepEqual(rows, [...new Set(rooms), 'cli']);
  });
});

suite('a planted import is seen', () => {
  const planted = (file: string, source: string) => new Map([[file, source]]);
  const ways = [
    "import { a } from '../matching/a.js';",
    "import type { A } from '../matching/a.js';",
    "import '../matching/a.js';",
    "export * from '../matching/a.js';",
    "export type { A } from '../matching/a.js';",
    "const a = await import('../matching/a.js');",
    "type A = import('../matching/a.js').A;",
    "new Worker(new URL('../matching/a.js', import.meta.url));",
  ];
  for (const way of ways) {
    test(way, () => {
      assert.deepEqual(upward(planted('src/features/x.ts', way)), [
        'src/features/x.ts imports src/matching/a.ts',
      ]);
      const deeper = way.replace('../', '../../../');
      assert.deepEqual(upward(planted('src/features/deep/down/x.ts', deeper)), [
        'src/features/deep/down/x.ts imports src/matching/a.ts',
      ]);
      assert.deepEqual(upward(planted('src/drawing/x.ts', way)), []);
    });
  }

  test('between rooms of one line', () => {
    assert.equal(upward(planted('web/x.ts', "import '../src/cli/a.js';")).length, 1);
    assert.equal(upward(planted('src/cli/x.ts', "import '../../web/a.js';")).length, 1);
  });

  test('into no room', () => {
    assert.throws(() => upward(planted('src/utils/x.ts', "import '../random.js';")), /none of the rooms/);
  });

  test('in a circle of files, or of folders alone', () => {
    const files = new Map([
      ['src/image/a.ts', "import { b } from './b.js';"],
      ['src/image/b.ts', "import type { A } from './a.js';"],
    ]);
    assert.deepEqual(circlesOf(files), [['src/image/a.ts', 'src/image/b.ts', 'src/image/a.ts']]);
    const folders = new Map([
      ['src/image/in/a.ts', "import { b } from '../out/b.js';"],
      ['src/image/out/c.ts', "import { d } from '../in/d.js';"],
    ]);
    assert.deepEqual(circlesOf(folders), [['src/image/in', 'src/image/out', 'src/image/in']]);
  });

  test('of Node in a neutral room, of a type too', () => {
    const source = "import type { Readable } from 'node:stream';";
    assert.equal(nodeInNeutralRooms(planted('src/graph/deep/a.ts', source)).length, 1);
    assert.equal(nodeInNeutralRooms(planted('src/graph/deep/a-node.ts', source)).length, 0);
  });

  test('of Node, by way of another file', () => {
    const files = new Map([
      ['src/index.ts', "export { a } from './image/a.js'; export type { B } from './image/b.js';"],
      ['src/image/a.ts', "import { readFile } from 'node:fs/promises';"],
      ['src/image/b.ts', "import sharp from 'sharp';"],
    ]);
    assert.deepEqual(nodeInBrowser(files, ['src/index.ts']), ['src/image/a.ts imports node:fs/promises']);
  });
});
