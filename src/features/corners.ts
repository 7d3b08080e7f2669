/**
 * The corners that a picture itself has, to help the heatmap say where a keypoint is. A network of strides
 * knows what is a corner, but where only to a pixel or two, and not the same pixel in every view; the
 * structure tensor (Harris and Stephens 1988, strength det / trace as in Noble 1988) finds the place again
 * to a fraction of a pixel.
 */
import type { GrayImage } from '../image/image.js';

/** Smoothing before the gradients, of their products, and of the heatmap; half the lengths of the kernels. */
const DERIVATION = gaussian(0.7, 2);
const INTEGRATION = gaussian(1, 2);
const NEIGHBOURHOOD = gaussian(2, 5);
/** Pixels around one above the threshold, in each direction, where its keypoint may be. */
const REACH = 2;
/** Keeps the strength of flat places at 0. */
const SMALLEST_TRACE = 1e-6;

/** Half of a sampled Gaussian from its middle on, the whole of it normalised to a sum of 1. [taps + 1] */
function gaussian(sigma: number, taps: number): Float64Array {
  const half = Float64Array.from({ length: taps + 1 }, (_, i) => Math.exp(-(i ** 2) / (2 * sigma ** 2)));
  const sum = half.reduce((total, weight, i) => total + (i === 0 ? 1 : 2) * weight, 0);
  return half.map((weight) => weight / sum);
}

/** A map [height, width] smoothed along both axes, continued by its edges. */
function smooth(map: Float32Array, width: number, height: number, half: Float64Array): Float32Array {
  const taps = half.length - 1;
  const out = new Float32Array(map.length);
  const line = new Float32Array(width + 2 * taps);
  const along = new Float32Array(width);
  const row = (y: number) => width * Math.min(Math.max(y, 0), height - 1);
  for (let y = 0; y < height; y++) {
    // Down first, into one line, then along it: what is read again stays in the cache.
    const here = row(y);
    for (let x = 0; x < width; x++) line[x + taps] = half[0] * map[here + x];
    for (let k = 1; k <= taps; k++) {
      const [above, below, weight] = [row(y - k), row(y + k), half[k]];
      for (let x = 0; x < width; x++) line[x + taps] += weight * (map[above + x] + map[below + x]);
    }
    line.fill(line[taps], 0, taps);
    line.fill(line[width + taps - 1], width + taps);
    for (let x = 0; x < width; x++) along[x] = half[0] * line[x + taps];
    for (let k = 1; k <= taps; k++) {
      const weight = half[k];
      const [left, right] = [taps - k, taps + k];
      for (let x = 0; x < width; x++) along[x] += weight * (line[x + left] + line[x + right]);
    }
    out.set(along, here);
  }
  return out;
}

/** How much of a corner each pixel is: [height, width], >= 0, of the order of the squared contrast. */
export function cornerStrength({ width, height, data }: GrayImage): Float32Array {
  const smoothed = smooth(data, width, height, DERIVATION);
  const [xx, xy, yy] = [0, 1, 2].map(() => new Float32Array(width * height));
  for (let y = 0; y < height; y++) {
    const above = y > 0 ? -width : 0;
    const below = y < height - 1 ? width : 0;
    for (let x = 0, at = y * width; x < width; x++, at++) {
      const gx = smoothed[x < width - 1 ? at + 1 : at] - smoothed[x > 0 ? at - 1 : at];
      const gy = smoothed[at + below] - smoothed[at + above];
      xx[at] = gx * gx;
      xy[at] = gx * gy;
      yy[at] = gy * gy;
    }
  }
  const [a, b, c] = [xx, xy, yy].map((map) => smooth(map, width, height, INTEGRATION));
  for (let i = 0; i < a.length; i++) {
    a[i] = Math.max(0, (a[i] * c[i] - b[i] * b[i]) / (a[i] + c[i] + SMALLEST_TRACE));
  }
  return a;
}

/**
 * What stands out both for the network and in the picture: the heatmap, smoothed, times the root of the
 * corner strength; 0 more than two pixels from a probability above the threshold.
 *
 * @param heatmap [height, width] probabilities.
 * @param strength [height, width] as `cornerStrength` gives it.
 * @returns [height, width], >= 0.
 */
export function cornerHeatmap(
  heatmap: Float32Array,
  strength: Float32Array,
  width: number,
  height: number,
  threshold: number,
): Float32Array {
  const heat = smooth(heatmap, width, height, NEIGHBOURHOOD);
  const weighted = new Float32Array(heatmap.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!(heatmap[y * width + x] > threshold)) continue;
      for (let v = Math.max(0, y - REACH); v <= Math.min(height - 1, y + REACH); v++) {
        for (let u = Math.max(0, x - REACH); u <= Math.min(width - 1, x + REACH); u++) {
          const at = v * width + u;
          if (weighted[at] === 0) weighted[at] = heat[at] * Math.sqrt(strength[at]);
        }
      }
    }
  }
  return weighted;
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
 * @param strength [height, width] as `cornerStrength` gives it.
 * @param keypoints [N, 2] x, y in pixels.
 * @param radius whole pixels, > 0.
 * @returns where each keypoint ends, [N, 2], and [N] 1 where that is a maximum. Where there is none
 *   within reach the keypoint stays as it was.
 */
export function snapToCorners(
  strength: Float32Array,
  width: number,
  height: number,
  keypoints: Float32Array,
  radius: number,
): { readonly keypoints: Float32Array; readonly found: Uint8Array } {
  const snapped = Float32Array.from(keypoints);
  const found = new Uint8Array(keypoints.length / 2);
  for (let n = 0; n < found.length; n++) {
    const x0 = Math.round(keypoints[2 * n]);
    const y0 = Math.round(keypoints[2 * n + 1]);
    const at = climb(strength, width, height, x0, y0, radius);
    if (at < 0) continue;
    const middle = strength[at];
    snapped[2 * n] = (at % width) + peakOffset(strength[at - 1], middle, strength[at + 1]);
    snapped[2 * n + 1] =
      Math.floor(at / width) + peakOffset(strength[at - width], middle, strength[at + width]);
    found[n] = 1;
  }
  return { keypoints: snapped, found };
}

/**
 * The maximum reached by steps to the largest of eight neighbours, as an index; -1 where it is too far,
 * on the picture's edge, or nothing is a corner at all.
 */
function climb(
  strength: Float32Array,
  width: number,
  height: number,
  x0: number,
  y0: number,
  radius: number,
): number {
  let [x, y] = [x0, y0];
  for (;;) {
    if (x < 1 || y < 1 || x > width - 2 || y > height - 2) return -1;
    if (Math.abs(x - x0) > radius || Math.abs(y - y0) > radius) return -1;
    const here = y * width + x;
    let best = here;
    for (let dy = -width; dy <= width; dy += width) {
      for (let dx = -1; dx <= 1; dx++) if (strength[here + dy + dx] > strength[best]) best = here + dy + dx;
    }
    if (best === here) return strength[here] > 0 ? here : -1;
    [x, y] = [best % width, Math.floor(best / width)];
  }
}
