/**
 * Keypoints onto the corners that a picture itself has. A network of strides knows where a corner is to a
 * pixel or two, and not the same pixel in every view; the strongest corner nearby is found again to a
 * fraction of one. The strength is det / trace of the smoothed structure tensor (Harris and Stephens 1988,
 * in the parameter-free form of Noble 1988).
 */
import type { GrayImage } from '../image/image.js';

/** Smoothing before the gradients, and of their products. */
const DERIVATION_SIGMA = 0.7;
const INTEGRATION_SIGMA = 1;
/** Half the length of both kernels. */
const TAPS = 2;

/** Sampled and normalised to a sum of 1. [2 * TAPS + 1] */
function gaussian(sigma: number): Float64Array {
  const kernel = Float64Array.from({ length: 2 * TAPS + 1 }, (_, i) =>
    Math.exp(-((i - TAPS) ** 2) / (2 * sigma ** 2)),
  );
  const sum = kernel.reduce((total, weight) => total + weight, 0);
  return kernel.map((weight) => weight / sum);
}

const DERIVATION = gaussian(DERIVATION_SIGMA);
const INTEGRATION = gaussian(INTEGRATION_SIGMA);

/** A square map smoothed along both axes: [side, side] → [side - 2 * TAPS, side - 2 * TAPS]. */
function smooth(
  map: Float64Array,
  side: number,
  kernel: Float64Array,
  rows: Float64Array,
  out: Float64Array,
): void {
  const inner = side - 2 * TAPS;
  const [k0, k1, k2, k3, k4] = kernel;
  for (let y = 0; y < side; y++) {
    for (let x = 0, at = y * side, to = y * inner; x < inner; x++, at++, to++) {
      rows[to] = k0 * map[at] + k1 * map[at + 1] + k2 * map[at + 2] + k3 * map[at + 3] + k4 * map[at + 4];
    }
  }
  for (let at = 0; at < inner * inner; at++) {
    out[at] =
      k0 * rows[at] +
      k1 * rows[at + inner] +
      k2 * rows[at + 2 * inner] +
      k3 * rows[at + 3 * inner] +
      k4 * rows[at + 4 * inner];
  }
}

/** Computes the corner strength of squares of a picture, with memory that it uses again. */
function strengthOfSquares(image: GrayImage, strengthSide: number) {
  const { width, height, data } = image;
  const tensorSide = strengthSide + 2 * TAPS;
  const smoothSide = tensorSide + 2;
  const side = smoothSide + 2 * TAPS;
  const map = () => new Float64Array(side * side);
  const [pixels, smoothed, rows, xx, xy, yy, a, b, c] = Array.from({ length: 9 }, map);
  const strength = new Float64Array(strengthSide * strengthSide);
  /** The strengths of the square whose top left pixel is (left, top). */
  return (left: number, top: number): Float64Array => {
    const margin = (side - strengthSide) / 2;
    for (let y = 0, to = 0; y < side; y++) {
      const row = width * Math.min(Math.max(top - margin + y, 0), height - 1);
      for (let x = 0; x < side; x++, to++) {
        pixels[to] = data[row + Math.min(Math.max(left - margin + x, 0), width - 1)];
      }
    }
    smooth(pixels, side, DERIVATION, rows, smoothed);
    for (let y = 0, to = 0; y < tensorSide; y++) {
      for (let x = 0, at = (y + 1) * smoothSide + 1; x < tensorSide; x++, at++, to++) {
        const gx = smoothed[at + 1] - smoothed[at - 1];
        const gy = smoothed[at + smoothSide] - smoothed[at - smoothSide];
        xx[to] = gx * gx;
        xy[to] = gx * gy;
        yy[to] = gy * gy;
      }
    }
    smooth(xx, tensorSide, INTEGRATION, rows, a);
    smooth(xy, tensorSide, INTEGRATION, rows, b);
    smooth(yy, tensorSide, INTEGRATION, rows, c);
    for (let i = 0; i < strength.length; i++) {
      strength[i] = (a[i] * c[i] - b[i] * b[i]) / (a[i] + c[i] + 1e-6);
    }
    return strength;
  };
}

/** Offset in [-0.5, 0.5] of the maximum of the parabola through three values, the middle one the largest. */
function peakOffset(before: number, middle: number, after: number): number {
  const curvature = 2 * middle - before - after;
  return curvature > 0 ? (after - before) / (2 * curvature) : 0;
}

/**
 * Climbs from each keypoint to the local maximum of the corner strength, at most `radius` pixels away in
 * each direction, and to the peak between the pixels there.
 *
 * @param image in [0, 1].
 * @param keypoints [N, 2] x, y in pixels of the image.
 * @param radius whole pixels, > 0.
 * @returns where each keypoint ends, [N, 2], and [N] 1 where that is a maximum. Where there is none
 *   within reach the keypoint stays as it was.
 */
export function snapToCorners(
  image: GrayImage,
  keypoints: Float32Array,
  radius: number,
): { readonly keypoints: Float32Array; readonly found: Uint8Array } {
  const side = 2 * radius + 3;
  const strengthAt = strengthOfSquares(image, side);
  const snapped = Float32Array.from(keypoints);
  const found = new Uint8Array(keypoints.length / 2);
  for (let n = 0; n < found.length; n++) {
    const x0 = Math.round(keypoints[2 * n]);
    const y0 = Math.round(keypoints[2 * n + 1]);
    const strength = strengthAt(x0 - radius - 1, y0 - radius - 1);
    const at = climb(strength, side);
    if (at < 0) continue;
    const middle = strength[at];
    const dx = peakOffset(strength[at - 1], middle, strength[at + 1]);
    const dy = peakOffset(strength[at - side], middle, strength[at + side]);
    const x = x0 - radius - 1 + (at % side) + dx;
    const y = y0 - radius - 1 + Math.floor(at / side) + dy;
    if (x < 0 || y < 0 || x > image.width - 1 || y > image.height - 1) continue;
    snapped[2 * n] = x;
    snapped[2 * n + 1] = y;
    found[n] = 1;
  }
  return { keypoints: snapped, found };
}

/** The maximum reached from the centre by steps to the largest of eight neighbours; -1 if it is on the rim. */
function climb(strength: Float64Array, side: number): number {
  let at = (strength.length - 1) / 2;
  for (;;) {
    let best = at;
    for (let dy = -side; dy <= side; dy += side) {
      for (let dx = -1; dx <= 1; dx++) {
        if (strength[at + dy + dx] > strength[best]) best = at + dy + dx;
      }
    }
    if (best === at) return strength[at] > 0 ? at : -1;
    at = best;
    const [x, y] = [at % side, Math.floor(at / side)];
    if (x === 0 || y === 0 || x === side - 1 || y === side - 1) return -1;
  }
}
