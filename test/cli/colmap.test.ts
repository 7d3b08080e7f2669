import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { superpoint, writeImage } from './command.js';
import { roomView } from './rendered-room.js';

/** What is used of sql.js, which has no types. */
interface Sqlite {
  exec(sql: string): { values: unknown[][] }[];
  run(sql: string): void;
  export(): Uint8Array;
  close(): void;
}
const library: string = 'sql.js';
const initSqlJs = async (): Promise<{ Database: new (bytes: Uint8Array) => Sqlite }> =>
  (await import(library)).default();

const VIEWS = 12;
/** COLMAP itself, where it is installed (Debian's package `colmap`). */
const hasColmap = spawnSync('colmap', ['help']).status === 0;

suite('superpoint colmap', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-colmap-'));
    for (let view = 0; view < VIEWS; view++) {
      const name = `views/${String(view).padStart(2, '0')}.png`;
      await writeImage(join(folder, name), roomView(view / (VIEWS - 1)));
    }
    const args = ['--database', 'db.db', '--single-camera', '--max-keypoints', '1000', '--json'];
    const { code, stdout, stderr } = await colmap('views', ...args);
    assert.equal(code, 0, stderr);
    result = JSON.parse(stdout);
  });
  after(() => rm(folder, { recursive: true }));

  let result: { pictures: number; pairs: number; verifiedPairs: number; planes: number };
  const colmap = (...args: string[]) =>
    superpoint(folder, 'colmap', ...args, '--model', 'superpoint-small-int8');

  async function query(path: string, sql: string): Promise<unknown[][]> {
    const { Database } = await initSqlJs();
    const database = new Database(await readFile(join(folder, path)));
    const rows = database.exec(sql)[0]?.values ?? [];
    database.close();
    return rows;
  }

  test('a dozen views of a room come out verified, as COLMAP stores them', async () => {
    assert.deepEqual([result.pictures, result.pairs], [VIEWS, 66]);
    assert.ok(result.verifiedPairs >= 40 && result.planes < result.verifiedPairs / 2, JSON.stringify(result));
    assert.deepEqual(await query('db.db', 'SELECT model, width, height FROM cameras'), [[2, 320, 240]]);
    assert.deepEqual(await query('db.db', 'PRAGMA user_version'), [[3800]]);
    const rows = await query(
      'db.db',
      'SELECT pair_id / 2147483647, pair_id % 2147483647, rows, data, F FROM two_view_geometries WHERE config = 3',
    );
    assert.ok(rows.length > 20);
    const points = new Map<unknown, Float32Array>();
    for (const [id, data] of await query('db.db', 'SELECT image_id, data FROM keypoints')) {
      points.set(id, new Float32Array((data as Uint8Array).slice().buffer));
    }
    // In COLMAP's own coordinates the matches lie on the lines of F.
    for (const [id0, id1, count, data, F] of rows) {
      assert.ok(Number(id0) < Number(id1) && Number(count) >= 15);
      const f = new Float64Array((F as Uint8Array).slice().buffer);
      const indices = new Uint32Array((data as Uint8Array).slice().buffer);
      assert.equal(indices.length, 2 * Number(count));
      for (let m = 0; m < Number(count); m++) {
        const [x, y] = points.get(id0)?.subarray(2 * indices[2 * m]) ?? [];
        const [u, v] = points.get(id1)?.subarray(2 * indices[2 * m + 1]) ?? [];
        const line = [0, 3, 6].map((row) => f[row] * x + f[row + 1] * y + f[row + 2]);
        const back = [0, 1].map((column) => f[column] * u + f[3 + column] * v + f[6 + column]);
        const residual = u * line[0] + v * line[1] + line[2];
        assert.ok(Math.abs(residual) / Math.hypot(line[0], line[1], ...back) <= 4.01, `${residual}`);
      }
    }
  });

  test("COLMAP's mapper registers nearly all of them", {
    skip: hasColmap ? false : 'needs colmap',
  }, async () => {
    await mkdir(join(folder, 'sparse'));
    const run = (...args: string[]) => {
      const { status, stdout, stderr } = spawnSync('colmap', args, { cwd: folder, encoding: 'utf8' });
      assert.equal(status, 0, stderr + stdout);
      return stdout + stderr;
    };
    const threads = ['--Mapper.num_threads', '2', '--Mapper.multiple_models', '0'];
    run('mapper', '--database_path', 'db.db', '--image_path', 'views', '--output_path', 'sparse', ...threads);
    const told = run('model_analyzer', '--path', 'sparse/0');
    const figure = (name: string) => Number(new RegExp(`${name}: ([\\d.]+)`).exec(told)?.[1]);
    assert.ok(figure('Registered images') >= VIEWS - 1, told);
    assert.ok(figure('Points') >= 300, told);
    assert.ok(figure('Mean reprojection error') < 1, told);
  });

  test('takes a database of this version on, with its cameras, and nothing else', async () => {
    const { Database } = await initSqlJs();
    const database = new Database(await readFile(join(folder, 'db.db')));
    database.run('UPDATE cameras SET prior_focal_length = 1');
    await writeFile(join(folder, 'again.db'), database.export());
    const features = ['--features', 'db-features.h5'];
    const { code, stderr } = await colmap('--database', 'again.db', ...features);
    assert.equal(code, 0, stderr);
    for (const sql of [
      'SELECT count(*) FROM images',
      'SELECT pair_id, rows, data, config FROM two_view_geometries',
    ]) {
      assert.deepEqual(await query('again.db', sql), await query('db.db', sql));
    }
    assert.deepEqual(await query('again.db', 'SELECT prior_focal_length FROM cameras'), [[1]]);

    database.run('PRAGMA user_version = 3900');
    await writeFile(join(folder, 'newer.db'), database.export());
    await writeFile(join(folder, 'text.db'), 'words, not a database, and more than a few of them');
    for (const [path, message] of [
      ['newer.db', 'expected a database of COLMAP 3.8 (version 3800), got 3900'],
      ['text.db', 'expected an SQLite database'],
    ]) {
      const before = await readFile(join(folder, path));
      const refused = await colmap('--database', path, ...features);
      assert.deepEqual([refused.code, refused.stderr], [1, `superpoint: ${path}: ${message}\n`]);
      assert.deepEqual(await readFile(join(folder, path)), before);
    }
    assert.ok(!existsSync(join(folder, 'newer-matches.h5')));
  });
});
