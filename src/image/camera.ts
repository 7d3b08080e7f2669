/**
 * Photographs as cameras make them: light, lens, sensor and compression, each with a probability of its
 * own and in the order in which light meets them. Pure loops over typed arrays, for workers and browsers.
 */
import type { Random } from '../random.js';
import { gaussianBlur, lowerResolution, motionBlur } from './blur.js';
import { clip, type GrayImage, grayImage } from './image.js';
import { compressJpeg } from './jpeg.js';
import { addGlare, castShadow, changeGamma, vignette } from './light.js';
import { addNoise, addShotNoise } from './noise.js';
import { addShade, type Shade } from './shade.js';

export type Range = readonly [number, number];

/** How a camera may change a view. Plain JSON; `[low, high]` are uniform ranges, `probability` is in [0, 1]. */
export interface CameraChanges {
  /** Probability of a view to stay as it is. */
  readonly clean: number;
  /** Blurred ellipses of light and dark, brightness (added, ±) and contrast (factor about the mean). */
  readonly shade: Shade & {
    readonly probability: number;
    readonly brightness: number;
    readonly contrast: Range;
  };
  /** Exponent of 2 to the power of a draw: [-1.5, 1.5] is a gamma of .35 to 2.8. */
  readonly gamma: { readonly probability: number; readonly log2: Range };
  /** A straight edge of shadow; `light` is what the dark side keeps, `softness` is in shares of the diagonal. */
  readonly shadow: { readonly probability: number; readonly light: Range; readonly softness: Range };
  /** A spot of light; `size` is its deviation in shares of the diagonal. */
  readonly glare: { readonly probability: number; readonly strength: Range; readonly size: Range };
  /** Darker corners; `loss` is the share of light missing there. */
  readonly vignette: { readonly probability: number; readonly loss: Range };
  /** Gaussian blur; deviation in pixels. */
  readonly defocus: { readonly probability: number; readonly deviation: Range };
  /** Blur along a line of any direction; length in pixels. */
  readonly motion: { readonly probability: number; readonly length: Range };
  /** Down and up again by a factor. */
  readonly resolution: { readonly probability: number; readonly factor: Range };
  /** Darkness: a gain below 1, then a sensor's noise; deviation on the scale [0, 1]. */
  readonly dark: { readonly probability: number; readonly gain: Range; readonly noise: Range };
  /** Noise of the same deviation everywhere. */
  readonly noise: { readonly probability: number; readonly deviation: Range };
  /** Compression; quality 1 to 100. */
  readonly jpeg: { readonly probability: number; readonly quality: Range };
}

/** Nothing happens more often than it does to pictures taken in a hurry, but all of it happens. */
export const CAMERA_CHANGES: CameraChanges = {
  clean: 0.12,
  shade: {
    probability: 0.4,
    ellipses: 20,
    transparency: [-0.5, 0.5],
    blur: [100, 150],
    brightness: 50 / 255,
    contrast: [0.5, 1.5],
  },
  gamma: { probability: 0.45, log2: [-1.5, 1.5] },
  shadow: { probability: 0.3, light: [0.1, 0.7], softness: [0.003, 0.05] },
  glare: { probability: 0.15, strength: [0.3, 1.2], size: [0.05, 0.2] },
  vignette: { probability: 0.2, loss: [0.1, 0.7] },
  defocus: { probability: 0.35, deviation: [0.5, 3.5] },
  motion: { probability: 0.12, length: [3, 15] },
  resolution: { probability: 0.13, factor: [1.5, 4] },
  dark: { probability: 0.25, gain: [0.2, 0.7], noise: [2 / 255, 12 / 255] },
  noise: { probability: 0.25, deviation: [0, 8 / 255] },
  jpeg: { probability: 0.2, quality: [10, 80] },
};

/**
 * A copy of the picture after the changes that were drawn, in [0, 1].
 * @param random where the draws come from; equal generators give equal pictures.
 */
export function cameraView(image: GrayImage, random: Random, changes: CameraChanges): GrayImage {
  const copy = grayImage(image.width, image.height, image.data.slice());
  if (random.uniform() < changes.clean) return copy;
  const lit = clipped(changeLight(copy, random, changes));
  const seen = throughLens(lit, random, changes);
  return clipped(ontoSensor(seen, random, changes));
}

function clipped(image: GrayImage): GrayImage {
  clip(image.data);
  return image;
}

function changeLight(image: GrayImage, random: Random, changes: CameraChanges): GrayImage {
  const { shade, gamma, shadow, glare, vignette: corners } = changes;
  const { width, height } = image;
  const diagonal = Math.hypot(width, height);
  const between = ([low, high]: Range) => random.between(low, high);
  const somewhere = () => ({ x: random.uniform() * width, y: random.uniform() * height });
  let lit = image;
  if (random.uniform() < shade.probability) {
    addShade(lit, random, shade);
    const [offset, factor] = [random.between(-shade.brightness, shade.brightness), between(shade.contrast)];
    changeContrast(lit.data, offset, factor);
    clip(lit.data);
  }
  if (random.uniform() < shadow.probability) {
    const edge = { light: between(shadow.light), angle: random.between(-Math.PI, Math.PI) };
    lit = castShadow(lit, { ...somewhere(), ...edge, softness: diagonal * between(shadow.softness) });
  }
  if (random.uniform() < glare.probability) {
    const spot = { size: diagonal * between(glare.size), strength: between(glare.strength) };
    lit = clipped(addGlare(lit, { ...somewhere(), ...spot }));
  }
  if (random.uniform() < corners.probability) lit = vignette(lit, between(corners.loss));
  if (random.uniform() < gamma.probability) lit = changeGamma(lit, 2 ** between(gamma.log2));
  return lit;
}

function changeContrast(data: Float32Array, offset: number, factor: number): void {
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  for (let i = 0; i < data.length; i++) data[i] = mean + offset + factor * (data[i] - mean);
}

function throughLens(image: GrayImage, random: Random, changes: CameraChanges): GrayImage {
  const { defocus, motion, resolution } = changes;
  let seen = image;
  if (random.uniform() < defocus.probability) {
    seen = gaussianBlur(seen, random.between(defocus.deviation[0], defocus.deviation[1]));
  }
  if (random.uniform() < motion.probability) {
    const length = random.between(motion.length[0], motion.length[1]);
    seen = motionBlur(seen, length, random.between(0, Math.PI));
  }
  if (random.uniform() < resolution.probability) {
    seen = lowerResolution(seen, random.between(resolution.factor[0], resolution.factor[1]));
  }
  return seen;
}

function ontoSensor(image: GrayImage, random: Random, changes: CameraChanges): GrayImage {
  const { dark, noise, jpeg } = changes;
  if (random.uniform() < dark.probability) {
    const gain = random.between(dark.gain[0], dark.gain[1]);
    for (let i = 0; i < image.data.length; i++) image.data[i] *= gain;
    addShotNoise(image.data, random, random.between(dark.noise[0], dark.noise[1]));
  }
  if (random.uniform() < noise.probability) {
    addNoise(image.data, random, random.between(noise.deviation[0], noise.deviation[1]));
  }
  if (random.uniform() >= jpeg.probability) return image;
  const quality = Math.round(random.between(jpeg.quality[0], jpeg.quality[1]));
  return compressJpeg(clipped(image), quality, [random.integer(0, 7), random.integer(0, 7)]);
}
