/** Small features by hand. */
import type { Features } from '../../src/features/features.js';

/** Features of a 100x100 picture from rows of x, y and a descriptor; scores fall from row to row. */
export function featuresOf(rows: readonly (readonly [number, number, ...number[]])[], dim = 2): Features {
  return {
    width: 100,
    height: 100,
    count: rows.length,
    keypoints: Float32Array.from(rows.flatMap((row) => row.slice(0, 2))),
    scores: Float32Array.from(rows, (_, n) => 1 - n / (rows.length + 1)),
    descriptors: Float32Array.from(rows.flatMap(([, , ...descriptor]) => descriptor)),
    descriptorDim: dim,
  };
}
