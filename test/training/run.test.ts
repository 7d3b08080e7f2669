import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readMetrics } from '../../src/training/metrics-log.js';
import { runStage, TrainingError } from '../../src/training/run.js';
import { runFiles } from '../../src/training/run-files.js';
import { magicPointStage } from '../../src/training/stages.js';
import { KILLABLE_RECIPE } from './run-in-child.js';

const folder = mkdtempSync(join(tmpdir(), 'superpoint-run-'));
after(() => rmSync(folder, { recursive: true }));

const script = fileURLToPath(new URL('./run-in-child.js', import.meta.url));

/** Runs the child; kills it outright once its log has `killAfter` lines. */
function train(output: string, killAfter = Number.POSITIVE_INFINITY): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [script, output], { stdio: ['ignore', 'ignore', 'inherit'] });
  const { metrics } = runFiles(output);
  const watch = setInterval(() => {
    const lines = existsSync(metrics) ? readFileSync(metrics, 'utf8').split('\n').length - 1 : 0;
    if (lines >= killAfter) child.kill('SIGKILL');
  }, 5);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (_code, signal) => {
      clearInterval(watch);
      resolve(signal);
    });
  });
}

describe('a training run', () => {
  test('that is killed twice and resumed ends in the same bytes as one that ran through', async () => {
    const whole = join(folder, 'whole');
    const killed = join(folder, 'killed');
    assert.equal(await train(whole), null);
    assert.equal(await train(killed, 7), 'SIGKILL');
    assert.equal(await train(killed, 25), 'SIGKILL');
    assert.equal(await train(killed), null);
    for (const file of ['checkpoint', 'weights'] as const) {
      const [expected, actual] = [whole, killed].map((run) => readFileSync(runFiles(run)[file]));
      assert.ok(expected!.equals(actual!), `${file} differs`);
    }
    const leftOver = readdirSync(killed).filter((name) => !/^(checkpoint|weights|metrics)\./.test(name));
    assert.deepEqual(
      leftOver.filter((name) => !/tmp/.test(name)),
      [],
    );
    const steps = (await readMetrics(runFiles(killed).metrics)).map(({ step }) => step);
    assert.deepEqual(
      steps,
      Array.from({ length: 40 }, (_, i) => i + 1),
    );
  });

  test('lowers the loss', async () => {
    const losses = (await readMetrics(runFiles(join(folder, 'whole')).metrics)).map(({ loss }) =>
      Number(loss),
    );
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    assert.ok(mean(losses.slice(20)) < 0.9 * mean(losses.slice(0, 5)), `losses ${losses}`);
  });

  test('refuses a folder that holds a run, or one of another recipe', async () => {
    const stage = magicPointStage(KILLABLE_RECIPE);
    const output = join(folder, 'whole');
    await assert.rejects(runStage(stage, { output }), (error: Error) => {
      assert.ok(error instanceof TrainingError);
      return /holds a run already/.test(error.message);
    });
    await assert.rejects(runStage({ ...stage, recipe: '{}' }, { output, resume: true }), /another recipe/);
  });

  test('stops within its time with a checkpoint to go on from', async () => {
    const output = join(folder, 'short');
    const stage = { ...magicPointStage(KILLABLE_RECIPE), steps: 100000, validate: async () => ({}) };
    const { finished, step } = await runStage(stage, { output, maxSeconds: 1, workers: 0 });
    assert.equal(finished, false);
    assert.ok(step > 0);
    assert.ok(existsSync(runFiles(output).checkpoint));
  });
});
