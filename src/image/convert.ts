/** Between grey pictures in [0, 1] and 8-bit or 16-bit samples as decoders and canvases have them. */
import { type GrayImage, grayImage, type RgbaImage } from './image.js';
import { ImageError } from './image-error.js';

/** Interleaved samples of a decoded picture: [height, width, channels], 0 (black) to `maximum` (white). */
export interface Samples {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha. */
  readonly channels: number;
  readonly maximum: number;
  readonly samples: ArrayLike<number>;
}

/** Resampling may have overshot by so much. */
const OVERSHOOT = 0.01;
/** Integers that fill less of their range than this are on a scale of their own: 8 bits kept in 16 or 32. */
const LEAST_USE = 1 / 64;

/** @throws ImageError for signed, 32-bit or float samples that are not on the scale of 0 to `maximum`. */
export function checkRange({ samples, maximum }: Samples, name: string): void {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let isNumber = true;
  for (let i = 0; i < samples.length; i++) {
    if (samples[i] < low) low = samples[i];
    if (samples[i] > high) high = samples[i];
    isNumber &&= Number.isFinite(samples[i]);
  }
  const isUsed = maximum === 1 || low === high || high - low >= LEAST_USE * maximum;
  if (isNumber && isUsed && low >= -OVERSHOOT * maximum && high <= (1 + OVERSHOOT) * maximum) return;
  const found = isNumber ? `values from ${low} to ${high}` : 'values that are no finite numbers';
  throw new ImageError(
    name,
    `${found}, expected 0 (black) to ${maximum} (white); stretch takes them on any scale`,
  );
}

/**
 * Grey in [0, 1]: luminance .299 R + .587 G + .114 B of the encoded values, as OpenCV and PIL compute it;
 * a single channel is taken as it is, alpha is ignored.
 */
export function grayFromSamples({ width, height, channels, maximum, samples }: Samples): GrayImage {
  const image = grayImage(width, height);
  const { data } = image;
  if (channels < 3) {
    for (let i = 0; i < data.length; i++) data[i] = samples[i * channels] / maximum;
    return image;
  }
  for (let i = 0, at = 0; i < data.length; i++, at += channels) {
    data[i] = (0.299 * samples[at] + 0.587 * samples[at + 1] + 0.114 * samples[at + 2]) / maximum;
  }
  return image;
}

/** Opaque 8-bit colour; alpha is ignored. */
export function rgbaFromSamples({ width, height, channels, maximum, samples }: Samples): RgbaImage {
  const data = new Uint8ClampedArray(4 * width * height);
  const scale = 255 / maximum;
  const green = channels < 3 ? 0 : 1;
  for (let out = 0, at = 0; out < data.length; out += 4, at += channels) {
    data[out] = samples[at] * scale;
    data[out + 1] = samples[at + green] * scale;
    data[out + 2] = samples[at + 2 * green] * scale;
    data[out + 3] = 255;
  }
  return { width, height, data };
}

/** Luminance of an 8-bit colour image, such as a canvas's `ImageData`; what is transparent lies on white. */
export function grayFromRgba({ width, height, data }: RgbaImage): GrayImage {
  const image = grayFromSamples({ width, height, channels: 4, maximum: 255, samples: data });
  for (let i = 0; i < image.data.length; i++) {
    const alpha = data[4 * i + 3];
    if (alpha < 255) image.data[i] += (1 - image.data[i]) * (1 - alpha / 255);
  }
  return image;
}

/** A grey picture as opaque 8-bit colour. */
export function rgbaFromGray({ width, height, data }: GrayImage): RgbaImage {
  return rgbaFromSamples({ width, height, channels: 1, maximum: 1, samples: data });
}
