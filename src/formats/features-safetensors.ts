/** Features as safetensors files, which Python reads without copying. Pure: bytes in, bytes out, also in a browser. */
import type { Features } from '../features/features.js';
import { decodeSafetensors, encodeSafetensors } from '../files/safetensors.js';
import {
  type FeaturesFileOptions,
  featuresOfTensors,
  featuresTensors,
  HALF_ARRAYS,
} from './features-tensors.js';

/**
 * Features as a safetensors file: `keypoints` (N, 2) float32 x y, `scores` (N), `descriptors` (N, D) and
 * `image_size` (2) int32 width height; `exif` and `origin`, where they are given, among its metadata.
 */
export function encodeFeaturesSafetensors(
  features: Features,
  { half = false, exif, origin }: FeaturesFileOptions = {},
): Uint8Array {
  const metadata = {
    ...(exif === undefined ? {} : { exif }),
    ...(origin === undefined ? {} : { origin }),
  };
  return encodeSafetensors(featuresTensors(features), metadata, { half: half ? HALF_ARRAYS : false });
}

/**
 * Reads features as `encodeFeaturesSafetensors` writes them, of any float type.
 * @throws FormatError when it is no safetensors file, an array is missing or the shapes disagree.
 */
export function decodeFeaturesSafetensors(bytes: Uint8Array): Features {
  return featuresOfTensors(decodeSafetensors(bytes).tensors, 'features .safetensors');
}

/** The origin that a file states. @param start its first bytes, some thousand. @returns undefined for none. */
export function safetensorsOrigin(start: Uint8Array): string | undefined {
  try {
    const length = Number(new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(start.subarray(8, 8 + length)));
    return header.__metadata__?.origin;
  } catch {
    return undefined;
  }
}
