import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { superpoint } from './command.js';

suite('superpoint', () => {
  test('lists its commands, and each explains itself', async () => {
    const { code, stdout } = await superpoint('.', '--help');
    assert.equal(code, 0);
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) .*(?:\[options\]|<)/gm)].map(([, name]) => name);
    for (const name of ['detect', 'match', 'synthesize', 'train', 'adapt', 'export', 'reproduce'])
      assert.ok(commands.includes(name), name);
    await Promise.all(
      commands.map(async (name) => {
        const help = await superpoint('.', name, '--help');
        assert.equal(help.code, 0);
        assert.match(help.stdout, new RegExp(`^Usage: superpoint ${name} `));
        if (name !== 'completion') assert.match(help.stdout, /--json/);
      }),
    );
  });

  test('prints its version', async () => {
    assert.match((await superpoint('.', '--version')).stdout, /^\d+\.\d+\.\d+\n$/);
  });

  test('ends with exit code 2 without a command or with an unknown one', async () => {
    const none = await superpoint('.');
    assert.equal(none.code, 2);
    assert.match(none.stderr, /^Usage: superpoint/);
    assert.deepEqual(await superpoint('.', 'detct'), {
      code: 2,
      stdout: '',
      stderr: "superpoint: unknown command 'detct'\n",
    });
  });
});

suite('a failure with --json', () => {
  const cases: readonly (readonly [what: string, code: number, args: string[], error: object])[] = [
    ['of the work', 1, ['recipes', 'huge'], { name: 'RecipeError', message: /^no recipe is named huge/ }],
    ['of the usage', 2, ['detect', 'a.png'], { name: 'CommanderError', message: /--output/ }],
  ];
  for (const [what, code, args, error] of cases) {
    test(`${what} is one document`, async () => {
      const ended = await superpoint('.', ...args, '--json');
      assert.equal(ended.code, code);
      const document = JSON.parse(ended.stdout);
      assert.equal(document.exitCode, code);
      assert.equal(ended.stderr, `superpoint: ${document.error.message}\n`);
      for (const [key, expected] of Object.entries(error)) {
        if (typeof expected === 'string') assert.equal(document.error[key], expected);
        else assert.match(document.error[key], expected);
      }
    });
  }
});
