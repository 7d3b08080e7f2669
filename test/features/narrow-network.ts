/** An untrained narrow network and pictures of noise, for tests of what comes out of a network. */
import { type GrayImage, grayImage } from '../../src/image/image.js';
import {
  foldNormalisation,
  initialParameters,
  initialStatistics,
  type Weights,
} from '../../src/network/weights.js';
import { Random } from '../../src/random.js';

/** Random weights of a narrow network: the heatmap is noise, which is all that these tests need. */
export function narrowWeights(descriptor: number): Weights {
  const shape = { encoder: [8, 8, 8, 8], head: 16, descriptor } as const;
  const parameters = initialParameters(shape, new Random('weights'));
  // Untrained, a network would hold every cell to be empty.
  parameters['convPb.bias'].data.fill(0);
  return foldNormalisation(shape, parameters, initialStatistics(shape));
}

/** Noise, the same for the same size. */
export function randomImage(width: number, height: number): GrayImage {
  const random = new Random(`${width}x${height}`);
  return grayImage(
    width,
    height,
    new Float32Array(width * height).map(() => random.uniform()),
  );
}
