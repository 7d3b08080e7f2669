/** `superpoint doctor` and `superpoint recipes`: what is here. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { superpoint } from './command.js';

test('doctor tells versions, devices and packages, and detects', async () => {
  const { code, stdout, stderr } = await superpoint('.', 'doctor', '--json');
  assert.deepEqual([code, stderr], [0, '']);
  const { versions, devices, packages, selfTest, threads } = JSON.parse(stdout);
  assert.equal(versions.node, process.versions.node);
  assert.ok(threads >= 1);
  assert.equal(devices.cpu, null);
  assert.match(devices.cuda ?? 'cuda', /cuda/);
  assert.deepEqual(new Set(Object.values(packages)), new Set([true]));
  assert.equal(selfTest.passed, true);
  assert.ok(selfTest.keypoints > 10 && selfTest.matches >= 0.9 * selfTest.keypoints);
  assert.ok(selfTest.milliseconds.detect > 0);
});

suite('recipes', () => {
  test('are listed', async () => {
    const { code, stdout } = await superpoint('.', 'recipes');
    assert.equal(code, 0);
    assert.match(stdout, /^tiny +channels /m);
    assert.match(
      stdout,
      /^superpoint-small +channels 16-32-64-64, .*after superpoint-small-3, labels by superpoint-4$/m,
    );
  });

  test('one is printed whole, with what it follows', async () => {
    const { stdout } = await superpoint('.', 'recipes', 'superpoint-small', '--json');
    const { chain, recipe } = JSON.parse(stdout);
    const names = chain.map(({ name }: { name: string }) => name);
    assert.ok(names.indexOf('superpoint-3') < names.indexOf('superpoint-4'));
    assert.ok(names.indexOf('superpoint-small-1') < names.indexOf('superpoint-small-3'));
    assert.equal(new Set(names).size, names.length);
    assert.equal(recipe.superpoint.steps, 2400);
    assert.equal(recipe.superpoint.minScore, 0, 'a default');
  });

  test('an unknown one is refused', async () => {
    const { code, stderr } = await superpoint('.', 'recipes', 'huge');
    assert.equal(code, 1);
    assert.match(stderr, /^superpoint: no recipe is named huge/);
  });
});
