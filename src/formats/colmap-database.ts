/**
 * COLMAP's database (of version 3.8): cameras, keypoints, matches and verified two-view geometries, ready for its
 * mapper. COLMAP counts from the top-left corner of the top-left pixel: its coordinates are ours plus one half.
 * https://colmap.github.io/database.html. For Node.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Features } from '../features/features.js';
import { writeFileAtomic } from '../files/atomic-file.js';
import { FormatError } from '../files/format-error.js';
import { MissingPackageError } from '../files/missing-package.js';
import { type Homography, invertHomography, multiplyHomographies } from '../geometry/homography.js';
import type { Matches } from '../matching/matches.js';
import type { TwoViewGeometry } from '../matching/two-view-geometry.js';

/** What is used of sql.js. */
interface Database {
  exec(sql: string, values?: readonly unknown[]): { readonly values: unknown[][] }[];
  run(sql: string, values?: readonly unknown[]): unknown;
  export(): Uint8Array;
  close(): void;
}

export interface ColmapOptions {
  /** One camera for all new pictures of one size, instead of one for each. @default false */
  readonly singleCamera?: boolean;
}

/** What COLMAP 3.8 writes into `user_version`. */
const VERSION = 3800;
/** COLMAP's numbers. */
const SIMPLE_RADIAL = 2;
const CONFIGS = { none: 1, scene: 3, plane: 6 } as const;
const MAX_IMAGES = 2147483647n;
/** COLMAP's guess of a focal length, in widths or heights, the longer. */
const FOCAL_LENGTH = 1.2;

const PER_IMAGE =
  'image_id INTEGER PRIMARY KEY NOT NULL, rows INTEGER NOT NULL, cols INTEGER NOT NULL, data BLOB';
const PER_PAIR =
  'pair_id INTEGER PRIMARY KEY NOT NULL, rows INTEGER NOT NULL, cols INTEGER NOT NULL, data BLOB';
const OF_IMAGE = 'FOREIGN KEY(image_id) REFERENCES images(image_id) ON DELETE CASCADE';
const SCHEMA = `
CREATE TABLE cameras (camera_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, model INTEGER NOT NULL,
  width INTEGER NOT NULL, height INTEGER NOT NULL, params BLOB, prior_focal_length INTEGER NOT NULL);
CREATE TABLE images (image_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, name TEXT NOT NULL UNIQUE,
  camera_id INTEGER NOT NULL, prior_qw REAL, prior_qx REAL, prior_qy REAL, prior_qz REAL,
  prior_tx REAL, prior_ty REAL, prior_tz REAL,
  CONSTRAINT image_id_check CHECK(image_id >= 0 and image_id < ${MAX_IMAGES}),
  FOREIGN KEY(camera_id) REFERENCES cameras(camera_id));
CREATE UNIQUE INDEX index_name ON images(name);
CREATE TABLE keypoints (${PER_IMAGE}, ${OF_IMAGE});
CREATE TABLE descriptors (${PER_IMAGE}, ${OF_IMAGE});
CREATE TABLE matches (${PER_PAIR});
CREATE TABLE two_view_geometries (${PER_PAIR}, config INTEGER NOT NULL, F BLOB, E BLOB, H BLOB, qvec BLOB, tvec BLOB);
PRAGMA user_version = ${VERSION};
`;

/** A database in memory, written whole at the end. */
export class ColmapDatabase {
  readonly #path: string;
  readonly #database: Database;
  readonly #options: ColmapOptions;
  readonly #images = new Map<string, number>();
  readonly #cameras = new Map<string, number>();

  private constructor(path: string, database: Database, options: ColmapOptions) {
    this.#path = path;
    this.#database = database;
    this.#options = options;
  }

  /**
   * Opens a database, or begins one where there is none. Pictures that it knows keep their cameras.
   * @throws FormatError for another file or a database of another version; MissingPackageError without the package
   *   sql.js.
   */
  static async open(path: string, options: ColmapOptions = {}): Promise<ColmapDatabase> {
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    const Database = await openLibrary();
    const database = new Database(bytes);
    if (bytes && bytes.length > 0) checkVersion(path, database);
    else database.run(SCHEMA);
    return new ColmapDatabase(path, database, options);
  }

  /** Adds a picture with its keypoints, or replaces the keypoints of one that is there. */
  addImage(name: string, { width, height, count, keypoints }: Features): void {
    const known = this.#number('SELECT image_id FROM images WHERE name = ?', name);
    const id = known ?? this.#insertImage(name, width, height);
    this.#images.set(name, id);
    const data = bytesOf(keypoints.map((value) => value + 0.5));
    this.#database.run('REPLACE INTO keypoints VALUES (?, ?, 2, ?)', [id, count, data]);
  }

