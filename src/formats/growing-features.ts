/**
 * Features of many pictures on their way into files: kept as they come, so that an interrupted run is gone on with,
 * and not made again where a file has them of the same origin. For Node.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ShardPlace } from '../adaptation/shard.js';
import type { Features } from '../features/features.js';
import { writeFileAtomic, writeFileAtomicFrom } from '../files/atomic-file.js';
import { FormatError } from '../files/format-error.js';
import { Journal } from '../files/journal.js';
import { type Lock, lockFile, lockFolder } from '../files/lock.js';
import { type Origin, originOf, storeOrigin } from '../files/origin.js';
import { encodeFeaturesJson, type NamedFeatures } from './features-json.js';
import { encodeFeaturesNpz, npzOrigin } from './features-npz.js';
import {
  decodeFeaturesSafetensors,
  encodeFeaturesSafetensors,
  safetensorsOrigin,
} from './features-safetensors.js';
import type { FeaturesFileOptions } from './features-tensors.js';
import { HlocFeatures, writeHlocFeatures } from './hloc.js';

/** How features are written: one HDF5 or JSON file, or a NumPy or safetensors file for each picture. */
export type FeaturesFormat = 'hloc' | 'json' | 'npz' | 'safetensors';

/** What all the pictures' features have in common. */
export interface FeaturesRun {
  readonly format: FeaturesFormat;
  /** Model and settings. */
  readonly origin: Origin;
  readonly exif: 'apply' | 'ignore';
  readonly half: boolean;
  /** Which part of the pictures these are. */
  readonly shard?: ShardPlace;
}

/** Where features go. */
export interface GrowingFeatures {
  /** Whether the features of a picture are there, made from the same. @param digest of the picture's file. */
  has(name: string, digest: string): Promise<boolean>;
  add(name: string, digest: string, features: Features): Promise<void>;
  /** Puts the pictures that are there, in this order, under the final name. @param failed those that are not. */
  finish(names: readonly string[], failed: readonly string[]): Promise<void>;
  /** Lets go; what was added is there the next time. */
  close(): Promise<void>;
}

/** The hash of all that the features of a picture are made from. */
function pictureOrigin({ origin }: FeaturesRun, digest: string): string {
  return originOf('features', { digest }, { run: origin }).hash;
}

/** The name of the records of a file that is not finished. */
export const partialPath = (path: string) => `${path}.partial`;

/**
 * Opens where features go.
 * @param path the file; with one file a picture and `isFolder`, their folder.
 * @throws InUseError where another process is at work there.
 */
export async function openGrowingFeatures(
  path: string,
  run: FeaturesRun,
  isFolder: boolean,
): Promise<GrowingFeatures> {
  if (run.format === 'npz' || run.format === 'safetensors') return openFiles(path, run, isFolder);
  const lock = await lockFile(path);
  try {
    const previous = run.format === 'hloc' ? await openPrevious(path) : undefined;
    return new OneFile(path, run, lock, await Journal.open(partialPath(path)), previous);
  } catch (error) {
    lock.release();
    throw error;
  }
}

const PICTURE_FILES = {
  npz: { encode: encodeFeaturesNpz, originIn: npzOrigin },
  safetensors: { encode: encodeFeaturesSafetensors, originIn: safetensorsOrigin },
};
/** The origin stands within so many bytes. */
const START_BYTES = 4096;

async function openFiles(path: string, run: FeaturesRun, isFolder: boolean): Promise<GrowingFeatures> {
  const { half, exif, shard } = run;
  const format = run.format as keyof typeof PICTURE_FILES;
  const { encode, originIn } = PICTURE_FILES[format];
  const pathOf = (name: string) => (isFolder ? join(path, `${name}.${format}`) : path);
  const lock = await lockFiles(path, isFolder, shard);
  return {
    has: async (name, digest) => originIn(await startOf(pathOf(name))) === pictureOrigin(run, digest),
    add: async (name, digest, features) => {
      const options: FeaturesFileOptions = { half, exif, origin: pictureOrigin(run, digest) };
      await writeFileAtomic(pathOf(name), encode(features, options));
    },
    finish: async () => {},
    close: async () => lock.release(),
  };
}

