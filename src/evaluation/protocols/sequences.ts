/**
 * Image sequences with known homographies in the layout of HPatches: `<sequence>/{1..6}.<image>` and
 * `H_1_k`, which maps points of picture 1 to picture k in pixels of the original files. For Node.
 */

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FormatError } from '../../files/format-error.js';
import { type Homography, identityHomography, invertHomography } from '../../geometry/homography.js';
import { readImage } from '../../image/codec.js';
import type { GrayImage } from '../../image/image.js';
import { countProgress, type OnProgress } from '../../progress.js';
import type { Size } from '../metrics/detection-metrics.js';
import { type Category, parseCategory } from './category.js';

/**
 * Beside the sequences: an object from the name of a sequence (`graf`), or of one picture of it (`graf/3`),
 * to what changes there: `illumination`, `viewpoint` or any other word, or a `Change`. Without it, names with
 * `i_` and `v_` speak for themselves.
 */
export const CATEGORIES_FILE = 'categories.json';
const IMAGE_NAME = /^(\d+)\.(ppm|pgm|pnm|png|jpe?g|webp|tiff?|avif)$/i;
const HOMOGRAPHY_NAME = /^H_1_(\d+)$/;

/** A picture of a sequence. */
export interface SequenceImage extends Size {
  /** Path below the folder of sequences, with forward slashes: its name in feature files. */
  readonly name: string;
  /** 1 for the reference. */
  readonly number: number;
  /** What changes from picture 1 to this one. */
  readonly category: Category;
  /** From picture 1 to this one, in pixels of the original files; the identity for picture 1 itself. */
  readonly H_1toThis: Homography;
  /** Are its values spread over black to white as it is read? */
  readonly stretch?: boolean;
}

/** A whole sequence: picture 1 and all the others with their homographies. */
export interface Sequence {
  readonly name: string;
  /** By ascending number; the first is the reference. */
  readonly images: readonly SequenceImage[];
}

/** A sequence that cannot be used, and why. */
export interface SkippedSequence {
  readonly name: string;
  readonly reason: string;
}

/** All sequences of a folder. */
export interface SequenceSet {
  readonly folder: string;
  readonly sequences: readonly Sequence[];
  readonly skipped: readonly SkippedSequence[];
  /** SHA-256 over the bytes of all pictures and homographies used, and their names. */
  readonly hash: string;
}

/** Pairs of a set: picture 1 with each other one of its sequence. */
export function countPairs(sequences: readonly Sequence[]): number {
  return sequences.reduce((sum, { images }) => sum + images.length - 1, 0);
}

/** Decodes a picture of a set. */
export function readSequenceImage(folder: string, { name, stretch }: SequenceImage): Promise<GrayImage> {
  return readImage(join(folder, name), { stretch });
}

/** How a folder of sequences is read. */
export interface SequenceOptions {
  /** JSON file of what changes in each sequence or picture. @default categories.json in the folder */
  readonly categories?: string;
  /** Spread each picture's values over black to white. @default false */
  readonly stretch?: boolean;
  readonly onProgress?: OnProgress;
}

/**
 * Looks through a folder of sequences. Each picture is decoded once, so that what cannot be read is known
 * before hours of work; one picture at a time is held. A sequence with anything missing or broken is
 * skipped as a whole and named, because a figure over part of its pairs compares with nothing.
 *
 * @throws FormatError when the folder holds no usable sequence or its categories are not readable.
 */
export async function readSequences(
  folder: string,
  { categories, stretch, onProgress }: SequenceOptions = {},
): Promise<SequenceSet> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .sort();
  const categoryOf = await readCategories(
    categories ?? join(folder, CATEGORIES_FILE),
    categories !== undefined,
  );
  const hash = createHash('sha256');
  const sequences: Sequence[] = [];
  const skipped: SkippedSequence[] = [];
  const next = countProgress(onProgress, 'sequences', { of: names.length });
  for (const name of names) {
    try {
      const { images, digest } = await readSequence(folder, name, categoryOf);
      sequences.push({ name, images: stretch ? images.map((image) => ({ ...image, stretch })) : images });
      hash.update(`${name}\0${digest}\0`);
    } catch (error) {
      skipped.push({ name, reason: reasonOf(error, join(folder, name)) });
    }
    next();
  }
  if (sequences.length === 0) {
    const first = skipped[0];
    throw new FormatError(
      `${folder}: no usable sequence, expected folders with 1.png, 2.png … and H_1_2 …` +
        (first ? ` (${first.name}: ${first.reason})` : ''),
    );
  }
  if (stretch) hash.update('stretch');
  return { folder, sequences, skipped, hash: hash.digest('hex') };
}

