/** Chosen points out of many. */
import type { Features } from './features.js';

/**
 * The rows of `values` [N, width] at `indices`, in that order.
 * @param picked where they go, [indices.length, width]. @default floats of 32 bits
 */
export function pickRows<T extends Float32Array | Float64Array = Float32Array>(
  values: ArrayLike<number>,
  width: number,
  indices: ArrayLike<number>,
  picked = new Float32Array(width * indices.length) as T,
): T {
  for (let n = 0; n < indices.length; n++) {
    for (let c = 0; c < width; c++) picked[n * width + c] = values[indices[n] * width + c];
  }
  return picked;
}

/** The features at `indices`, in that order. */
export function pickFeatures(features: Features, indices: ArrayLike<number>): Features {
  const { keypoints, scores, descriptors, descriptorDim } = features;
  return {
    ...features,
    count: indices.length,
    keypoints: pickRows(keypoints, 2, indices),
    scores: pickRows(scores, 1, indices),
    descriptors: pickRows(descriptors, descriptorDim, indices),
  };
}
