/** Which model a view takes, and what an address says: the parts that need no browser. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { hashOf, readHash } from '../../web/page/address.js';
import { explain, ranked, suitable, titleOf } from '../../web/page/models.js';

const SHIPPED = [
  { name: 'magicpoint', bytes: 100 },
  { name: 'superpoint', bytes: 2600 },
  { name: 'superpoint-int8', bytes: 1400 },
  { name: 'superpoint-small', bytes: 640 },
  { name: 'superpoint-small-int8', bytes: 350 },
];
const namesOf = (models: typeof SHIPPED, device: 'webgpu' | 'wasm') => {
  const { pair, stream } = suitable(models, device);
  return [pair?.name, stream?.name];
};

suite('the model of a view', () => {
  test('is the largest for two pictures and the smallest for a stream, int8 on a CPU', () => {
    assert.deepEqual(namesOf(SHIPPED, 'wasm'), ['superpoint-int8', 'superpoint-small-int8']);
    assert.deepEqual(namesOf(SHIPPED, 'webgpu'), ['superpoint', 'superpoint-small']);
  });

  test('is a smaller one as soon as it ships, in whatever weights it has', () => {
    const more = [...SHIPPED, { name: 'superpoint-tiny', bytes: 200 }];
    assert.deepEqual(namesOf(more, 'wasm'), ['superpoint-int8', 'superpoint-tiny']);
    more.push({ name: 'superpoint-tiny-int8', bytes: 90 });
    assert.deepEqual(namesOf(more, 'wasm'), ['superpoint-int8', 'superpoint-tiny-int8']);
    assert.deepEqual(namesOf(more, 'webgpu'), ['superpoint', 'superpoint-tiny']);
  });

  test('is whatever there is where little is', () => {
    assert.deepEqual(namesOf([SHIPPED[0]], 'wasm'), ['magicpoint', 'magicpoint']);
    assert.deepEqual(namesOf([], 'wasm'), [undefined, undefined]);
  });

  test('is explained, with the other one on offer', () => {
    const suits = suitable(SHIPPED, 'wasm');
    const chosen = explain('superpoint-int8', 'pair', suits, false);
    assert.match(chosen.reason, /^SuperPoint, int8: the most exact here/);
    assert.equal(chosen.other, 'superpoint-small-int8');
    assert.equal(chosen.offer, 'SuperPoint small, int8 is quicker');
    const asked = explain('superpoint', 'stream', suits, true);
    assert.equal(asked.reason, 'SuperPoint: your choice.');
    assert.equal(asked.other, 'superpoint-small-int8');
    assert.deepEqual(explain('superpoint-small-int8', 'pair', suits, false, 'superpoint-int8'), {
      reason: 'SuperPoint small, int8 serves until SuperPoint, int8 is loaded.',
    });
    const [only] = SHIPPED;
    assert.equal(explain(only.name, 'pair', suitable([only], 'wasm'), false).other, undefined);
  });

  test('has a name for people', () => {
    assert.equal(titleOf('superpoint-tiny-int8'), 'SuperPoint tiny, int8');
    assert.equal(titleOf('my.onnx'), 'my.onnx');
    assert.deepEqual(
      ranked([...SHIPPED].reverse()).map(({ name }) => name),
      ['superpoint', 'superpoint-int8', 'superpoint-small', 'superpoint-small-int8', 'magicpoint'],
    );
  });
});

suite('the address', () => {
  test('names a view and its state, and is read back', () => {
    const hash = hashOf('match', { example: 'wall', size: '320', model: undefined, file: 'a&b ?' });
    const { view, state } = readHash(hash);
    assert.equal(view, 'match');
    assert.deepEqual(Object.fromEntries(state), { example: 'wall', size: '320', file: 'a&b ?' });
    assert.equal(hashOf('track', {}), '#track');
    assert.equal(readHash('').view, '');
  });
});
