/** What the tests of clusters come to: the parts joined are what one machine makes. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { superpoint } from '../cli/command.js';

/**
 * @param folder with `photos` and `model.safetensors`.
 * @param parts of labels, in any order.
 * @param settings of `adapt` that they were made with.
 */
export async function assertJoined(
  folder: string,
  parts: readonly string[],
  settings: readonly string[],
): Promise<void> {
  const joined = await superpoint(folder, 'join', ...parts, '--output', 'joined.jsonl');
  assert.equal(joined.code, 0, joined.stderr);
  const args = ['photos', '--model', 'model.safetensors', '--output', 'whole.jsonl', ...settings];
  assert.equal((await superpoint(folder, 'adapt', ...args)).code, 0);
  assert.deepEqual(await readFile(join(folder, 'joined.jsonl')), await readFile(join(folder, 'whole.jsonl')));
}
