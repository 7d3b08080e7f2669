/** What a lens and a moving hand do to a picture: Gaussian blur, motion blur, loss of resolution. */
import { type GrayImage, grayImage } from './image.js';
import { resizeImage } from './resize.js';

/** Weights of a Gaussian, cut off at three deviations, sum 1. */
function gaussianKernel(deviation: number): Float32Array {
  const reach = Math.max(1, Math.ceil(3 * deviation));
  const kernel = Float32Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * deviation * deviation)),
  );
  const sum = kernel.reduce((total, weight) => total + weight, 0);
  return kernel.map((weight) => weight / sum);
}

/** Filters `count` lines of `length` samples; edges are repeated. */
function filterLines(
  source: Float32Array,
  target: Float32Array,
  [count, length]: readonly [number, number],
  [lineStep, step]: readonly [number, number],
  kernel: Float32Array,
): void {
  const reach = (kernel.length - 1) / 2;
  const padded = new Float32Array(length + 2 * reach);
  for (let line = 0; line < count; line++) {
    const start = line * lineStep;
    for (let i = 0; i < padded.length; i++) {
      padded[i] = source[start + Math.min(Math.max(i - reach, 0), length - 1) * step];
    }
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let tap = 0; tap < kernel.length; tap++) sum += kernel[tap] * padded[i + tap];
      target[start + i * step] = sum;
    }
  }
}

/**
 * Gaussian blur, as a lens out of focus gives.
 * @param deviation of the Gaussian in pixels; 0 gives a copy.
 */
export function gaussianBlur({ width, height, data }: GrayImage, deviation: number): GrayImage {
  if (!(deviation >= 0)) throw new RangeError(`expected a deviation of at least 0 pixels, got ${deviation}`);
  if (deviation === 0) return grayImage(width, height, data.slice());
  const kernel = gaussianKernel(deviation);
  const rows = new Float32Array(data.length);
  const blurred = new Float32Array(data.length);
  filterLines(data, rows, [height, width], [width, 1], kernel);
  filterLines(rows, blurred, [width, height], [1, width], kernel);
  return grayImage(width, height, blurred);
}

/**
 * Blur along a straight line, as a hand gives that moves evenly while the shutter is open.
 * @param length of the line in pixels, at least 1 (no blur).
 * @param angle of the line in radians, from the x axis towards the y axis.
 */
export function motionBlur({ width, height, data }: GrayImage, length: number, angle: number): GrayImage {
  if (!(length >= 1)) throw new RangeError(`expected a length of at least 1 pixel, got ${length}`);
  // Samples at most a pixel apart; the two ends lie half a sample inside the line.
  const samples = Math.max(1, Math.ceil(length));
  const blurred = new Float32Array(data.length);
  for (let n = 0; n < samples; n++) {
    const along = length * ((n + 0.5) / samples - 0.5);
    addShifted(
      blurred,
      data,
      [width, height],
      [along * Math.cos(angle), along * Math.sin(angle)],
      1 / samples,
    );
  }
  return grayImage(width, height, blurred);
}

/** target += weight * source seen (shiftX, shiftY) pixels further on, bilinear; edges are repeated. */
function addShifted(
  target: Float32Array,
  source: Float32Array,
  [width, height]: readonly [number, number],
  [shiftX, shiftY]: readonly [number, number],
  weight: number,
): void {
  const [wholeX, wholeY] = [Math.floor(shiftX), Math.floor(shiftY)];
  const [fx, fy] = [shiftX - wholeX, shiftY - wholeY];
  const columns = Int32Array.from({ length: width + 1 }, (_, x) =>
    Math.min(Math.max(x + wholeX, 0), width - 1),
  );
  for (let y = 0; y < height; y++) {
    const upper = Math.min(Math.max(y + wholeY, 0), height - 1) * width;
    const lower = Math.min(Math.max(y + wholeY + 1, 0), height - 1) * width;
    for (let x = 0, at = y * width; x < width; x++, at++) {
      const [left, right] = [columns[x], columns[x + 1]];
      const above = source[upper + left] + fx * (source[upper + right] - source[upper + left]);
      const below = source[lower + left] + fx * (source[lower + right] - source[lower + left]);
      target[at] += weight * (above + fy * (below - above));
    }
  }
}

/**
 * The picture as a sensor of fewer pixels would see it: shrunk by area and grown back.
 * @param factor by which each side is shrunk, at least 1; a side keeps at least one pixel.
 */
export function lowerResolution(image: GrayImage, factor: number): GrayImage {
  if (!(factor >= 1)) throw new RangeError(`expected a factor of at least 1, got ${factor}`);
  const { width, height } = image;
  const small = resizeImage(
    image,
    Math.max(1, Math.round(width / factor)),
    Math.max(1, Math.round(height / factor)),
  );
  return resizeImage(small, width, height);
}
