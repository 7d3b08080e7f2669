/**
 * The origin of what is kept: which settings and which inputs, each with its own origin, made it. A file that
 * says so is used again when it would come out the same, and never mixed with another. For Node.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { writeFileAtomic } from './atomic-file.js';
import { FormatError } from './format-error.js';
import { bytesOf, type StoredTensor } from './raw-numbers.js';

/**
 * What is kept, and the version of the program's part in it: raised when the same settings and inputs come
 * to mean something else (other batches, other labels), so that what was made before is not gone on with.
 */
const VERSIONS = {
  /** Labels by Homographic Adaptation. */
  adaptation: 1,
  /** The content of a labels file. */
  labels: 1,
  photographs: 1,
  /** A stage of training. */
  training: 1,
  /** The numbers of a network. */
  weights: 1,
  features: 1,
  /** Features of many pictures by one network. */
  detection: 1,
  /** Matches of pairs of pictures. */
  matching: 1,
  /** Points of a heatmap averaged over many views of one picture. */
  adapted: 1,
  /** Pairs made from photographs. */
  warps: 3,
} as const;

/** A kind of thing that is kept or read. */
export type OriginKind = keyof typeof VERSIONS;

/** Plain JSON; what is undefined is left out. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** What something was made from, all the way back. */
export interface Origin {
  readonly kind: OriginKind;
  readonly version: number;
  readonly settings: Readonly<Record<string, Json>>;
  /** By the part that they play: `start`, `labels` and so on. */
  readonly inputs: Readonly<Record<string, Origin>>;
  /** Of all the above, the inputs' hashes included: 32 hexadecimal digits. */
  readonly hash: string;
}

/** Something kept was made otherwise than what is wanted now; the message names what differs. */
export class OriginError extends Error {
  override readonly name = 'OriginError';
}

/** The origin of what the present program makes with these settings from these inputs. */
export function originOf(
  kind: OriginKind,
  settings: { readonly [key: string]: Json | undefined },
  inputs: Readonly<Record<string, Origin | undefined>> = {},
): Origin {
  const given = Object.entries(inputs).filter((entry): entry is [string, Origin] => entry[1] !== undefined);
  return sealed(kind, VERSIONS[kind], settings, Object.fromEntries(given));
}

function sealed(
  kind: OriginKind,
  version: number,
  given: { readonly [key: string]: Json | undefined },
  inputs: Origin['inputs'],
): Origin {
  const settings = ordered(given) as Origin['settings'];
  const hashes = Object.entries(inputs).map(([role, { hash }]) => [role, hash]);
  const text = JSON.stringify([kind, version, settings, hashes.sort()]);
  return { kind, version, settings, inputs, hash: digestOf(text) };
}

/** The same value with its keys in order and without what is undefined. */
function ordered(value: Json): Json {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as Readonly<Record<string, Json | undefined>>)
    .filter((entry): entry is [string, Json] => entry[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, ordered(each)]));
}

/** SHA-256, the first 32 hexadecimal digits. */
function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}

/** Stages by their hash, inputs before what is made from them; plain JSON. */
export interface StoredOrigin {
  readonly hash: string;
  readonly stages: readonly (Omit<Origin, 'inputs'> & {
    readonly inputs: Readonly<Record<string, string>>;
  })[];
}

/** An origin as plain JSON, in which each stage stands once, however often it is an input. */
export function storeOrigin(origin: Origin): StoredOrigin {
  const stages = new Map<string, StoredOrigin['stages'][number]>();
  const add = ({ inputs, ...stage }: Origin) => {
    if (stages.has(stage.hash)) return;
    for (const input of Object.values(inputs)) add(input);
    const hashes = Object.entries(inputs).map(([role, { hash }]) => [role, hash]);
    stages.set(stage.hash, { ...stage, inputs: Object.fromEntries(hashes) });
  };
  add(origin);
  return { hash: origin.hash, stages: [...stages.values()] };
}

