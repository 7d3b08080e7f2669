/**
 * Features of many pictures on their way into files: kept as they come, so that an interrupted run is gone on with,
 * and not made again where a file has them of the same origin. For Node.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ShardPlace } from '../adaptation/shard.js';
import type { Features } from '../features/features.js';
import { writeFileAtomic, writeFileAtomicFrom } from '../files/atomic-file.js';
import { type Lock, lockFile, lockFolder } from '../files/lock.js';
import { type Origin, originMetadata, originOf } from '../files/origin.js';
import { encodeFeaturesJson, type NamedFeatures } from './features-json.js';
import { encodeFeaturesNpz, npzOrigin } from './features-npz.js';
import {
  decodeFeaturesSafetensors,
  encodeFeaturesSafetensors,
  safetensorsOrigin,
} from './features-safetensors.js';
import type { FeaturesFileOptions } from './features-tensors.js';
import { type FileKind, GrowingFile, ifThere, type Made } from './growing-file.js';
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
  const { format, exif, shard } = run;
  const file = await GrowingFile.open(path, format === 'hloc' ? hlocKind(run.half) : jsonKind(exif));
  return {
    has: async (name, digest) => file.has(name, pictureOrigin(run, digest)),
    add: (name, digest, features) => file.add(name, pictureOrigin(run, digest), features),
    finish: (names, failed) => {
      const attributes: Record<string, string> = { exif, ...originMetadata(run.origin) };
      if (shard) attributes.shard = JSON.stringify({ ...shard, failed });
      return file.finish(names, attributes);
    },
    close: () => file.close(),
  };
}

/** Files of features for hloc. */
export function hlocKind(half: boolean): FileKind<Features> {
  return {
    open: (path) => ifThere(HlocFeatures.open(path)),
    write: (path, things, attributes) => writeHlocFeatures(path, pictures(things), { half, attributes }),
    encode: encodeFeaturesSafetensors,
    decode: decodeFeaturesSafetensors,
  };
}

function jsonKind(exif: 'apply' | 'ignore'): FileKind<Features> {
  return {
    open: async () => undefined,
    write: (path, things) => writeFileAtomicFrom(path, encodeFeaturesJson(pictures(things), { exif })),
    encode: encodeFeaturesSafetensors,
    decode: decodeFeaturesSafetensors,
  };
}

async function* pictures(things: AsyncIterable<Made<Features>>): AsyncGenerator<NamedFeatures> {
  for await (const { name, value, origin } of things) yield { name, features: value, origin };
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
