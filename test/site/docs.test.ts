/** What the pages show is so: code compiles and runs, command lines are understood, recipes are recipes. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type CodeBlock, codeBlocks, pagesBelow } from '../../site/pages.js';
import { parseRecipe } from '../../src/training/recipe.js';
import { commandLines, problemOf } from './commands.js';

const ROOT = join(import.meta.dirname, '../../..');
/** Within the package, so that code finds it by its name as in a project that has it installed. */
const WORKSHOP = join(ROOT, 'dist/docs-code');

/** Blocks that make one program: the first one imports, the others go on. */
interface Program {
  readonly name: string;
  readonly source: string;
  readonly isRun: boolean;
}

/** The programs of a page. What is given comes before a block, what is checked behind the last one. */
function programsOf(page: string, blocks: readonly CodeBlock[]): Program[] {
  const groups: CodeBlock[][] = [];
  for (const block of blocks) {
    if (groups.length === 0 || /^import /m.test(block.code) || 'given' in block.notes) groups.push([block]);
    else groups.at(-1)?.push(block);
  }
  return groups.map((group, n) => {
    const isRun = group.some(({ notes }) => 'check' in notes);
    const parts = group.flatMap(({ code, notes: { given = '', check = '' } }) => [given, code, check]);
    const assertion = isRun ? ["import assert from 'node:assert/strict';"] : [];
    // A file that others import says its name in its first line.
    const [, file = `program-${n + 1}`] = /^\/\/ ([\w.]+)\.ts\n/.exec(group[0].code) ?? [];
    const name = `${page.replaceAll(/\W+/g, '-')}/${file}`;
    return { name, source: [...assertion, ...parts, 'export {};\n'].join('\n'), isRun };
  });
}

const pages = pagesBelow(ROOT);
const blocks = pages.flatMap((page) => codeBlocks(ROOT, page));
const programs = pages.flatMap((page) =>
  programsOf(
    page,
    blocks.filter((block) => block.page === page && block.language === 'ts'),
  ),
);

suite('code of the pages', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'docs-code-'));
    const [first, second] = ['graf1.png', 'graf3.png'].map((name) =>
      join(ROOT, 'examples/photographs', name),
    );
    await mkdir(join(folder, 'photos'));
    for (const name of ['a.jpg', 'photo.jpg', 'photos/1.jpg']) await cp(first, join(folder, name));
    for (const name of ['b.jpg', 'photos/2.jpg']) await cp(second, join(folder, name));
    await rm(WORKSHOP, { recursive: true, force: true });
    await mkdir(WORKSHOP, { recursive: true });
    for (const { name, source } of programs) {
      await mkdir(join(WORKSHOP, dirname(name)), { recursive: true });
      await writeFile(join(WORKSHOP, `${name}.ts`), source);
    }
    const compilerOptions = {
      strict: true,
      skipLibCheck: true,
      target: 'es2023',
      module: 'nodenext',
      lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'],
      types: ['node'],
    };
    await writeFile(
      join(WORKSHOP, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, include: ['**/*.ts'] }),
    );
  });

  after(() => rm(folder, { recursive: true }));

  test('compiles', () => {
    assert.ok(programs.length > 10);
    const tsc = join(ROOT, 'node_modules/typescript/lib/tsc.js');
    const { stdout } = spawnSync(process.execPath, [tsc, '--pretty', 'false'], {
      cwd: WORKSHOP,
      encoding: 'utf8',
    });
    assert.equal(stdout, '');
  });

  for (const { name } of programs.filter(({ isRun }) => isRun)) {
    test(`${name} runs`, async () => {
      const child = spawn(process.execPath, [join(WORKSHOP, `${name}.js`)], {
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let told = '';
      child.stderr.on('data', (text) => {
        told += text;
      });
      const [status] = await once(child, 'close');
      assert.deepEqual([status, status === 0 ? '' : told], [0, '']);
    });
  }
});

suite('command lines of the pages', () => {
  const lines = blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ page, code }) => commandLines(code).map((line) => ({ page, line })));

  test('are found', () => assert.ok(lines.length > 40));

  for (const { page, line } of lines) {
    test(`${page}: superpoint ${line.join(' ')}`, async () => assert.equal(await problemOf(line), undefined));
  }

  test('that are wrong are seen', async () => {
    assert.match((await problemOf(['detect', 'a.jpg'])) ?? '', /--output/);
    assert.match((await problemOf(['match', 'a.jpg', 'b.jpg', '--ratios', '1'])) ?? '', /--ratios/);
    assert.match((await problemOf(['evaluate', 'warps', 'x', '--count', 'many'])) ?? '', /whole number/);
    assert.match((await problemOf(['descry', 'a.jpg'])) ?? '', /descry/);
  });
});

suite('JSON of the pages', () => {
  for (const { page, code, notes } of blocks.filter(({ language }) => language === 'json')) {
    test(`${page}: ${code.slice(0, 40).replaceAll(/\s+/g, ' ')}`, () => {
      const value = JSON.parse(code);
      if ('recipe' in notes) parseRecipe(value);
    });
  }
});

const python = spawnSync('python3', ['--version']).status === 0;

suite('Python of the pages is Python', { skip: !python && 'python3 is not installed' }, () => {
  for (const { page, code } of blocks.filter(({ language }) => language === 'python')) {
    test(`${page}: ${code.split('\n')[0]}`, () => {
      const parse = 'import ast, sys; ast.parse(sys.stdin.read())';
      const { status, stderr } = spawnSync('python3', ['-c', parse], { input: code, encoding: 'utf8' });
      assert.equal(status, 0, stderr);
    });
  }
});
