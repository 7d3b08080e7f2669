import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseShard, takeShard } from '../../src/adaptation/shard.js';

test('shards joined in order are the whole, in parts of nearly one length', () => {
  for (const length of [0, 1, 5, 16, 101]) {
    const items = Array.from({ length }, (_, i) => i);
    for (const count of [1, 2, 3, 16]) {
      const parts = Array.from({ length: count }, (_, i) => takeShard(items, { index: i + 1, count }));
      assert.deepEqual(parts.flat(), items);
      const lengths = parts.map((part) => part.length);
      assert.ok(Math.max(...lengths) - Math.min(...lengths) <= 1);
    }
  }
});

test('a shard is written i/n', () => {
  assert.deepEqual(parseShard('3/16'), { index: 3, count: 16 });
  assert.deepEqual(parseShard(' 1/1 '), { index: 1, count: 1 });
  for (const wrong of ['0/4', '5/4', '3', '3/', '-1/4', '1.5/4', 'a/b', '']) {
    assert.throws(() => parseShard(wrong), /RangeError: expected a shard such as 3\/16/);
  }
  assert.throws(() => takeShard([1], { index: 2, count: 1 }), /RangeError: expected a shard/);
});
