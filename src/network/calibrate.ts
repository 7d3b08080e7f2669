/** How large the values of each layer get on pictures: what an int8 network is scaled by. */
import { createSession, tensor } from '../graph/session.js';
import type { GrayImage } from '../image/image.js';
import { cropImage } from '../image/resize.js';
import { CELL } from '../network/architecture.js';
import { type ActivationRanges, rangesModel } from '../network/quantise.js';
import type { Weights } from '../network/weights.js';
import { checkNetworkInput } from './network-input.js';

/**
 * The mean over pictures of each layer's largest value: a single picture's outlier would cost all others
 * precision.
 *
 * @param images like those that the network is for; whole cells of them are looked at.
 * @throws RangeError where there is no picture, or one that the network cannot take.
 */
export async function activationRanges(
  weights: Weights,
  images: AsyncIterable<GrayImage> | Iterable<GrayImage>,
): Promise<ActivationRanges> {
  const session = await createSession(rangesModel(weights));
  const sums: Record<string, number> = {};
  let count = 0;
  try {
    for await (const image of images) {
      checkNetworkInput(image);
      const width = image.width - (image.width % CELL);
      const height = image.height - (image.height % CELL);
      const { data } = cropImage(image, 0, 0, width, height);
      const largest = await session.run({ image: tensor(data, [1, 1, height, width]) });
      for (const [name, value] of Object.entries(largest)) {
        sums[name] = (sums[name] ?? 0) + Number(value.data[0]);
      }
      count++;
    }
  } finally {
    await session.release();
  }
  if (count === 0) throw new RangeError('expected at least one picture to measure ranges on, got none');
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / count]));
}