function lockFiles(path: string, isFolder: boolean, shard: ShardPlace | undefined): Promise<Lock> {
  if (!isFolder) return lockFile(path);
  // Shards may fill one folder side by side.
  return shard ? lockFile(join(path, `shard-${shard.index}-of-${shard.count}`)) : lockFolder(path);
}

/** The first bytes of a file; none where there is no file. */
async function startOf(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return new Uint8Array();
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** What is there under the final name; undefined where that is no file of features. */
async function openPrevious(path: string): Promise<HlocFeatures | undefined> {
  try {
    return await HlocFeatures.open(path);
  } catch (error) {
    if (error instanceof FormatError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** All pictures in one file. */
class OneFile implements GrowingFeatures {
  readonly #path: string;
  readonly #run: FeaturesRun;
  readonly #lock: Lock;
  readonly #journal: Journal;
  readonly #previous: HlocFeatures | undefined;
  readonly #previousNames: ReadonlySet<string>;
  /** Where the features of each picture are. */
  readonly #found = new Map<string, 'previous' | 'journal'>();
  #isOpen = true;

  constructor(
    path: string,
    run: FeaturesRun,
    lock: Lock,
    journal: Journal,
    previous: HlocFeatures | undefined,
  ) {
    this.#path = path;
    this.#run = run;
    this.#lock = lock;
    this.#journal = journal;
    this.#previous = previous;
    this.#previousNames = new Set(previous?.names);
  }

  async has(name: string, digest: string): Promise<boolean> {
    const origin = pictureOrigin(this.#run, digest);
    if (this.#previousNames.has(name) && this.#previous?.origin(name) === origin) {
      this.#found.set(name, 'previous');
    } else if (this.#journal.origin(name) === origin) this.#found.set(name, 'journal');
    return this.#found.has(name);
  }

  async add(name: string, digest: string, features: Features): Promise<void> {
    const { half } = this.#run;
    this.#lock.check();
    const content = encodeFeaturesSafetensors(features, { half });
    await this.#journal.append(name, pictureOrigin(this.#run, digest), content);
    this.#found.set(name, 'journal');
  }

  async finish(names: readonly string[], failed: readonly string[]): Promise<void> {
    const { format, origin, exif, half, shard } = this.#run;
    const there = names.filter((name) => this.#found.has(name));
    const attributes: Record<string, string> = { exif, origin: JSON.stringify(storeOrigin(origin)) };
    if (shard) attributes.shard = JSON.stringify({ ...shard, failed });
    if (!this.#isAsItWas(there, attributes)) {
      if (format === 'hloc') await writeHlocFeatures(this.#path, this.#pictures(there), { half, attributes });
      else await writeFileAtomicFrom(this.#path, encodeFeaturesJson(this.#pictures(there), { exif }));
    }
    this.#isOpen = false;
    this.#previous?.close();
    await this.#journal.remove();
    this.#lock.release();
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#previous?.close();
    await this.#journal.close();
    this.#lock.release();
  }

  /** Whether the file under the final name is what would be written. */
  #isAsItWas(names: readonly string[], attributes: Readonly<Record<string, string>>): boolean {
    const previous = this.#previous;
    if (previous?.names.length !== names.length) return false;
    const texts = ['exif', 'origin', 'shard'].map((name) => [previous.attribute(name), attributes[name]]);
    return (
      texts.every(([before, now]) => before === now) &&
      names.every((name) => this.#found.get(name) === 'previous')
    );
  }

  async *#pictures(names: readonly string[]): AsyncGenerator<NamedFeatures> {
    for (const name of names) {
      const previous = this.#found.get(name) === 'previous' ? this.#previous : undefined;
      yield previous
        ? { name, features: previous.read(name), origin: previous.origin(name) }
        : {
            name,
            features: decodeFeaturesSafetensors(await this.#journal.read(name)),
            origin: this.#journal.origin(name),
          };
    }
  }
}
