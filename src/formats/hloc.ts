/**
 * Features in the HDF5 layout of hloc (Hierarchical-Localization): one group per picture, named by its
 * path with forward slashes, holding `keypoints` (N, 2) float32 x y, `scores` (N), `descriptors` (D, N)
 * and `image_size` (2) width height. hloc's keypoints count from pixel centres, as ours. For Node.
 */
import type { File, Group } from 'h5wasm/node';
import type { Features } from '../features/features.js';
import { FormatError } from '../files/format-error.js';
import { checkFeatures } from './check-features.js';
import type { NamedFeatures } from './features-json.js';
import {
  type Hdf5,
  Hdf5File,
  makeGroups,
  readFloats,
  textAttribute,
  writeFloats,
  writeHdf5,
} from './hdf5.js';

/** hloc's figure for SuperPoint: the standard deviation, in pixels, that its verification allows a keypoint. */
const DETECTION_NOISE = 2;
/** What the group of a picture holds. */
const DATASETS = ['keypoints', 'scores', 'descriptors', 'image_size'];

export interface HlocOptions {
  /** Descriptors to five decimals, in about 16 bits each by HDF5's scale-offset filter. @default false */
  readonly half?: boolean;
  /** Texts about the whole file, by name: HDF5 attributes of its root. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/**
 * Writes one HDF5 file with the features of all pictures, whole or not at all; one picture at a time is
 * held in memory.
 *
 * @returns the number of pictures written.
 * @throws RangeError when two pictures have one name or a name is not a relative path; an Error with the code
 *   ENOSPC when the disk is full; MissingPackageError without the package h5wasm.
 */
export async function writeHlocFeatures(
  path: string,
  pictures: AsyncIterable<NamedFeatures> | Iterable<NamedFeatures>,
  { half = false, attributes = {} }: HlocOptions = {},
): Promise<number> {
  return writeHdf5(path, async (hdf5, file) => {
    const names = new Set<string>();
    for (const [name, text] of Object.entries(attributes)) file.create_attribute(name, text);
    for await (const picture of pictures) {
      checkName(picture.name, names);
      writePicture(hdf5, file, picture, half);
    }
    return names.size;
  });
}

/**
 * Reads the features of one picture after the other, of any float type (hloc's `as_half` too).
 *
 * @throws FormatError when the file is no HDF5 file or a picture in it is incomplete; LibraryBrokenError after
 *   some damaged files; MissingPackageError without the package h5wasm.
 */
export async function* readHlocFeatures(path: string): AsyncGenerator<NamedFeatures> {
  const file = await HlocFeatures.open(path);
  try {
    for (const name of file.names) yield { name, features: file.read(name) };
  } finally {
    file.close();
  }
}

/** A file of features, open for reading one picture or another. */
export class HlocFeatures {
  /** The names of its pictures. */
  readonly names: readonly string[];
  readonly #file: Hdf5File;

  private constructor(file: Hdf5File) {
    this.#file = file;
    this.names = file.reading(() => [...pictureNames(file.hdf5, file.root, '')]);
  }

  /** @throws as `readHlocFeatures`. */
  static async open(path: string): Promise<HlocFeatures> {
    const file = await Hdf5File.open(path);
    try {
      return new HlocFeatures(file);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** A text about the whole file; undefined where there is none. */
  attribute(name: string): string | undefined {
    return this.#file.reading(() => textAttribute(this.#file.root, name));
  }

  /** What the features of a picture were made from, where the file says so. @throws RangeError for no picture's name. */
  origin(name: string): string | undefined {
    return this.#file.reading(() => textAttribute(this.#group(name), ORIGIN));
  }

  /** The features of a picture. @throws RangeError for no picture's name; FormatError where it is incomplete. */
  read(name: string): Features {
    return this.#file.reading(() => readPicture(this.#file.hdf5, this.#group(name), name));
  }

  close(): void {
    this.#file.close();
  }

  #group(name: string): Group {
    const group = this.#file.root.get(name);
    if (!(group instanceof this.#file.hdf5.Group)) {
      throw new FormatError(`expected features of the picture ${name}, got none`);
    }
    return group;
  }
}

/** The attribute of a picture's group that says what it was made from. */
const ORIGIN = 'origin';

function checkName(name: string, names: Set<string>): void {
  if (name.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    throw new RangeError(`expected a relative path without . and .. as the picture's name, got "${name}"`);
  }
  if (names.has(name)) throw new RangeError(`two pictures are named "${name}"`);
  names.add(name);
}

function writePicture(
  hdf5: Hdf5,
  file: File,
  { name, features, origin }: NamedFeatures,
  half: boolean,
): void {
  const { width, height, count, keypoints, scores, descriptors, descriptorDim } = features;
  const group = makeGroups(hdf5, file, name);
  const taken = group.keys().find((key) => DATASETS.includes(key));
  if (taken !== undefined) throw new RangeError(`"${name}" is a folder of pictures already`);
  if (origin !== undefined) group.create_attribute(ORIGIN, origin);
  const points = group.create_dataset({ name: 'keypoints', data: keypoints, shape: [count, 2], dtype: '<f' });
  points.create_attribute('uncertainty', DETECTION_NOISE, [], '<d');
  writeFloats(group, 'scores', scores, [count]);
  const columns = transpose(descriptors, count, descriptorDim);
  writeFloats(group, 'descriptors', columns, [descriptorDim, count], half);
  const size = new BigInt64Array([BigInt(width), BigInt(height)]);
  group.create_dataset({ name: 'image_size', data: size, shape: [2], dtype: '<q' });
}

function* pictureNames(hdf5: Hdf5, group: Group, name: string): Generator<string> {
  // A group of that name is a folder of pictures.
  const keys = group.keys();
  if (keys.includes('keypoints') && group.get('keypoints') instanceof hdf5.Dataset) yield name;
  for (const key of keys) {
    const child = group.get(key);
    if (child instanceof hdf5.Group) yield* pictureNames(hdf5, child, name === '' ? key : `${name}/${key}`);
  }
}

function readPicture(hdf5: Hdf5, group: Group, name: string): Features {
  const [keypoints, scores, descriptors, size] = DATASETS.map((key) => {
    const dataset = group.get(key);
    if (!(dataset instanceof hdf5.Dataset)) throw new FormatError(`picture ${name} lacks the dataset ${key}`);
    return { dims: dataset.shape ?? [], data: readFloats(hdf5, dataset) };
  });
  const count = scores.data.length;
  const descriptorDim = descriptors.dims[0];
  if (keypoints.data.length !== 2 * count || descriptors.dims[1] !== count || size.data.length !== 2) {
    throw new FormatError(
      `picture ${name}: keypoints (${keypoints.dims}), scores (${scores.dims}), descriptors ` +
        `(${descriptors.dims}) and image_size (${size.dims}) disagree; expected (N,2), (N), (D,N) and (2)`,
    );
  }
  const features = {
    width: size.data[0],
    height: size.data[1],
    count,
    keypoints: keypoints.data,
    scores: scores.data,
    descriptors: transpose(descriptors.data, descriptorDim, count),
    descriptorDim,
  };
  return checkFeatures(features, `picture ${name}`);
}

/** [rows, columns] to [columns, rows]. */
function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const transposed = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      transposed[column * rows + row] = values[row * columns + column];
    }
  }
  return transposed;
}
