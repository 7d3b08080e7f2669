/**
 * Matches between descriptors of any method by the matcher that ships, so that it is what is measured. It
 * compares rows of length 1 by their product; rows of other lengths are brought to it first.
 */
import type { Features } from '../../features/features.js';
import { mutualMatches } from '../../matching/mutual-matches.js';
import { nearestNeighbours } from '../../matching/nearest-neighbours.js';
import type { PairMatches } from '../metrics/matching-metrics.js';

/**
 * What `matchFeatures` makes of a pair of pictures, and the nearest neighbours that it comes from.
 * @throws RangeError for descriptors of different lengths, not finite, or none.
 */
export async function matchPair(features0: Features, features1: Features): Promise<PairMatches> {
  const descriptorDim = Math.max(features0.descriptorDim, features1.descriptorDim, 1);
  const [neighbours0, neighbours1] = await nearestNeighbours(
    unitRows(features0, descriptorDim),
    unitRows(features1, descriptorDim),
  );
  return { neighbours0, mutual: mutualMatches(neighbours0, neighbours1) };
}

/** @param descriptorDim for a picture without keypoints, whose descriptors may have no length. */
function unitRows(features: Features, descriptorDim: number): Features {
  if (features.count === 0) return { ...features, descriptors: new Float32Array(), descriptorDim };
  return isBinary(features.descriptors) ? signsAsUnits(features) : normalised(features);
}

function isBinary(descriptors: Float32Array): boolean {
  return descriptors.length > 0 && descriptors.every((value) => value === 1 || value === -1);
}

function normalised({ descriptors, ...features }: Features): Features {
  const dim = features.descriptorDim;
  const units = new Float32Array(descriptors.length);
  for (let row = 0; row < descriptors.length; row += dim) {
    let squared = 0;
    for (let n = row; n < row + dim; n++) squared += descriptors[n] ** 2;
    const norm = Math.sqrt(squared) || 1;
    for (let n = row; n < row + dim; n++) units[n] = descriptors[n] / norm;
  }
  return { ...features, descriptors: units };
}

/**
 * Rows of ±1 with ones behind them up to a power of four, and all divided by its root, a power of two. So
 * products are exact, whatever their order, and equal Hamming distances stay equal.
 */
function signsAsUnits({ descriptors, ...features }: Features): Features {
  const { count, descriptorDim: bits } = features;
  const root = 2 ** Math.ceil(Math.log2(bits) / 2);
  const dim = root * root;
  const units = new Float32Array(count * dim).fill(1 / root);
  for (let row = 0; row < count; row++) {
    for (let n = 0; n < bits; n++) units[row * dim + n] = descriptors[row * bits + n] / root;
  }
  return { ...features, descriptors: units, descriptorDim: dim };
}
