import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { InUseError, LockLostError, lockFile, lockFolder } from '../../src/files/lock.js';
import { Child } from './child.js';

suite('locks', () => {
  let folder = '';
  const children: Child[] = [];
  const start = () => {
    const child = new Child();
    children.push(child);
    return child;
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-lock-'));
  });
  after(async () => {
    for (const child of children) await child.kill();
    await rm(folder, { recursive: true });
  });

  test('a second process is told who is at work, and is let in afterwards', async () => {
    const [first, second] = [start(), start()];
    const path = join(folder, 'labels.jsonl');
    for (const word of ['folder', 'file']) {
      const place = word === 'folder' ? join(folder, 'run') : path;
      assert.equal(await first.ask(`${word} ${place}`), 'held');
      const answer = await second.ask(`${word} ${place}`);
      const who = `process ${first.pid} on ${hostname()} since `;
      assert.ok(answer.startsWith(`InUseError: ${place} is in use by ${who}20`), answer);
      assert.equal(await first.ask('leave'), 'left');
      assert.equal(await second.ask(`${word} ${place}`), 'held');
      await second.ask('leave');
    }
    assert.deepEqual(await readdir(join(folder, 'run')), []);
    assert.deepEqual(await readdir(folder), ['run']);
  });

  test('a killed holder is followed at once, one that ends in good order leaves nothing', async () => {
    const place = join(folder, 'killed');
    const first = start();
    assert.equal(await first.ask(`folder ${place}`), 'held');
    await first.kill();
    assert.ok(existsSync(join(place, '.lock')));
    const second = start();
    assert.equal(await second.ask(`folder ${place}`), 'held');
    await second.end();
    assert.deepEqual(await readdir(place), []);
  });

  test('one process is let in once', async () => {
    const place = join(folder, 'own');
    const lock = await lockFolder(place);
    await assert.rejects(lockFolder(place), InUseError);
    lock.check();
    lock.release();
    (await lockFolder(place)).release();
  });

  /** A lock as a process that has ended left it. */
  async function deadLock(place: string): Promise<string> {
    const child = start();
    assert.equal(await child.ask(`folder ${place}`), 'held');
    await child.kill();
    return readFile(join(place, '.lock'), 'utf8');
  }

  test('of many that find the lock of a dead process one is let in', async () => {
    const place = join(folder, 'contested');
    const dead = await deadLock(place);
    const racers = Array.from({ length: 4 }, start);
    for (let round = 0; round < 40; round++) {
      await writeFile(
        join(place, '.lock'),
        dead.replace(/"id":"\w+"/, `"id":"${String(round).padStart(8, 'a')}"`),
      );
      const answers = await Promise.all(racers.map((racer) => racer.ask(`folder ${place}`)));
      const held = answers.filter((answer) => answer === 'held');
      assert.equal(held.length, 1, `round ${round}: ${answers}`);
      for (const answer of answers)
        assert.match(answer, /^(held|InUseError: .* is in use by process \d+ on )/);
      await racers[answers.indexOf('held')].ask('leave');
    }
    assert.deepEqual(await readdir(place), []);
  });

  test('a takeover that was killed half-way is taken over itself', async () => {
    const place = join(folder, 'half');
    const dead = await deadLock(place);
    const { id } = JSON.parse(dead) as { id: string };
    await writeFile(join(place, `.lock.${id}`), dead.replace(id, '0123abcd'));
    (await lockFolder(place)).release();
    assert.deepEqual(await readdir(place), []);
  });

  test('a holder on another machine counts by its sign of life', async () => {
    const path = join(folder, 'shared.jsonl');
    const lock = join(folder, '.shared.jsonl.lock');
    const since = '2026-01-02T03:04:05.678Z';
    const holder = { pid: 12, host: 'node7', machine: 'ffffffff', started: '1', id: 'deadbeef', since };
    await writeFile(lock, JSON.stringify(holder));
    await assert.rejects(lockFile(path), {
      name: 'InUseError',
      message: `${path} is in use by process 12 on node7 since ${since}`,
    });
    const silent = Date.now() / 1000 - 200;
    await utimes(lock, silent, silent);
    (await lockFile(path)).release();
    assert.ok(!existsSync(lock));
  });

  test('the number of a dead process that another one was given does not hold a lock', async () => {
    const place = join(folder, 'again');
    const dead = JSON.parse(await deadLock(place));
    if (dead.started === '') return; // Only Linux tells when a process began.
    await writeFile(join(place, '.lock'), JSON.stringify({ ...dead, pid: process.pid }));
    (await lockFolder(place)).release();
  });

  test('a lock without a word in it is held until it is old', async () => {
    const place = join(folder, 'empty');
    await mkdir(place);
    await writeFile(join(place, '.lock'), '');
    await assert.rejects(lockFolder(place), /in use by another process$/);
    const silent = Date.now() / 1000 - 200;
    await utimes(join(place, '.lock'), silent, silent);
    (await lockFolder(place)).release();
    assert.deepEqual(await readdir(place), []);
  });

  test('who was taken over is told, and leaves the lock to the other', async () => {
    const place = join(folder, 'lost');
    const lock = await lockFolder(place);
    const other = (await readFile(join(place, '.lock'), 'utf8')).replace(/"id":"\w+"/, '"id":"0badcafe"');
    await rm(join(place, '.lock'));
    await writeFile(join(place, '.lock'), other);
    assert.throws(() => lock.check(), LockLostError);
    lock.release();
    assert.equal(await readFile(join(place, '.lock'), 'utf8'), other);
  });

  test('takes away what a killed writer left, and nothing of one that lives', async () => {
    const place = join(folder, 'left');
    const [dead, alive] = [start(), start()];
    assert.equal(await dead.ask(`write ${join(place, 'a.json')}`), 'writing');
    assert.equal(await alive.ask(`write ${join(place, 'b.json')}`), 'writing');
    await dead.kill();
    const temporaries = (await readdir(place)).sort();
    assert.equal(temporaries.length, 2);
    (await lockFolder(place)).release();
    assert.deepEqual(await readdir(place), [temporaries[1]]);
    assert.match(temporaries[1], /^\.b\.json\..*\.tmp$/);
  });
});
