/**
 * Photometric augmentation: brightness, contrast, Gaussian noise, speckle, additive shade and motion
 * blur, all on the scale [0, 1], in a random order, each clipped. Pure loops over typed arrays, so that
 * it runs in workers and browsers alike. Parameters as commonly used with the paper (§4, §6).
 */
import type { Random } from '../random.js';
import { clip, type GrayImage, grayImage } from './image.js';
import { addNoise } from './noise.js';
import { addShade, type Shade } from './shade.js';

/** How strongly to change a picture. Plain JSON; `[low, high]` are uniform ranges. */
export interface Photometry {
  /** Added to all pixels: uniform in [-brightness, brightness]. */
  readonly brightness: number;
  /** Factor about the picture's mean. */
  readonly contrast: readonly [number, number];
  /** Deviation of additive Gaussian noise. */
  readonly noise: readonly [number, number];
  /** Probability of a pixel to turn black, and the same again to turn white. */
  readonly speckle: readonly [number, number];
  /** Blurred ellipses that darken or brighten. */
  readonly shade: Shade;
  /** Largest length of the motion blur, pixels, odd: 1 is none. */
  readonly motionBlur: number;
}

/** For Synthetic Shapes: strong. */
export const SYNTHETIC_PHOTOMETRY: Photometry = {
  brightness: 75 / 255,
  contrast: [0.3, 1.8],
  noise: [0, 15 / 255],
  speckle: [0, 0.0035],
  shade: { ellipses: 20, transparency: [-0.5, 0.8], blur: [50, 100] },
  motionBlur: 7,
};

/** For photographs: milder. */
export const PHOTO_PHOTOMETRY: Photometry = {
  brightness: 50 / 255,
  contrast: [0.5, 1.5],
  noise: [0, 10 / 255],
  speckle: [0, 0.0035],
  shade: { ellipses: 20, transparency: [-0.5, 0.5], blur: [100, 150] },
  motionBlur: 3,
};

/** Changes `image` in place. */
type Operation = (image: GrayImage, random: Random, photometry: Photometry) => void;

const changeBrightness: Operation = ({ data }, random, { brightness }) => {
  const offset = random.between(-brightness, brightness);
  for (let i = 0; i < data.length; i++) data[i] += offset;
};

const changeContrast: Operation = ({ data }, random, { contrast }) => {
  const factor = random.between(contrast[0], contrast[1]);
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i];
  const mean = sum / data.length;
  for (let i = 0; i < data.length; i++) data[i] = mean + factor * (data[i] - mean);
};

const changeNoise: Operation = ({ data }, random, { noise }) =>
  addNoise(data, random, random.between(noise[0], noise[1]));

const addSpeckle: Operation = ({ data }, random, { speckle }) => {
  const probability = random.between(speckle[0], speckle[1]);
  if (probability === 0) return;
  // gaps between hits are geometric: a draw per hit instead of a draw per pixel
  const scale = 1 / Math.log(1 - Math.min(2 * probability, 1 - 1e-9));
  for (let i = 0; ; i++) {
    i += Math.floor(Math.log(1 - random.uniform()) * scale);
    if (i >= data.length) return;
    data[i] = random.uniform() < 0.5 ? 0 : 1;
  }
};

const castShade: Operation = (image, random, { shade }) => addShade(image, random, shade);

/** Weights of a motion blur of `length` pixels: Gaussian of variance length² / 16, sum 1. */
function motionKernel(length: number): Float64Array {
  const kernel = new Float64Array(length);
  const centre = (length - 1) / 2;
  let sum = 0;
  for (let i = 0; i < length; i++) {
    kernel[i] = Math.exp((-8 * (i - centre) ** 2) / (length * length));
    sum += kernel[i];
  }
  return kernel.map((weight) => weight / sum);
}

/** Along a row, a column, and the two diagonals. */
const BLUR_DIRECTIONS: readonly (readonly [number, number])[] = [
  [1, 0],
  [0, 1],
  [1, 1],
  [1, -1],
];

const blurMotion: Operation = ({ width, height, data }, random, { motionBlur }) => {
  const length = 2 * random.integer(0, Math.max(0, (motionBlur - 1) >> 1)) + 1;
  const [stepX, stepY] = random.pick(BLUR_DIRECTIONS);
  if (length === 1) return;
  const kernel = motionKernel(length);
  const reach = (length - 1) / 2;
  const blurred = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    const inner = stepY === 0 || (y >= reach && y < height - reach);
    for (let x = 0; x < width; x++) {
      let sum = 0;
      if (inner && (stepX === 0 || (x >= reach && x < width - reach))) {
        const step = stepY * width + stepX;
        let at = y * width + x - reach * step;
        for (let tap = 0; tap < length; tap++, at += step) sum += kernel[tap] * data[at];
      } else {
        for (let tap = 0; tap < length; tap++) {
          const u = Math.min(Math.max(x + (tap - reach) * stepX, 0), width - 1);
          const v = Math.min(Math.max(y + (tap - reach) * stepY, 0), height - 1);
          sum += kernel[tap] * data[v * width + u];
        }
      }
      blurred[y * width + x] = sum;
    }
  }
  data.set(blurred);
};

const OPERATIONS: readonly Operation[] = [
  changeBrightness,
  changeContrast,
  changeNoise,
  addSpeckle,
  castShade,
  blurMotion,
];

/**
 * A copy of the picture after all six changes, in a random order, clipped to [0, 1] after each.
 * @param random where the draws come from; equal generators give equal pictures.
 */
export function photometricAugment(image: GrayImage, random: Random, photometry: Photometry): GrayImage {
  const augmented = grayImage(image.width, image.height, image.data.slice());
  for (const operation of random.shuffle([...OPERATIONS])) {
    operation(augmented, random, photometry);
    clip(augmented.data);
  }
  return augmented;
}
