/**
 * Matches in the HDF5 layout of hloc (Hierarchical-Localization): a group for each first picture and in it one for
 * each second, both names with `-` for `/`, holding `matches0` (N0), for each keypoint of the first picture the one
 * of the second or -1, and `matching_scores0` (N0) float32 in [0, 1]. For Node.
 */
import type { File, Group } from 'h5wasm/node';
import { FormatError } from '../files/format-error.js';
import type { Matches } from '../matching/matches.js';
import {
  type Hdf5,
  Hdf5File,
  makeGroups,
  readFloats,
  textAttribute,
  writeFloats,
  writeHdf5,
} from './hdf5.js';

/** The matches of two pictures as hloc has them. */
export interface HlocPair {
  /** [N0] the keypoint of the second picture that each of the first matches, or -1. */
  readonly matches0: Int32Array;
  /** [N0] how sure each match is, in [0, 1]; 0 where there is none. */
  readonly scores0: Float32Array;
}

/** The matches of two pictures, by the names of both. */
export interface NamedPair {
  readonly name0: string;
  readonly name1: string;
  readonly pair: HlocPair;
  /** A hash of all that they were made from. */
  readonly origin?: string;
}

const ORIGIN = 'origin';
/** Up to so many keypoints hloc's int16 tells apart. */
const INT16_KEYPOINTS = 2 ** 15;

/** The group of a pair. */
export const pairName = (name0: string, name1: string) =>
  `${name0.replaceAll('/', '-')}/${name1.replaceAll('/', '-')}`;

/** @param count0 keypoints of the first picture. */
export function hlocPair({ count, indices0, indices1, similarities }: Matches, count0: number): HlocPair {
  const matches0 = new Int32Array(count0).fill(-1);
  const scores0 = new Float32Array(count0);
  for (let m = 0; m < count; m++) {
    matches0[indices0[m]] = indices1[m];
    // as hloc's matcher of nearest neighbours has it
    scores0[indices0[m]] = (1 + similarities[m]) / 2;
  }
  return { matches0, scores0 };
}

/** The inverse of `hlocPair`. */
export function matchesOfPair({ matches0, scores0 }: HlocPair): Matches {
  const indices0 = Int32Array.from(matches0.keys()).filter((n) => matches0[n] >= 0);
  return {
    count: indices0.length,
    indices0,
    indices1: indices0.map((n) => matches0[n]),
    similarities: Float32Array.from(indices0, (n) => 2 * scores0[n] - 1),
  };
}

/**
 * Writes one HDF5 file with the matches of all pairs, whole or not at all.
 *
 * @param attributes texts about the whole file, by name.
 * @returns the number of pairs written.
 * @throws RangeError when two pairs have one group; an Error with the code ENOSPC when the disk is full;
 *   MissingPackageError without the package h5wasm.
 */
export async function writeHlocMatches(
  path: string,
  pairs: AsyncIterable<NamedPair> | Iterable<NamedPair>,
  attributes: Readonly<Record<string, string>> = {},
): Promise<number> {
  return writeHdf5(path, async (hdf5, file) => {
    const written = new Set<string>();
    for (const [name, text] of Object.entries(attributes)) file.create_attribute(name, text);
    for await (const each of pairs) {
      const name = pairName(each.name0, each.name1);
      if (written.has(name)) throw new RangeError(`two pairs would both be named "${name}"`);
      written.add(name);
      writePair(hdf5, file, name, each);
    }
    return written.size;
  });
}

function writePair(hdf5: Hdf5, file: File, name: string, { pair, origin }: NamedPair): void {
  const group = makeGroups(hdf5, file, name);
  const { matches0, scores0 } = pair;
  const shape = [matches0.length];
  const isShort = matches0.every((index) => index < INT16_KEYPOINTS);
  if (isShort) {
    group.create_dataset({ name: 'matches0', data: Int16Array.from(matches0), shape, dtype: '<h' });
  } else group.create_dataset({ name: 'matches0', data: matches0, shape, dtype: '<i' });
  writeFloats(group, 'matching_scores0', scores0, shape);
  if (origin !== undefined) group.create_attribute(ORIGIN, origin);
}

/** A file of matches, open for reading one pair or another. */
export class HlocMatches {
  /** The groups of its pairs. */
  readonly names: readonly string[];
  readonly #file: Hdf5File;
  readonly #known: ReadonlySet<string>;

  private constructor(file: Hdf5File) {
    this.#file = file;
    const { hdf5, root } = file;
    this.names = file.reading(() =>
      root.keys().flatMap((first) => {
        const group = root.get(first);
        return group instanceof hdf5.Group ? group.keys().map((second) => `${first}/${second}`) : [];
      }),
    );
    this.#known = new Set(this.names);
  }

  /** @throws FormatError when it is no HDF5 file; MissingPackageError without the package h5wasm. */
  static async open(path: string): Promise<HlocMatches> {
    const file = await Hdf5File.open(path);
    try {
      return new HlocMatches(file);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** A text about the whole file; undefined where there is none. */
  attribute(name: string): string | undefined {
    return this.#file.reading(() => textAttribute(this.#file.root, name));
  }

  /** What the matches of a pair were made from, where the file says so. */
  origin(name: string): string | undefined {
    return this.#file.reading(() => textAttribute(this.#group(name), ORIGIN));
  }

  /**
   * The matches of a pair.
   * @param name of its group: `pairName`.
   * @throws FormatError where there is none, it is incomplete, or its numbers can be no matches.
   */
  read(name: string): HlocPair {
    return this.#file.reading(() => {
      const group = this.#group(name);
      const [matches0, scores0] = ['matches0', 'matching_scores0'].map((key) => {
        const dataset = group.get(key);
        if (dataset instanceof this.#file.hdf5.Dataset) return readFloats(this.#file.hdf5, dataset);
        throw new FormatError(`pair ${name} lacks the dataset ${key}`);
      });
      checkNumbers(name, matches0, scores0);
      return { matches0: Int32Array.from(matches0), scores0 };
    });
  }

  close(): void {
    this.#file.close();
  }

  #group(name: string): Group {
    const group = this.#known.has(name) ? this.#file.root.get(name) : undefined;
    if (!(group instanceof this.#file.hdf5.Group)) {
      throw new FormatError(`expected matches of the pair ${name}, got none`);
    }
    return group;
  }
}

function checkNumbers(name: string, matches0: Float32Array, scores0: Float32Array): void {
  if (matches0.length !== scores0.length) {
    throw new FormatError(
      `pair ${name}: expected a score for each of ${matches0.length} keypoints, got ${scores0.length}`,
    );
  }
  const index = matches0.find((value) => !(Number.isInteger(value) && value >= -1));
  if (index !== undefined) {
    throw new FormatError(`pair ${name}: expected the number of a keypoint or -1, got ${index}`);
  }
  const score = scores0.find((value) => !Number.isFinite(value));
  if (score !== undefined) throw new FormatError(`pair ${name}: expected finite scores, got ${score}`);
}