  /** Adds the matches of two pictures that were added, and what they say. @throws RangeError for others. */
  addPair(name0: string, name1: string, matches: Matches, geometry: TwoViewGeometry): void {
    const [id0, id1] = [name0, name1].map((name) => {
      const id = this.#images.get(name);
      if (id === undefined) throw new RangeError(`expected a picture of the database, got ${name}`);
      return id;
    });
    const isSwapped = id0 > id1;
    const pair = String(MAX_IMAGES * BigInt(Math.min(id0, id1)) + BigInt(Math.max(id0, id1)));
    const sql = 'REPLACE INTO matches VALUES (CAST(? AS INTEGER), ?, 2, ?)';
    this.#database.run(sql, [pair, matches.count, indexBytes(matches, isSwapped)]);
    const { kind, F_0to1, H_0to1, matches: verified } = geometry;
    this.#database.run(
      'REPLACE INTO two_view_geometries VALUES (CAST(? AS INTEGER), ?, 2, ?, ?, ?, NULL, ?, NULL, NULL)',
      [
        pair,
        verified.count,
        indexBytes(verified, isSwapped),
        CONFIGS[kind],
        F_0to1 && bytesOf(fundamentalOf(F_0to1, isSwapped)),
        H_0to1 && bytesOf(homographyOf(H_0to1, isSwapped)),
      ],
    );
  }

  /** Writes the file, whole or not at all. */
  async write(): Promise<void> {
    await writeFileAtomic(this.#path, this.#database.export());
  }

  close(): void {
    this.#database.close();
  }

  #insertImage(name: string, width: number, height: number): number {
    const size = `${width}x${height}`;
    const shared = this.#options.singleCamera ? this.#cameras.get(size) : undefined;
    const camera = shared ?? this.#insertCamera(width, height);
    this.#cameras.set(size, camera);
    this.#database.run('INSERT INTO images (name, camera_id) VALUES (?, ?)', [name, camera]);
    return this.#lastId();
  }

  #insertCamera(width: number, height: number): number {
    const focal = FOCAL_LENGTH * Math.max(width, height);
    const params = bytesOf(Float64Array.of(focal, width / 2, height / 2, 0));
    const sql =
      'INSERT INTO cameras (model, width, height, params, prior_focal_length) VALUES (?, ?, ?, ?, 0)';
    this.#database.run(sql, [SIMPLE_RADIAL, width, height, params]);
    return this.#lastId();
  }

  #lastId(): number {
    return this.#number('SELECT last_insert_rowid()') ?? 0;
  }

  #number(sql: string, ...values: unknown[]): number | undefined {
    return this.#database.exec(sql, values)[0]?.values[0]?.[0] as number | undefined;
  }
}

async function openLibrary(): Promise<new (bytes?: Uint8Array) => Database> {
  try {
    // It has no types of its own, and is there only where databases are written.
    const start = createRequire(import.meta.url)('sql.js') as () => Promise<{
      Database: new (bytes?: Uint8Array) => Database;
    }>;
    return (await start()).Database;
  } catch (cause) {
    throw new MissingPackageError('a COLMAP database', ['sql.js'], { cause });
  }
}

function checkVersion(path: string, database: Database): void {
  let version: unknown;
  try {
    [[version]] = database.exec('PRAGMA user_version')[0].values;
    database.exec('SELECT image_id FROM two_view_geometries, images LIMIT 1');
  } catch (cause) {
    if (version === undefined) throw new FormatError(`${path}: expected an SQLite database`, { cause });
    version = version === VERSION ? 'none of them' : version;
  }
  if (version === VERSION) return;
  database.close();
  throw new FormatError(`${path}: expected a database of COLMAP 3.8 (version ${VERSION}), got ${version}`);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

function indexBytes({ count, indices0, indices1 }: Matches, isSwapped: boolean): Uint8Array {
  const [first, second] = isSwapped ? [indices1, indices0] : [indices0, indices1];
  return bytesOf(Uint32Array.from({ length: 2 * count }, (_, at) => (at & 1 ? second : first)[at >> 1]));
}

/** Between COLMAP's coordinates, in which x is ours plus one half: T⁻ᵀ F T⁻¹; of the second to the first, transposed. */
function fundamentalOf(F: Float64Array, isSwapped: boolean): Float64Array {
  const [a, b, c, d, e, f, g, h, i] = F;
  const [right, down] = [c - (a + b) / 2, f - (d + e) / 2];
  const moved = [
    a,
    b,
    right,
    d,
    e,
    down,
    g - (a + d) / 2,
    h - (b + e) / 2,
    i - (g + h) / 2 - (right + down) / 2,
  ];
  return Float64Array.from(moved, (_, at) => moved[isSwapped ? 3 * (at % 3) + Math.floor(at / 3) : at]);
}

function homographyOf(H: Homography, isSwapped: boolean): Float64Array {
  const move = Float64Array.of(1, 0, 0.5, 0, 1, 0.5, 0, 0, 1);
  const back = Float64Array.of(1, 0, -0.5, 0, 1, -0.5, 0, 0, 1);
  return multiplyHomographies(move, multiplyHomographies(isSwapped ? invertHomography(H) : H, back));
}
