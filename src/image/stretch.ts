/** Spreading of grey values over [0, 1], for images whose values lie in a narrow band, as thermal cameras write. */
import { grayFromSamples, type Samples } from './convert.js';
import type { GrayImage } from './image.js';
import { nameOfImage, withName } from './image.js';

/** Share of the pixels at either end that may lie outside: broken pixels must not set the range. */
const CUT = 0.001;

/** As many values tell where the percentiles lie; fewer tell whether there is any contrast. */
const VALUES_TO_STRETCH = 2 ** 18;
const VALUES_TO_TELL = 2 ** 14;

/** Below this contrast a network finds few points or none: 16 of 255 grey levels. */
export const LOW_CONTRAST = 1 / 16;

/** The values below and above which a thousandth of all lie. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Range of the colours of up to `most` pixels, evenly chosen; values that are not numbers do not count. */
function rangeOf({ width, channels, samples }: Samples, most: number): Range {
  const colors = channels < 3 ? 1 : 3;
  const pixels = samples.length / channels;
  let step = Math.ceil((pixels * colors) / most);
  // in steps that share no factor with the width, all columns are seen
  while (commonFactor(step, width) > 1) step++;
  const values = new Float32Array(Math.ceil(pixels / step) * colors);
  let count = 0;
  for (let pixel = 0; pixel < pixels; pixel += step) {
    for (let channel = 0; channel < colors; channel++) {
      const value = samples[pixel * channels + channel];
      if (Number.isFinite(value)) values[count++] = value;
    }
  }
  const sorted = values.subarray(0, count).sort();
  const last = count - 1;
  return { low: sorted[Math.round(CUT * last)] ?? 0, high: sorted[Math.round((1 - CUT) * last)] ?? 0 };
}

function commonFactor(a: number, b: number): number {
  return b === 0 ? a : commonFactor(b, a % b);
}

/** The samples with their range spread over 0 to 1, what lies outside clipped; as they are where all are one value. */
export function stretchSamples(image: Samples): Samples {
  const { low, high } = rangeOf(image, VALUES_TO_STRETCH);
  if (!(high > low)) return image;
  const samples = new Float32Array(image.samples.length);
  for (let i = 0; i < samples.length; i++) {
    const value = (image.samples[i] - low) / (high - low);
    samples[i] = value > 0 ? Math.min(value, 1) : 0;
  }
  return { ...image, samples, maximum: 1 };
}

function samplesOf({ width, height, data }: GrayImage): Samples {
  return { width, height, channels: 1, maximum: 1, samples: data };
}

/** The image with its values, from the 0.1st to the 99.9th percentile, spread over [0, 1]; others are clipped. */
export function stretchImage(image: GrayImage): GrayImage {
  return withName(grayFromSamples(stretchSamples(samplesOf(image))), nameOfImage(image));
}

/**
 * Distance of the 0.1st from the 99.9th percentile of the grey values, 0 to 1. Below `LOW_CONTRAST` few points
 * will be found, if any: `stretchImage`, or `stretch: true` when the image is read, helps.
 */
export function imageContrast(image: GrayImage): number {
  const { low, high } = rangeOf(samplesOf(image), VALUES_TO_TELL);
  return high - low;
}
