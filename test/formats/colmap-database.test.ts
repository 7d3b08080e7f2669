import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { ColmapDatabase, type ColmapOptions } from '../../src/formats/colmap-database.js';
import { invertHomography, warpPoints } from '../../src/geometry/homography.js';
import type { TwoViewGeometry } from '../../src/matching/two-view-geometry.js';
import { assertClose } from '../assert-close.js';

const initSqlJs = createRequire(import.meta.url)('sql.js') as () => Promise<{
  Database: new (bytes: Uint8Array) => { exec(sql: string): { values: unknown[][] }[]; close(): void };
}>;

const COUNT = 2;
const picture = (width: number, height: number, keypoints: number[]) => ({
  width,
  height,
  count: COUNT,
  keypoints: Float32Array.from(keypoints),
  scores: new Float32Array(COUNT),
  descriptors: new Float32Array(COUNT),
  descriptorDim: 1,
});
const POINTS = { 'a.png': [10, 20, 30, 5], 'b.png': [12, 24, 33, 8] };
const matches = {
  count: 2,
  indices0: Int32Array.of(0, 1),
  indices1: Int32Array.of(1, 0),
  similarities: new Float32Array(2),
};
const F_0to1 = Float64Array.of(1, -2, 3, 4, 5, -6, 7, -8, 9);
const H_0to1 = Float64Array.of(1.1, 0.1, 5, -0.1, 0.9, -3, 1e-4, 2e-4, 1);
const GEOMETRY: TwoViewGeometry = { kind: 'plane', F_0to1, H_0to1, matches };
const doubles = (bytes: unknown) => new Float64Array((bytes as Uint8Array).slice().buffer);
const whole = (bytes: unknown) => [...new Uint32Array((bytes as Uint8Array).slice().buffer)];

suite("COLMAP's database", () => {
  let folder = '';
  let path = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'superpoint-database-'));
    path = join(folder, 'colmap.db');
  });
  after(() => rm(folder, { recursive: true }));

  const query = async (sql: string) => {
    const { Database } = await initSqlJs();
    const database = new Database(await readFile(path));
    const rows = database.exec(sql)[0]?.values ?? [];
    database.close();
    return rows;
  };
  const edit = async (change: (database: ColmapDatabase) => void, options?: ColmapOptions) => {
    const database = await ColmapDatabase.open(path, options);
    change(database);
    await database.write();
    database.close();
  };
  const addBoth = (database: ColmapDatabase) => {
    for (const [name, points] of Object.entries(POINTS)) database.addImage(name, picture(640, 480, points));
  };

  test('begins in an empty file as in none; what was there stays, keypoints are replaced', async () => {
    await writeFile(path, '');
    await edit(addBoth);
    await edit((database) => {
      database.addImage('a.png', picture(640, 480, [1, 2, 3, 4]));
      database.addImage('c.png', picture(320, 480, [5, 6, 7, 8]));
    });
    assert.deepEqual(await query('SELECT image_id, name, camera_id FROM images'), [
      [1, 'a.png', 1],
      [2, 'b.png', 2],
      [3, 'c.png', 3],
    ]);
    const keypoints = await query('SELECT image_id, rows, cols, data FROM keypoints ORDER BY image_id');
    assert.deepEqual(
      keypoints.map(([id, rows, cols, data]) => [
        id,
        rows,
        cols,
        ...new Float32Array((data as Uint8Array).slice().buffer),
      ]),
      [
        [1, 2, 2, 1.5, 2.5, 3.5, 4.5],
        [2, 2, 2, 12.5, 24.5, 33.5, 8.5],
        [3, 2, 2, 5.5, 6.5, 7.5, 8.5],
      ],
    );
    const cameras = await query('SELECT model, width, height, params, prior_focal_length FROM cameras');
    assert.deepEqual(
      cameras.map(([model, width, height, params, prior]) => [
        model,
        width,
        height,
        prior,
        ...doubles(params),
      ]),
      [
        [2, 640, 480, 0, 768, 320, 240, 0],
        [2, 640, 480, 0, 768, 320, 240, 0],
        [2, 320, 480, 0, 576, 160, 240, 0],
      ],
    );
  });

  test('one camera serves all pictures of one size where that is asked', async () => {
    path = join(folder, 'single.db');
    await edit(
      (database) => {
        addBoth(database);
        database.addImage('c.png', picture(480, 640, [5, 6, 7, 8]));
      },
      { singleCamera: true },
    );
    assert.deepEqual(await query('SELECT name, camera_id FROM images'), [
      ['a.png', 1],
      ['b.png', 1],
      ['c.png', 2],
    ]);
  });

  for (const [name0, name1] of [
    ['a.png', 'b.png'],
    ['b.png', 'a.png'],
  ] as const) {
    test(`the matches of ${name0} to ${name1} stand from the first to the second, with F and H of COLMAP's coordinates`, async () => {
      path = join(folder, `${name0}.db`);
      await edit((database) => {
        addBoth(database);
        database.addPair(name0, name1, matches, GEOMETRY);
      });
      const isSwapped = name0 === 'b.png';
      const [[pair, rows, data]] = await query('SELECT pair_id, rows, data FROM matches');
      assert.deepEqual(
        [pair, rows, whole(data)],
        [2147483647 + 2, 2, isSwapped ? [1, 0, 0, 1] : [0, 1, 1, 0]],
      );
      const [[verified, config, F, H]] = await query('SELECT data, config, F, H FROM two_view_geometries');
      assert.deepEqual([whole(verified), config], [whole(data), 6]);
      // The residual of two points and the place of one are the same in both coordinates.
      const [x0, y0, x1, y1] = [3, 4, 5, 7];
      const across = (f: Float64Array, x: number, y: number, u: number, v: number) =>
        u * (f[0] * x + f[1] * y + f[2]) + v * (f[3] * x + f[4] * y + f[5]) + f[6] * x + f[7] * y + f[8];
      const expected = isSwapped ? across(F_0to1, x1, y1, x0, y0) : across(F_0to1, x0, y0, x1, y1);
      assertClose([across(doubles(F), x0 + 0.5, y0 + 0.5, x1 + 0.5, y1 + 0.5)], [expected], 1e-9);
      const [x, y] = warpPoints(isSwapped ? invertHomography(H_0to1) : H_0to1, [x0, y0]);
      assertClose(warpPoints(doubles(H), [x0 + 0.5, y0 + 0.5]), [x + 0.5, y + 0.5], 1e-9);
    });
  }

  test('nothing verified leaves F and H empty; pictures that were not added are refused', async () => {
    path = join(folder, 'none.db');
    const none = { kind: 'none', F_0to1: null, H_0to1: null, matches: { ...matches, count: 0 } } as const;
    await edit((database) => {
      addBoth(database);
      database.addPair('a.png', 'b.png', matches, none);
      assert.throws(() => database.addPair('a.png', 'z.png', matches, none), {
        name: 'RangeError',
        message: 'expected a picture of the database, got z.png',
      });
    });
    const sql = 'SELECT rows, config, F, H, length(data) FROM two_view_geometries';
    assert.deepEqual(await query(sql), [[0, 1, null, null, 0]]);
  });
});
