/** Features as NumPy's `.npz` files. Pure: bytes in, bytes out, also in a browser. */
import type { Features } from '../features/features.js';
import { FormatError } from '../files/format-error.js';
import { decodeNpz, encodeNpz } from '../files/npz.js';
import { checkFeatures } from './check-features.js';

/**
 * Features as a `.npz` file: `keypoints` (N, 2) float32 x y, `scores` (N), `descriptors` (N, D) and
 * `image_size` (2) int32 width height.
 */
export function encodeFeaturesNpz(features: Features): Uint8Array {
  const { width, height, count, keypoints, scores, descriptors, descriptorDim } = features;
  return encodeNpz({
    keypoints: { dims: [count, 2], data: keypoints },
    scores: { dims: [count], data: scores },
    descriptors: { dims: [count, descriptorDim], data: descriptors },
    image_size: { dims: [2], data: new Int32Array([width, height]) },
  });
}

/**
 * Reads features as `encodeFeaturesNpz` writes them, of any float type.
 *
 * @throws FormatError when an array is missing or the shapes disagree.
 */
export function decodeFeaturesNpz(bytes: Uint8Array): Features {
  const arrays = decodeNpz(bytes);
  const [keypoints, scores, descriptors, size] = ['keypoints', 'scores', 'descriptors', 'image_size'].map(
    (name) => {
      const array = arrays[name];
      if (!array) throw new FormatError(`features .npz lacks the array ${name}`);
      return array;
    },
  );
  const count = scores.data.length;
  const descriptorDim = descriptors.dims[1];
  if (keypoints.data.length !== 2 * count || descriptors.dims[0] !== count || size.data.length !== 2) {
    throw new FormatError(
      `features .npz: keypoints (${keypoints.dims}), scores (${scores.dims}) and descriptors ` +
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
  return checkFeatures(features, 'features .npz');
}
