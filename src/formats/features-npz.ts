/** Features as NumPy's `.npz` files. Pure: bytes in, bytes out, also in a browser. */
import type { Features } from '../features/features.js';
import { decodeNpy, decodeNpz, encodeNpz } from '../files/npz.js';
import type { StoredTensor } from '../files/raw-numbers.js';
import {
  type FeaturesFileOptions,
  featuresOfTensors,
  featuresTensors,
  HALF_ARRAYS,
} from './features-tensors.js';

/** Where the name of the first file stands in a zip archive. */
const ZIP_NAME = 30;
const ORIGIN = 'origin.npy';

/**
 * Features as a `.npz` file: `keypoints` (N, 2) float32 x y, `scores` (N), `descriptors` (N, D) and
 * `image_size` (2) int32 width height; where they are given, `exif_applied` (1 or 0) and `origin`, the letters of
 * a text as uint8.
 */
export function encodeFeaturesNpz(
  features: Features,
  { half = false, exif, origin }: FeaturesFileOptions = {},
): Uint8Array {
  // The origin comes first: it is found there without reading the rest.
  const arrays: Record<string, StoredTensor> = {};
  if (origin !== undefined) {
    const letters = new TextEncoder().encode(origin);
    arrays.origin = { dims: [letters.length], data: letters };
  }
  if (exif !== undefined) arrays.exif_applied = { dims: [], data: Uint8Array.of(exif === 'apply' ? 1 : 0) };
  return encodeNpz({ ...arrays, ...featuresTensors(features) }, { half: half ? HALF_ARRAYS : [] });
}

/**
 * Reads features as `encodeFeaturesNpz` writes them, of any float type.
 *
 * @throws FormatError when an array is missing or the shapes disagree.
 */
export function decodeFeaturesNpz(bytes: Uint8Array): Features {
  return featuresOfTensors(decodeNpz(bytes), 'features .npz');
}

/** The origin that a file states. @param start its first bytes, some thousand. @returns undefined for none. */
export function npzOrigin(start: Uint8Array): string | undefined {
  const name = new TextDecoder().decode(start.subarray(ZIP_NAME, ZIP_NAME + ORIGIN.length));
  if (name !== ORIGIN) return undefined;
  const extra = start[28] + 256 * start[29];
  const { data } = decodeNpy(start.subarray(ZIP_NAME + ORIGIN.length + extra));
  return new TextDecoder().decode(data as Uint8Array);
}
