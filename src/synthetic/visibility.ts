/**
 * Which corners survive a change of light. Clipping to black or white, low contrast and noise can
 * swallow a corner: then it is no label, and the loss must not look there either.
 */
import type { GrayImage } from '../image/image.js';

/** Half the side of the neighbourhood that is compared. */
const REACH = 3;
/** Deviation of what is left of the corner's neighbourhood, below which it is invisible. */
const SMALLEST_SIGNAL = 0.012;
/** The same as a share of the deviation of everything else there (noise, speckle). */
const SMALLEST_SIGNAL_TO_NOISE = 0.4;
/** Radius in which nothing is known once the corner is gone: a corner's response and its rounding. */
const HIDDEN_RADIUS = 4;

/** Is the structure of `before` around (x, y) still found in `after`? Linear regression of one on the other. */
function survives(before: GrayImage, after: GrayImage, x: number, y: number): boolean {
  const { width, height } = before;
  let n = 0;
  let sumBefore = 0;
  let sumAfter = 0;
  let squares = 0;
  let squaresAfter = 0;
  let products = 0;
  for (let v = Math.max(0, y - REACH); v <= Math.min(height - 1, y + REACH); v++) {
    for (let u = Math.max(0, x - REACH); u <= Math.min(width - 1, x + REACH); u++) {
      const a = before.data[v * width + u];
      const b = after.data[v * width + u];
      n++;
      sumBefore += a;
      sumAfter += b;
      squares += a * a;
      squaresAfter += b * b;
      products += a * b;
    }
  }
  const variance = squares / n - (sumBefore / n) ** 2;
  const covariance = products / n - (sumBefore * sumAfter) / (n * n);
  if (!(variance > 0 && covariance > 0)) return false;
  const signal = (covariance * covariance) / variance;
  const noise = Math.max(0, squaresAfter / n - (sumAfter / n) ** 2 - signal);
  return signal > SMALLEST_SIGNAL ** 2 && signal > SMALLEST_SIGNAL_TO_NOISE ** 2 * noise;
}

/**
 * The corners that can still be seen after a change of light. Around the others `mask` becomes 0,
 * except where that would mask a visible corner.
 * @param corners x, y each
 * @param mask `[height * width]`, changed in place
 */
export function hideCorners(
  before: GrayImage,
  after: GrayImage,
  corners: readonly number[],
  mask: Uint8Array,
): Float32Array {
  const { width, height } = before;
  const visible: number[] = [];
  for (let k = 0; k < corners.length; k += 2) {
    const x = Math.round(corners[k]);
    const y = Math.round(corners[k + 1]);
    if (survives(before, after, x, y)) {
      visible.push(corners[k], corners[k + 1]);
      continue;
    }
    for (let v = Math.max(0, y - HIDDEN_RADIUS); v <= Math.min(height - 1, y + HIDDEN_RADIUS); v++) {
      for (let u = Math.max(0, x - HIDDEN_RADIUS); u <= Math.min(width - 1, x + HIDDEN_RADIUS); u++) {
        if ((u - x) ** 2 + (v - y) ** 2 <= HIDDEN_RADIUS ** 2) mask[v * width + u] = 0;
      }
    }
  }
  for (let k = 0; k < visible.length; k += 2) {
    mask[Math.round(visible[k + 1]) * width + Math.round(visible[k])] = 1;
  }
  return Float32Array.from(visible);
}
