/** The package as others see it: it compiles in every kind of project, and every type that it shows can be imported. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { publint } from 'publint';
import { hiddenTypes } from './hidden-types.js';

const ROOT = join(import.meta.dirname, '../..');
const { exports: EXPORTS } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const ENTRIES = Object.keys(EXPORTS).filter((name) => EXPORTS[name].types);

test('every type in a public signature can be imported, and every error that it throws', () => {
  const files = ENTRIES.map((name) => join(ROOT, EXPORTS[name].types));
  assert.deepEqual(hiddenTypes(files), []);
});

test('package.json names files that are there, in the forms that it says', async () => {
  const { messages } = await publint({ pkgDir: ROOT, pack: false, strict: true });
  assert.deepEqual(messages, []);
});

test('a hidden type or error is seen', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hidden-'));
  try {
    const files = {
      'index.d.ts': "export { f, type Shown } from './f.js'; export { Made, type Given } from './made.js';",
      'made.d.ts':
        'interface A {} interface B {}\n' +
        'export declare class Made { constructor(a: A); }\nexport declare class Given { constructor(b: B); }',
      'f.d.ts': `import type { Far, Shown } from './types.js';
        interface Near<T> { of: T }
        /** @returns things. @throws RangeError for this; OwnError for that. */
        export declare function f<T>(near: Near<Shown>, map: Map<string, Far.Deep>, t: T): void;
        export type { Shown };`,
      'types.d.ts': 'export interface Shown {}\nexport declare namespace Far { interface Deep {} }',
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const hidden = hiddenTypes([join(folder, 'index.d.ts')]);
    const names = hidden.map((line) => /(\w+), mentioned by .* \w+$/.exec(line)?.[1]);
    assert.deepEqual(names.sort(), ['A', 'Far', 'Near', 'OwnError']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

suite('a project that uses the package compiles, declarations of the package included', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'consumer-'));
    const installed = join(folder, 'node_modules');
    await mkdir(join(installed, 'superpoint'), { recursive: true });
    await cp(join(ROOT, 'package.json'), join(installed, 'superpoint/package.json'));
    await cp(join(ROOT, 'dist/src'), join(installed, 'superpoint/dist/src'), {
      recursive: true,
      filter: (path) => path.endsWith('.d.ts') || !basename(path).includes('.'),
    });
    for (const name of ['zod', '@types/node', 'undici-types']) {
      await cp(join(ROOT, 'node_modules', name), join(installed, name), { recursive: true });
    }
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    const modules = ENTRIES.map((name) => join('superpoint', name));
    const lines = modules.map((name, n) => `import * as module${n} from '${name}';`);
    await writeFile(
      join(folder, 'index.ts'),
      `${lines.join('\n')}\nexport const modules = [${modules.map((_, n) => `module${n}`)}];\n`,
    );
  });

  after(() => rm(folder, { recursive: true }));

  for (const moduleResolution of ['bundler', 'node16', 'nodenext']) {
    for (const platform of ['the browser', 'Node']) {
      test(`${moduleResolution}, types of ${platform} alone`, async () => {
        const compilerOptions = {
          strict: true,
          noEmit: true,
          skipLibCheck: false,
          target: 'es2023',
          module: moduleResolution === 'bundler' ? 'esnext' : moduleResolution,
          moduleResolution,
          ...(moduleResolution === 'bundler' && platform !== 'Node' ? { customConditions: ['browser'] } : {}),
          lib: platform === 'Node' ? ['es2023'] : ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'],
          types: platform === 'Node' ? ['node'] : [],
        };
        await writeFile(
          join(folder, 'tsconfig.json'),
          JSON.stringify({ compilerOptions, files: ['index.ts'] }),
        );
        const tsc = join(ROOT, 'node_modules/typescript/lib/tsc.js');
        const { stdout, status } = spawnSync(process.execPath, [tsc, '--pretty', 'false'], {
          cwd: folder,
          encoding: 'utf8',
        });
        assert.deepEqual([stdout, status], ['', 0]);
      });
    }
  }
});
