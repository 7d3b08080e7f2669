import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FormatError } from '../../src/files/format-error.js';

test('a message stays in one line of bounded length, whatever a file names', () => {
  assert.equal(new FormatError('no array "a\n\u001b[31mb\u2028c"').message, 'no array "a [31mb c"');
  assert.equal(new FormatError(`no array ${'x'.repeat(1e6)}`).message.length, 501);
  assert.equal(new FormatError('x', { cause: 1 }).cause, 1);
});
