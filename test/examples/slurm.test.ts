/** examples/cluster/adapt.sbatch on a real Slurm of two nodes: one task killed and queued again, the same bytes. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { testImage, writeImage, writeModel } from '../cli/command.js';
import { assertJoined } from './joined-labels.js';
import { hasSlurm, type Slurm, startSlurm, until } from './slurm.js';

const SCRIPT = join(import.meta.dirname, '../../../examples/cluster/adapt.sbatch');
const MAIN = join(import.meta.dirname, '../../src/cli/main.js');
const PHOTOGRAPHS = 6;

suite('the Slurm script on Slurm', { skip: hasSlurm() ? false : 'needs slurmctld, slurmd and munge' }, () => {
  let folder: string;
  let slurm: Slurm;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slurm-'));
    await writeModel(join(folder, 'model.safetensors'));
    for (let n = 0; n < PHOTOGRAPHS; n++) await writeImage(join(folder, `photos/${n}.png`), testImage(n));
    await mkdir(join(folder, 'cluster'));
    const env = { ...process.env, SUPERPOINT: `${process.execPath} ${MAIN}` };
    slurm = await startSlurm(join(folder, 'cluster'), env);
  });
  after(async () => {
    await slurm?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('two nodes, one task killed and queued again: labels as of one machine, to the byte', async () => {
    const settings = ['--warps', '150', '--workers', '0'];
    const paths = [join(folder, 'model.safetensors'), join(folder, 'photos'), join(folder, 'labels')];
    const submitted = ['--parsable', '--array=1-2', `--output=${folder}/task-%a.log`, SCRIPT, ...paths];
    const job = slurm.run('sbatch', ...submitted, ...settings).trim();
    const lines = async (part: number) => {
      const text = await readFile(join(folder, `labels/part-${part}.jsonl`), 'utf8').catch(() => '');
      return text.split('\n').length - 1;
    };
    // the header and a photograph
    await until('the first label', async () => (await lines(1)) >= 2);
    slurm.run('scontrol', 'requeue', `${job}_1`);
    const before = await lines(1);
    await until('the end of the jobs', () => slurm.run('squeue', '-h', '-j', job) === '');
    const log = async (task: number) => readFile(join(folder, `task-${task}.log`), 'utf8');
    assert.ok(before < 1 + PHOTOGRAPHS / 2, `the task was done before it was killed\n${await log(1)}`);
    const told = slurm.run('scontrol', 'show', 'job', job);
    const states = [...told.matchAll(/ArrayTaskId=(\d).*?JobState=(\w+).*?Restarts=(\d)/gs)];
    const byTask = states.map(([, task, state, restarts]) => [task, state, restarts]).sort();
    const expected = [
      ['1', 'COMPLETED', '1'],
      ['2', 'COMPLETED', '0'],
    ];
    assert.deepEqual(byTask, expected, `${told}\n${await log(1)}\n${await log(2)}`);

    const parts = ['labels/part-1.jsonl', 'labels/part-2.jsonl'];
    await assertJoined(folder, parts, settings);
  });
});
