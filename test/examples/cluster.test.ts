/** examples/cluster: the tasks of the Slurm script (without Slurm), and the shape of the Kubernetes manifest. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { parse } from 'yaml';
import { testImage, writeImage, writeModel } from '../cli/command.js';
import { assertJoined } from './joined-labels.js';

const EXAMPLES = join(import.meta.dirname, '../../../examples/cluster');
const MAIN = join(import.meta.dirname, '../../src/cli/main.js');
const SHARDS = 2;

suite('the Slurm script', { skip: process.platform === 'win32' && 'needs bash' }, () => {
  let folder: string;
  const settings = ['--warps', '100', '--workers', '0'];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cluster-'));
    await writeModel(join(folder, 'model.safetensors'));
    for (let n = 0; n < 6; n++) await writeImage(join(folder, `photos/${n}.png`), testImage(n));
    await writeFile(join(folder, 'scontrol'), `#!/bin/sh\necho "$@" >> "${folder}/requeued"\n`);
    await chmod(join(folder, 'scontrol'), 0o755);
  });
  after(() => rm(folder, { recursive: true }));

  /** One task of the array. @param onProgress is called once, when the first photograph is done. */
  function task(index: number, onProgress: (child: ChildProcess) => void = () => {}): Promise<number | null> {
    const paths = ['model.safetensors', 'photos', 'labels'];
    const child = spawn('bash', [join(EXAMPLES, 'adapt.sbatch'), ...paths, ...settings], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...process.env,
        PATH: `${folder}:${process.env.PATH}`,
        SUPERPOINT: `${process.execPath} ${MAIN}`,
        SLURM_JOB_ID: `7_${index}`,
        SLURM_ARRAY_TASK_ID: `${index}`,
        SLURM_ARRAY_TASK_COUNT: `${SHARDS}`,
      },
    });
    child.stderr?.once('data', () => onProgress(child));
    return new Promise((resolve) => child.on('close', resolve));
  }

  test('makes of two tasks, one of them stopped and queued again, what one machine makes', async () => {
    // the first line of progress comes with the first photograph
    const stopped = await task(1, (child) => child.kill('SIGTERM'));
    assert.equal(stopped, 75);
    assert.equal(await readFile(join(folder, 'requeued'), 'utf8'), 'requeue 7_1\n');
    const begun = (await readFile(join(folder, 'labels/part-1.jsonl'), 'utf8')).trim().split('\n').length;
    assert.ok(begun < 1 + 6 / SHARDS, `${begun} lines`);
    assert.deepEqual([await task(1), await task(2)], [0, 0]);
    const parts = ['labels/part-2.jsonl', 'labels/part-1.jsonl'];
    await assertJoined(folder, parts, settings);
  });

  test('hands on what went wrong, and is not queued again for it', async () => {
    await writeFile(join(folder, 'labels/part-2.jsonl'), 'no labels\n');
    const before = await readFile(join(folder, 'requeued'), 'utf8');
    assert.equal(await task(2), 1);
    assert.equal(await readFile(join(folder, 'requeued'), 'utf8'), before);
  });
});

suite('the Kubernetes manifest', () => {
  test('is an Indexed Job whose indices are the shards', async () => {
    const job = parse(await readFile(join(EXAMPLES, 'adapt.yaml'), 'utf8'));
    assert.deepEqual([job.apiVersion, job.kind, job.spec.completionMode], ['batch/v1', 'Job', 'Indexed']);
    const { containers, restartPolicy, volumes } = job.spec.template.spec;
    // podFailurePolicy asks for this
    assert.equal(restartPolicy, 'Never');
    const [container] = containers;
    const env = Object.fromEntries(
      container.env.map(({ name, value }: { name: string; value: unknown }) => [name, value]),
    );
    assert.ok(Object.values(env).every((value) => typeof value === 'string'));
    assert.equal(Number(env.SHARDS), job.spec.completions);
    const mounts = container.volumeMounts.map(({ name }: { name: string }) => name);
    assert.deepEqual(
      mounts,
      volumes.map(({ name }: { name: string }) => name),
    );
    const rules = job.spec.podFailurePolicy.rules;
    const names = rules.flatMap(
      ({ onExitCodes }: { onExitCodes?: { containerName: string } }) => onExitCodes?.containerName ?? [],
    );
    assert.deepEqual(new Set(names), new Set([container.name]));
    const codes = rules.map(
      ({ action, onExitCodes }: { action: string; onExitCodes?: { values: number[] } }) => [
        action,
        ...(onExitCodes?.values ?? []),
      ],
    );
    assert.deepEqual(codes, [['Ignore'], ['Ignore', 75], ['FailJob', 2]]);
  });

  test('calls the command with shards from 1', {
    skip: process.platform === 'win32' && 'needs sh',
  }, async () => {
    const job = parse(await readFile(join(EXAMPLES, 'adapt.yaml'), 'utf8'));
    const [{ command, args }] = job.spec.template.spec.containers;
    const env = { ...process.env, MODEL: 'm', RECIPE: 'paper', SHARDS: '16', JOB_COMPLETION_INDEX: '15' };
    const [shell, flag] = command;
    const said = args[0].replace('exec superpoint', 'printf "%s\\n"');
    const { stdout } = spawnSync(shell, [flag, said], { env, encoding: 'utf8' });
    const words = stdout.trim().split('\n');
    assert.deepEqual(words.slice(0, 4), ['adapt', '/data/photos', '--model', 'm']);
    assert.deepEqual(words.slice(-4), ['--output', '/data/labels/part-15.jsonl', '--shard', '16/16']);
  });
});
