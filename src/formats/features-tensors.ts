/** Features as named arrays, the content of `.npz` and safetensors files. */
import type { Features } from '../features/features.js';
import { FormatError } from '../files/format-error.js';
import type { StoredTensor } from '../files/raw-numbers.js';
import { checkFeatures } from './check-features.js';

/** How features are written into a file of their own. */
export interface FeaturesFileOptions {
  /** Scores and descriptors in 16 bits, to the nearest; keypoints stay in 32. @default false */
  readonly half?: boolean;
  /** Whether the picture was turned as its EXIF says before it was looked at; written down where it is given. */
  readonly exif?: 'apply' | 'ignore';
  /** A hash of all that the features were made from; written down where it is given. */
  readonly origin?: string;
}

/** The arrays that `half` makes smaller. A keypoint of 16 bits would be off by a pixel in a large picture. */
export const HALF_ARRAYS = ['scores', 'descriptors'];

const ARRAYS = ['keypoints', 'scores', 'descriptors', 'image_size'];

/** `keypoints` (N, 2) x y, `scores` (N), `descriptors` (N, D) and `image_size` (2) int32 width height. */
export function featuresTensors(features: Features): Record<string, StoredTensor> {
  const { width, height, count, keypoints, scores, descriptors, descriptorDim } = features;
  return {
    keypoints: { dims: [count, 2], data: keypoints },
    scores: { dims: [count], data: scores },
    descriptors: { dims: [count, descriptorDim], data: descriptors },
    image_size: { dims: [2], data: new Int32Array([width, height]) },
  };
}

/**
 * The inverse of `featuresTensors`, of any float type.
 * @param what names the file in messages.
 * @throws FormatError when an array is missing or the shapes disagree.
 */
export function featuresOfTensors(arrays: Readonly<Record<string, StoredTensor>>, what: string): Features {
  const [keypoints, scores, descriptors, size] = ARRAYS.map((name) => {
    const array = arrays[name];
    if (!array) throw new FormatError(`${what} lacks the array ${name}`);
    return array;
  });
  const count = scores.data.length;
  const descriptorDim = descriptors.dims[1];
  if (keypoints.data.length !== 2 * count || descriptors.dims[0] !== count || size.data.length !== 2) {
    throw new FormatError(
      `${what}: keypoints (${keypoints.dims}), scores (${scores.dims}) and descriptors ` +
        `(${descriptors.dims}) disagree; expected (N,2), (N) and (N,D)`,
    );
  }
  const features = {
    width: Number(size.data[0]),
    height: Number(size.data[1]),
    count,
    keypoints: Float32Array.from(keypoints.data, Number),
    scores: Float32Array.from(scores.data, Number),
    descriptors: Float32Array.from(descriptors.data, Number),
    descriptorDim,
  };
  return checkFeatures(features, what);
}
