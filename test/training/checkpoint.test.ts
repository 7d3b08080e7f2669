import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { encodeSafetensors } from '../../src/files/safetensors.js';
import { readCheckpoint } from '../../src/training/checkpoint.js';

test('a checkpoint says its stage and a whole number of steps', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
  const path = join(folder, 'c.safetensors');
  const cases: [Record<string, string>, RegExp][] = [
    [{ stage: 'superpoint' }, /c\.safetensors: expected a training checkpoint/],
    [{ stage: 'superpoint', step: 'many' }, /c\.safetensors: expected a whole number of steps, got "many"/],
    [{ stage: 'superpoint', step: '-1' }, /got "-1"/],
    [{ stage: 'superpoint', step: '' }, /got ""/],
  ];
  for (const [metadata, message] of cases) {
    await writeFile(path, encodeSafetensors({}, metadata));
    await assert.rejects(readCheckpoint(path), message);
  }
  await writeFile(path, encodeSafetensors({}, { stage: 'superpoint', step: '12' }));
  assert.equal((await readCheckpoint(path)).state.step, 12);
  await rm(folder, { recursive: true });
});
