/** Photographs of bright spots whose places are known, and their labels. */
import { type GrayImage, grayImage } from '../../src/image/image.js';

/** Spots of a Gaussian of deviation 2.5 on black, as the ground truth that can be measured in a view. */
export function spots(width: number, height: number, centres: ArrayLike<number>): GrayImage {
  const image = grayImage(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let k = 0; k < centres.length; k += 2) {
        const squared = (x - centres[k]) ** 2 + (y - centres[k + 1]) ** 2;
        image.data[y * width + x] += 0.9 * Math.exp(-squared / (2 * 2.5 ** 2));
      }
    }
  }
  return image;
}

/** x, y of nine spots. */
export const CENTRES = [60, 50, 110, 60, 170, 55, 60, 110, 120, 120, 180, 115, 75, 170, 125, 175, 185, 165];

/** Two photographs of 240x220 with these spots. */
export const spotLabels = ['a.png', 'b.png'].map((file) => ({
  file,
  width: 240,
  height: 220,
  keypoints: Float32Array.from(CENTRES),
  scores: Float32Array.from({ length: CENTRES.length / 2 }, (_, i) => (i + 1) / 10),
}));
