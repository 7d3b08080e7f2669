/**
 * Resizing and cropping of grey pictures, half-pixel exact: output pixel x looks at the input around
 * (x + 0.5) * inWidth / outWidth - 0.5. Shrinking averages over areas, growing interpolates.
 */
import { type GrayImage, grayImage, nameOfImage, withName } from './image.js';

/** For each output sample: the first input sample, how many follow, and their weights (sum 1). */
interface Taps {
  readonly first: Int32Array;
  readonly count: number;
  /** [length, count] */
  readonly weights: Float32Array;
}

/** Overlaps of each output interval with the input pixels (shrinking), or two linear weights (growing). */
function taps(inLength: number, outLength: number): Taps {
  const ratio = inLength / outLength;
  const shrinking = ratio > 1;
  const count = Math.min(inLength, shrinking ? Math.ceil(ratio) + 1 : 2);
  const first = new Int32Array(outLength);
  const weights = new Float32Array(outLength * count);
  for (let out = 0; out < outLength; out++) {
    const low = shrinking ? out * ratio : (out + 0.5) * ratio - 0.5;
    first[out] = Math.min(Math.max(Math.floor(low), 0), inLength - count);
    for (let tap = 0; tap < count; tap++) {
      const pixel = first[out] + tap;
      const overlap = shrinking
        ? (Math.min(pixel + 1, low + ratio) - Math.max(pixel, low)) / ratio
        : 1 - Math.abs(Math.min(Math.max(low, 0), inLength - 1) - pixel);
      weights[out * count + tap] = Math.max(0, overlap);
    }
  }
  return { first, count, weights };
}

function resizeRows(data: Float32Array, inWidth: number, height: number, outWidth: number): Float32Array {
  const { first, count, weights } = taps(inWidth, outWidth);
  const out = new Float32Array(outWidth * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < outWidth; x++) {
      const start = y * inWidth + first[x];
      let sum = 0;
      for (let tap = 0; tap < count; tap++) sum += weights[x * count + tap] * data[start + tap];
      out[y * outWidth + x] = sum;
    }
  }
  return out;
}

function resizeColumns(data: Float32Array, width: number, inHeight: number, outHeight: number): Float32Array {
  const { first, count, weights } = taps(inHeight, outHeight);
  const out = new Float32Array(width * outHeight);
  for (let y = 0; y < outHeight; y++) {
    const row = out.subarray(y * width, (y + 1) * width);
    for (let tap = 0; tap < count; tap++) {
      const weight = weights[y * count + tap];
      if (weight === 0) continue;
      const start = (first[y] + tap) * width;
      for (let x = 0; x < width; x++) row[x] += weight * data[start + x];
    }
  }
  return out;
}

/**
 * The picture at another size: area average where it shrinks, bilinear where it grows.
 * `scaleHomography(width / image.width, height / image.height)` maps its points along.
 * @throws RangeError if width or height is not a positive whole number.
 */
export function resizeImage(image: GrayImage, width: number, height: number): GrayImage {
  const resized = grayImage(width, height);
  let data = image.data;
  if (width !== image.width) data = resizeRows(data, image.width, image.height, width);
  if (height !== image.height) data = resizeColumns(data, width, image.height, height);
  resized.data.set(data);
  return withName(resized, nameOfImage(image));
}

/** The picture shrunk, never grown, so that its longer side is at most `longestSide` pixels. */
export function fitWithin(image: GrayImage, longestSide: number): GrayImage {
  const scale = longestSide / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  const width = Math.max(1, Math.round(image.width * scale));
  return resizeImage(image, width, Math.max(1, Math.round(image.height * scale)));
}

/**
 * The part of `width` x `height` pixels whose top-left pixel is (x, y), copied.
 * @throws RangeError if it is not wholly inside the picture or not on whole pixels.
 */
export function cropImage(image: GrayImage, x: number, y: number, width: number, height: number): GrayImage {
  const whole = Number.isInteger(x) && Number.isInteger(y);
  if (!whole || x < 0 || y < 0 || x + width > image.width || y + height > image.height) {
    throw new RangeError(
      `expected a crop inside ${image.width}x${image.height}, got ${width}x${height} at (${x}, ${y})`,
    );
  }
  const crop = grayImage(width, height);
  for (let row = 0; row < height; row++) {
    const start = (y + row) * image.width + x;
    crop.data.set(image.data.subarray(start, start + width), row * width);
  }
  return crop;
}