function reasonOf(error: unknown, path: string): string {
  const message = error instanceof Error ? error.message.split('\n')[0] : String(error);
  return message.replaceAll(`${path}/`, '');
}

async function readSequence(
  folder: string,
  name: string,
  categoryOf: CategoryOf,
): Promise<{ images: SequenceImage[]; digest: string }> {
  const files = (await readdir(join(folder, name))).sort();
  const pictures = numbered(files, IMAGE_NAME);
  const homographies = numbered(files, HOMOGRAPHY_NAME);
  if (!pictures.has(1)) throw new FormatError('no picture 1 (1.png, 1.ppm …)');
  if (pictures.size < 2) throw new FormatError('only picture 1, expected at least a second one');
  for (const number of homographies.keys()) {
    if (!pictures.has(number)) throw new FormatError(`H_1_${number} without picture ${number}`);
  }
  const hash = createHash('sha256');
  const images: SequenceImage[] = [];
  for (const [number, file] of [...pictures].sort(([a], [b]) => a - b)) {
    let H_1toThis = identityHomography();
    if (number !== 1) {
      const homographyFile = homographies.get(number);
      if (homographyFile === undefined) throw new FormatError(`H_1_${number} is missing`);
      const text = await readFile(join(folder, name, homographyFile), 'utf8');
      H_1toThis = parseHomography(text, homographyFile);
      hash.update(text);
    }
    const bytes = await readFile(join(folder, name, file));
    hash.update(bytes);
    const { width, height } = await readImage(new File([bytes], file));
    const category = categoryOf(name, number);
    images.push({ name: `${name}/${file}`, number, category, width, height, H_1toThis });
  }
  return { images, digest: hash.digest('hex') };
}

function numbered(files: readonly string[], pattern: RegExp): Map<number, string> {
  const byNumber = new Map<number, string>();
  for (const file of files) {
    const number = Number(pattern.exec(file)?.[1] ?? Number.NaN);
    if (Number.isNaN(number)) continue;
    const other = byNumber.get(number);
    if (other !== undefined) throw new FormatError(`both ${other} and ${file}: expected one of them`);
    byNumber.set(number, file);
  }
  return byNumber;
}

/**
 * Nine numbers separated by white space, row by row.
 * @throws FormatError when there are not nine finite ones, or the matrix is singular.
 */
export function parseHomography(text: string, name: string): Homography {
  const numbers = text
    .trim()
    .split(/[\s,]+/)
    .map(Number);
  if (numbers.length !== 9 || !numbers.every(Number.isFinite)) {
    throw new FormatError(`${name} does not hold nine numbers`);
  }
  const homography = Float64Array.from(numbers);
  try {
    invertHomography(homography);
  } catch {
    throw new FormatError(`${name} is singular`);
  }
  return homography;
}

type CategoryOf = (sequence: string, number: number) => Category;

async function readCategories(path: string, isRequired: boolean): Promise<CategoryOf> {
  let listed: unknown = {};
  try {
    listed = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw new FormatError(`${path} is not JSON`);
    if (code !== 'ENOENT' || isRequired) throw error;
  }
  const byName = new Map<string, Category>();
  for (const [name, value] of Object.entries((listed ?? {}) as Record<string, unknown>)) {
    const category = parseCategory(value);
    if (category === undefined) {
      throw new FormatError(
        `${path}: expected a word such as "viewpoint" or a change such as {"kind":"blur","sigma":2} as the ` +
          `category of ${name}, got ${JSON.stringify(value)}`,
      );
    }
    byName.set(name, category);
  }
  return (sequence, number) => {
    const given = byName.get(`${sequence}/${number}`) ?? byName.get(sequence);
    if (given !== undefined) return given;
    if (sequence.startsWith('i_')) return { kind: 'named', name: 'illumination' };
    return { kind: 'named', name: sequence.startsWith('v_') ? 'viewpoint' : 'other' };
  };
}
