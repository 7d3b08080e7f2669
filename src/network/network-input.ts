/** What the network takes: grey pictures of at least one cell. */
import { type GrayImage, nameOfImage } from '../image/image.js';
import { CELL } from './architecture.js';

/** Largest picture, in pixels: its descriptors alone take 1 GB. */
const MAX_PIXELS = 2 ** 26;

/** @throws RangeError for a picture that the network cannot take, saying why. */
export function checkNetworkInput(image: GrayImage): void {
  const { width, height, data } = image;
  const name = nameOfImage(image);
  const prefix = name === undefined ? '' : `${name}: `;
  if (data.length !== width * height) {
    throw new RangeError(
      `${prefix}expected ${width * height} values for ${width}x${height}, got ${data.length}`,
    );
  }
  if (width < CELL || height < CELL) {
    throw new RangeError(
      `${prefix}expected an image of at least ${CELL}x${CELL} pixels, got ${width}x${height}`,
    );
  }
  if (width * height > MAX_PIXELS) {
    throw new RangeError(
      `${prefix}expected an image of at most ${MAX_PIXELS / 1e6} megapixels, got ${width}x${height}; shrink it (resize)`,
    );
  }
  for (let i = 0; i < data.length; i++) {
    // Resampling may overshoot a little; 0..255 or NaN is a mistake.
    if (!(data[i] > -0.1 && data[i] < 1.1)) {
      throw new RangeError(
        `${prefix}expected grey values in [0, 1], got ${data[i]} at (${i % width}, ${Math.floor(i / width)})`,
      );
    }
  }
}
