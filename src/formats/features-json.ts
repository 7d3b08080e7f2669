/** Features as JSON text, for people and for programs without an HDF5 or NumPy reader. */
import type { Features } from '../features/features.js';
import { FormatError } from '../files/format-error.js';
import { checkFeatures } from './check-features.js';

/** The JSON form of one picture's features. */
interface FeaturesJson {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly exif?: 'apply' | 'ignore';
  readonly keypoints: number[][];
  readonly scores: number[];
  readonly descriptors: number[][];
}

/** Features with the name of their picture. */
export interface NamedFeatures {
  readonly name: string;
  readonly features: Features;
  /** A hash of all that they were made from. */
  readonly origin?: string;
}

/**
 * The text of a JSON file, piece by piece: an array with one object per picture,
 * `{name, width, height, keypoints: [[x, y], …], scores: […], descriptors: [[D numbers], …]}`. Numbers
 * carry as many digits as give the same float32 back.
 *
 * @param exif whether the pictures were turned as their EXIF says; written down where it is given.
 */
export async function* encodeFeaturesJson(
  pictures: AsyncIterable<NamedFeatures> | Iterable<NamedFeatures>,
  { exif }: { exif?: 'apply' | 'ignore' } = {},
): AsyncGenerator<string> {
  let separator = '[\n';
  for await (const { name, features } of pictures) {
    const { width, height, keypoints, scores, descriptors, descriptorDim } = features;
    const entry: FeaturesJson = {
      name,
      width,
      height,
      ...(exif === undefined ? {} : { exif }),
      keypoints: rows(keypoints, 2),
      scores: Array.from(scores, shortest),
      descriptors: rows(descriptors, descriptorDim),
    };
    yield separator + JSON.stringify(entry);
    separator = ',\n';
  }
  yield separator === ',\n' ? '\n]\n' : '[]\n';
}

/**
 * Reads the text that `encodeFeaturesJson` makes.
 *
 * @throws FormatError when the text is not such a file.
 */
export function decodeFeaturesJson(text: string): NamedFeatures[] {
  let pictures: unknown;
  try {
    pictures = JSON.parse(text);
  } catch {
    throw new FormatError('not a features file: the text is not JSON');
  }
  if (!Array.isArray(pictures)) throw new FormatError('not a features file: expected an array of pictures');
  return pictures.map((picture: Partial<FeaturesJson> | null, position) => {
    const { name, width, height, keypoints, scores, descriptors } = picture ?? {};
    if (typeof name !== 'string' || typeof width !== 'number' || typeof height !== 'number') {
      throw new FormatError(`features file: picture ${position} lacks its name, width or height`);
    }
    const count = scores?.length ?? -1;
    const descriptorDim = descriptors?.[0]?.length ?? 0;
    if (!isTable(keypoints, count, 2) || !isTable(descriptors, count, descriptorDim)) {
      throw new FormatError(`features file: keypoints, scores and descriptors of ${name} disagree in length`);
    }
    const features: Features = {
      width,
      height,
      count,
      keypoints: Float32Array.from(keypoints.flat()),
      scores: Float32Array.from(scores ?? []),
      descriptors: Float32Array.from(descriptors.flat()),
      descriptorDim,
    };
    return { name, features: checkFeatures(features, `features file: picture ${name}`) };
  });
}

function isTable(value: unknown, count: number, columns: number): value is number[][] {
  return (
    Array.isArray(value) &&
    value.length === count &&
    value.every((row) => Array.isArray(row) && row.length === columns)
  );
}

function rows(values: Float32Array, columns: number): number[][] {
  const table: number[][] = [];
  for (let start = 0; start < values.length; start += columns) {
    table.push(Array.from(values.subarray(start, start + columns), shortest));
  }
  return table;
}

/** The number with the fewest digits (at most 9) that rounds to the same float32. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}
