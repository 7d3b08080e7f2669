import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from '../../src/cli/duration.js';

test('spans of time are read as people write them', () => {
  const cases: [string, number][] = [
    ['90s', 90],
    ['150m', 9000],
    ['2h', 7200],
    ['1.5h', 5400],
    ['1h30m', 5400],
    [' 1d 1 s ', 86401],
  ];
  for (const [text, seconds] of cases) assert.equal(parseDuration(text), seconds);
  for (const text of ['', '5', '0s', '-3m', '2 hours', 'm', '1h x']) {
    assert.throws(() => parseDuration(text), /expected a span of time such as 90s/);
  }
});
