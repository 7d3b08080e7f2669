/** A picture whose content has a known sub-pixel position, for tests of pixel conventions. */
import { type GrayImage, grayImage } from '../../src/image/image.js';

/** A Gaussian blob of this deviation about (x, y) on black. */
export function blobImage(width: number, height: number, x: number, y: number, deviation: number): GrayImage {
  const image = grayImage(width, height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const squared = (column - x) ** 2 + (row - y) ** 2;
      image.data[row * width + column] = Math.exp(-squared / (2 * deviation ** 2));
    }
  }
  return image;
}

/** Centre of gravity of all brightness. */
export function brightCentre({ width, height, data }: GrayImage): [number, number] {
  let sum = 0;
  let sumX = 0;
  let sumY = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = data[y * width + x];
      sum += value;
      sumX += value * x;
      sumY += value * y;
    }
  }
  return [sumX / sum, sumY / sum];
}
