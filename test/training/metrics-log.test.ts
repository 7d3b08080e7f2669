import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { appendMetrics, readMetrics, rewindMetrics } from '../../src/training/metrics-log.js';

test('metrics are read back, without a torn last line, and rewound to a step', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'metrics-'));
  const path = join(folder, 'metrics.jsonl');
  try {
    assert.deepEqual(await readMetrics(path), []);
    for (let step = 1; step <= 4; step++)
      await appendMetrics(path, { step, loss: step === 3 ? Number.NaN : 1 / step });
    await appendFile(path, '{"step": 5, "lo');
    assert.deepEqual(
      (await readMetrics(path)).map(({ step, loss }) => [step, loss]),
      [
        [1, 1],
        [2, 0.5],
        [3, null],
        [4, 0.25],
      ],
    );
    await rewindMetrics(path, 2);
    assert.equal(await readFile(path, 'utf8'), '{"step":1,"loss":1}\n{"step":2,"loss":0.5}\n');
    await rewindMetrics(join(folder, 'none.jsonl'), 2);
  } finally {
    await rm(folder, { recursive: true });
  }
});