/**
 * The inverse of `storeOrigin`.
 * @throws FormatError for anything else, a stage whose hash is not that of its content among it.
 */
export function restoreOrigin(stored: unknown): Origin {
  const { hash: last, stages } = (stored ?? {}) as Partial<StoredOrigin>;
  if (!Array.isArray(stages)) throw new FormatError('expected an origin with its stages, got none');
  const origins = new Map<string, Origin>();
  for (const stage of stages as unknown[]) {
    const { kind, version, settings, inputs, hash } = (stage ?? {}) as StoredOrigin['stages'][number];
    if (!Object.hasOwn(VERSIONS, kind ?? '') || !isRecord(settings) || !isRecord(inputs)) {
      throw new FormatError(`expected a stage of an origin, got one of kind ${kind ?? 'none'}`);
    }
    const made = Object.entries(inputs).map(([role, input]) => {
      const origin = origins.get(input);
      if (!origin) throw new FormatError(`the origin's stage ${hash} lacks its input ${role}`);
      return [role, origin] as const;
    });
    const origin = sealed(kind, version, settings, Object.fromEntries(made));
    if (origin.hash !== hash) throw new FormatError(`the origin's stage ${hash} was changed afterwards`);
    origins.set(hash, origin);
  }
  const origin = origins.get(last ?? '');
  if (!origin) throw new FormatError('the origin lacks its last stage');
  return origin;
}

const isRecord = (value: unknown): value is Record<string, never> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a file's metadata tell of its origin; undefined for files that tell nothing. @throws FormatError. */
export function originOfMetadata({ origin }: Readonly<Record<string, string>>): Origin | undefined {
  if (origin === undefined) return undefined;
  try {
    return restoreOrigin(JSON.parse(origin));
  } catch (error) {
    throw new FormatError(`metadata: ${(error as Error).message}`);
  }
}

/** Metadata that say where a file came from, for `originOfMetadata`. */
export const originMetadata = (origin: Origin) => ({ origin: JSON.stringify(storeOrigin(origin)) });

/** The key under which a digest of content stands among settings. */
const DIGEST = 'digest';

/** Named tensors as an input: a digest of their numbers, and what made them where that is known. */
export function weightsOrigin(tensors: Readonly<Record<string, StoredTensor>>, madeBy?: Origin): Origin {
  const hash = createHash('sha256');
  for (const [name, { dims, data }] of Object.entries(tensors).sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(JSON.stringify([name, dims])).update(bytesOf(data));
  }
  return originOf('weights', { [DIGEST]: hash.digest('hex').slice(0, 32) }, { madeBy });
}

/** The digest of a file's bytes, 32 hexadecimal digits. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex').slice(0, 32);
}

/** Photographs as an input: how many, and one digest of their names and their files' digests. */
export function photographsOrigin(photographs: readonly { file: string; digest: string }[]): Origin {
  const lines = photographs.map(({ file, digest }) => `${digest} ${file}`).sort();
  return originOf('photographs', { count: lines.length, [DIGEST]: digestOf(lines.join('\n')) });
}

/**
 * What differs between two origins, one phrase each: `seed 7 → 1`, `start.steps 100 → 200`. Where settings
 * explain that content differs, the digests of the content are left out.
 */
export function originDifferences(earlier: Origin, now: Origin): string[] {
  const all = compareOrigins(earlier, now, '', new Set());
  const settings = all.filter(({ isDigest }) => !isDigest);
  return (settings.length > 0 ? settings : all).map(({ phrase }) => phrase);
}

interface Difference {
  readonly phrase: string;
  readonly isDigest: boolean;
}

