/** What any file of features must hold. */
import type { Features } from '../features/features.js';
import { FormatError } from '../files/format-error.js';

/** The same features. @throws FormatError for a size that is none, or keypoints or scores that are no numbers. */
export function checkFeatures(features: Features, name: string): Features {
  const { width, height, keypoints, scores } = features;
  if (![width, height].every((side) => Number.isSafeInteger(side) && side > 0)) {
    throw new FormatError(`${name}: expected a width and height in whole pixels, got ${width}x${height}`);
  }
  for (const [kind, values] of Object.entries({ keypoints, scores, descriptors: features.descriptors })) {
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0)
      throw new FormatError(`${name}: expected ${kind} to be finite numbers, got ${values[wrong]}`);
  }
  return features;
}
