/** `superpoint completion`: what bash offers behind the beginning of a command. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { before, suite, test } from 'node:test';
import { superpoint } from './command.js';

const hasBash = spawnSync('bash', ['--version']).error === undefined;

suite('completion in bash', { skip: hasBash ? false : 'needs bash' }, () => {
  let script = '';

  before(async () => {
    const { code, stdout } = await superpoint('.', 'completion', 'bash');
    assert.equal(code, 0);
    script = stdout;
  });

  /** What is offered for the last of the words. */
  function offered(...words: string[]): string[] {
    const list = ['superpoint', ...words].map((word) => `'${word}'`).join(' ');
    const call = `COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _superpoint; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', `${script}\n${call}`], { encoding: 'utf8' });
    assert.equal(stderr, '');
    return stdout.split('\n').filter((word) => word !== '');
  }

  test('commands, and those below them', () => {
    assert.deepEqual(offered('de'), ['detect']);
    assert.deepEqual(offered('re'), ['reproduce', 'recipes']);
    assert.deepEqual(offered('evaluate', ''), ['synthetic', 'homographies', 'warps', 'adaptation']);
    assert.deepEqual(offered('train', 'm'), ['magicpoint']);
  });

  test('options of the command, and of no other', () => {
    assert.deepEqual(offered('detect', 'photos', '--output', 'f.h5', '--ha'), ['--half']);
    assert.deepEqual(offered('train', 'superpoint', '--ha'), []);
    assert.deepEqual(offered('evaluate', 'warps', '--sw'), ['--sweeps']);
  });

  test('choices of options', () => {
    assert.deepEqual(offered('detect', '--format', ''), ['hloc', 'npz', 'safetensors', 'json']);
    assert.deepEqual(offered('detect', '--device', 'c'), ['cpu', 'cuda']);
  });

  test('nothing where a file comes: the shell has those', () => {
    assert.deepEqual(offered('detect', 'a'), []);
    assert.deepEqual(offered('detect', '--output', 'd'), []);
  });
});

test('zsh and fish get the same commands', async () => {
  const [zsh, fish] = await Promise.all(['zsh', 'fish'].map((shell) => superpoint('.', 'completion', shell)));
  assert.match(zsh.stdout, /bashcompinit.*'detect'/s);
  assert.match(
    fish.stdout,
    /^complete -c superpoint -n '__fish_use_subcommand' -a detect -d 'find and describe/m,
  );
  assert.match(
    fish.stdout,
    /^complete -c superpoint -n '__fish_seen_subcommand_from detect' -l format -x -a 'hloc npz/m,
  );
});
