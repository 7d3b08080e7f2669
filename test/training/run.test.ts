import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lockFolder } from '../../src/files/lock.js';
import { originOfMetadata } from '../../src/files/origin.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/files/safetensors.js';
import { readMetrics } from '../../src/training/metrics-log.js';
import { runStage } from '../../src/training/run.js';
import { runFiles } from '../../src/training/run-files.js';
import { magicPointStage } from '../../src/training/stages.js';
import { readStartingPoint } from '../../src/training/starting-point.js';
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
      assert.ok(expected.equals(actual), `${file} differs`);
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

  test('of other settings is refused by their names, and makes way where that is asked for', async () => {
    const { magicpoint } = KILLABLE_RECIPE;
    const changed = { ...magicpoint!, steps: 2, learningRate: { ...magicpoint!.learningRate, peak: 0.01 } };
    const stage = {
      ...magicPointStage({ ...KILLABLE_RECIPE, magicpoint: changed }),
      validate: async () => ({}),
    };
    const output = join(folder, 'whole');
    const before = readFileSync(runFiles(output).checkpoint);
    await assert.rejects(runStage(stage, { output, workers: 0 }), {
      name: 'OriginError',
      message:
        `${output} was made from other settings or inputs: learningRate.peak 0.02 → 0.01, steps 40 → 2; ` +
        'name another output, or overwrite it',
    });
    assert.ok(before.equals(readFileSync(runFiles(output).checkpoint)));
    const { finished, step } = await runStage(stage, { output, workers: 0, overwrite: true });
    assert.deepEqual([finished, step], [true, 2]);
    assert.equal((await readMetrics(runFiles(output).metrics)).length, 2);
    const { metadata } = decodeSafetensors(readFileSync(runFiles(output).weights));
    assert.equal(originOfMetadata(metadata)?.hash, stage.origin.hash);
    assert.deepEqual(originOfMetadata(metadata)?.settings.learningRate, changed.learningRate);
  });

  test('of an earlier version, which does not say what made it, is a start and is not gone on with', async () => {
    const output = join(folder, 'old');
    const stage = { ...magicPointStage(KILLABLE_RECIPE), validate: async () => ({}) };
    await runStage({ ...stage, steps: 1 }, { output, workers: 0 });
    const path = runFiles(output).checkpoint;
    const { tensors, metadata } = decodeSafetensors(readFileSync(path));
    const { origin: _, ...earlier } = metadata;
    writeFileSync(path, encodeSafetensors(tensors, { ...earlier, recipe: '{}' }));
    await assert.rejects(
      runStage(stage, { output, workers: 0 }),
      /old does not say what made it; name another/,
    );
    const start = await readStartingPoint(output);
    assert.equal(start.madeBy, undefined);
    assert.ok('conv1a.weight' in start.parameters);
  });

  test('hands on a share of the weights at its start, once', async () => {
    const stage = { ...magicPointStage(KILLABLE_RECIPE), steps: 3, validate: async () => ({}) };
    const [plain, mixed] = [join(folder, 'plain'), join(folder, 'mixed')];
    await runStage(stage, { output: plain, workers: 0 });
    // The second time goes on from the end, and does nothing.
    for (const _ of ['begun', 'gone on with'])
      await runStage({ ...stage, shareOfStart: 0.25 }, { output: mixed, workers: 0 });
    const [end, handedOn] = await Promise.all([plain, mixed].map(readStartingPoint));
    const start = stage.initial().parameters['conv1a.weight'].data;
    const [ends, mixtures] = [end, handedOn].map(({ parameters }) => parameters['conv1a.weight'].data);
    assert.ok(start.some((value, i) => Math.abs(value - ends[i]) > 0.001));
    for (const [i, mixture] of mixtures.entries())
      assert.ok(Math.abs(mixture - (0.25 * start[i] + 0.75 * ends[i])) < 1e-6);
  });

  test('lets no second one into its folder', async () => {
    const output = join(folder, 'locked');
    const lock = await lockFolder(output);
    await assert.rejects(
      runStage(magicPointStage(KILLABLE_RECIPE), { output }),
      /InUseError: .*locked is in use by process/,
    );
    lock.release();
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