function compareOrigins(earlier: Origin, now: Origin, path: string, seen: Set<string>): Difference[] {
  const pair = `${earlier.hash} ${now.hash}`;
  if (earlier.hash === now.hash || seen.has(pair)) return [];
  seen.add(pair);
  const found: Difference[] = [];
  const differ = (name: string, from: Json | undefined, to: Json | undefined) => {
    const isDigest = name === DIGEST;
    found.push({ phrase: `${path}${name} ${worded(from)} → ${worded(to)}`, isDigest });
  };
  if (earlier.kind !== now.kind) differ('kind', earlier.kind, now.kind);
  if (earlier.version !== now.version) differ('data version', earlier.version, now.version);
  compareSettings(earlier.settings, now.settings, '', differ);
  for (const role of new Set([...Object.keys(earlier.inputs), ...Object.keys(now.inputs)])) {
    const [from, to] = [earlier.inputs[role], now.inputs[role]];
    // What made the weights is told by the names of its own settings: the chain may be long.
    const inner = role === 'madeBy' ? path : `${path}${role}.`;
    if (from && to) found.push(...compareOrigins(from, to, inner, seen));
    else differ(role, from && 'given', to && 'given');
  }
  return found;
}

function compareSettings(
  earlier: Json | undefined,
  now: Json | undefined,
  path: string,
  differ: (name: string, from: Json | undefined, to: Json | undefined) => void,
): void {
  if (isRecord(earlier) && isRecord(now)) {
    for (const key of new Set([...Object.keys(earlier), ...Object.keys(now)])) {
      compareSettings(earlier[key], now[key], path === '' ? key : `${path}.${key}`, differ);
    }
  } else if (JSON.stringify(earlier) !== JSON.stringify(now)) {
    differ(path, earlier, now);
  }
}

function worded(value: Json | undefined): string {
  if (value === undefined) return 'none';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** Differences that a message names. */
const NAMED_DIFFERENCES = 6;

/**
 * Refuses what was made otherwise.
 * @param what the file or folder.
 * @param earlier its origin; undefined where it does not say.
 * @throws OriginError that names what differs.
 */
export function requireSameOrigin(what: string, earlier: Origin | undefined, now: Origin): void {
  if (earlier?.hash === now.hash) return;
  const differences = earlier ? originDifferences(earlier, now) : [];
  const more = differences.length - NAMED_DIFFERENCES;
  const named = differences.slice(0, NAMED_DIFFERENCES).join(', ') + (more > 0 ? ` and ${more} more` : '');
  const reason = earlier ? `was made from other settings or inputs: ${named}` : 'does not say what made it';
  throw new OriginError(`${what} ${reason}; name another output, or overwrite it`);
}

/** Path of the JSON file beside a file (or in a folder, named without its end) that says what made it. */
export const originPath = (path: string) => `${path}.origin.json`;

/**
 * What is at `path`, if it was made from the same, else what `make` makes there. What it came to (plain JSON)
 * is kept with the origin in the file `originPath(path)`.
 *
 * @param path a file or folder; where it is gone it is made again.
 * @param make told whether something was made there before, whole or in part.
 */
export async function keptUnless<Result>(
  path: string,
  origin: Origin,
  make: (isThere: boolean) => Promise<Result>,
): Promise<Result> {
  const kept = await readKept(path);
  if (kept && 'result' in kept && restoredHash(kept) === origin.hash) return kept.result as Result;
  const record = { origin: storeOrigin(origin) };
  const write = (value: object) => writeFileAtomic(originPath(path), `${JSON.stringify(value, null, 1)}\n`);
  // First of all: half of what is made next must not pass for what was there before.
  await write(record);
  const result = await make(kept !== undefined);
  await write({ ...record, result });
  return result;
}

/** What lies beside something; undefined where one of the two is missing, or it is no JSON. */
async function readKept(path: string): Promise<{ origin?: unknown; result?: unknown } | undefined> {
  try {
    await access(path);
    const kept: unknown = JSON.parse(await readFile(originPath(path), 'utf8'));
    return isRecord(kept) ? kept : undefined;
  } catch {
    return undefined;
  }
}

function restoredHash({ origin }: { origin?: unknown }): string | undefined {
  try {
    return restoreOrigin(origin).hash;
  } catch {
    return undefined;
  }
}
