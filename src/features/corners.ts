/**
 * The corners that a picture itself has, to help the heatmap say where a keypoint is. A network of strides
 * knows what is a corner, but where only to a pixel or two, and not the same pixel in every view; the
 * structure tensor (Harris and Stephens 1988, strength det / trace as in Noble 1988) finds the place again
 * to a fraction of a pixel.
 */
import type { GrayImage } from '../image/image.js';

/** Keeps the strength of flat places at 0. */
export const SMALLEST_TRACE = 1e-6;
/**
 * Weight of the larger scale's strength beside that of the picture's own. Gradients fall with the scale: at 2.6 a
 * sharp corner is as strong at both. More of it holds more points in blurred and noisy pictures, less in pictures of
 * other sizes.
 */
export const COARSE_WEIGHT = 4;

/** Smoothed by 1 2 1 (a deviation of .7 pixels) along both axes, continued by its edges; 16 times too large. */
function smoothPicture(data: Float32Array, width: number, height: number): Float32Array {
  const out = new Float32Array(data.length);
  const line = new Float32Array(width + 2);
  for (let y = 0; y < height; y++) {
    const here = y * width;
    const above = y > 0 ? here - width : here;
    const below = y < height - 1 ? here + width : here;
    for (let x = 0; x < width; x++) line[x + 1] = data[above + x] + 2 * data[here + x] + data[below + x];
    line[0] = line[1];
    line[width + 1] = line[width];
    for (let x = 0; x < width; x++) out[here + x] = line[x] + 2 * line[x + 1] + line[x + 2];
  }
  return out;
}

/** Writes the three products of the gradient along row `y`, each one width long, one after the other. */
function writeProducts(map: Float32Array, width: number, height: number, y: number, out: Float32Array): void {
  const here = y * width;
  const above = y > 0 ? here - width : here;
  const below = y < height - 1 ? here + width : here;
  for (let x = 0; x < width; x++) {
    const gx = map[here + (x < width - 1 ? x + 1 : x)] - map[here + (x > 0 ? x - 1 : x)];
    const gy = map[below + x] - map[above + x];
    out[x] = gx * gx;
    out[width + x] = gx * gy;
    out[2 * width + x] = gy * gy;
  }
}

/** Undoes the scale of `smoothPicture`, squared, and of the binomial of 256 below. */
const PRODUCT_SCALE = 1 / (16 * 16 * 256);

/**
 * How much of a corner each pixel is: the structure tensor's det / trace, over a binomial window of 5 x 5
 * pixels (a deviation of 1). Labels are put on corners by it; detection has that of saliency.ts, which adds a larger
 * scale for pictures that are less sharp than photographs to train on.
 *
 * @returns [height, width], >= 0, of the order of the squared contrast.
 */
export function cornerStrength({ width, height, data }: GrayImage): Float32Array {
  const smoothed = smoothPicture(data, width, height);
  const strength = new Float32Array(data.length);
  // The products of five rows at a time, so that what is summed down and along stays in the cache.
  const rows = Array.from({ length: 5 }, () => new Float32Array(3 * width));
  const rowAt = (y: number) => rows[Math.min(Math.max(y, 0), height - 1) % 5];
  const step = width + 4;
  const lines = new Float32Array(3 * step);
  const tensor = new Float32Array(3 * width);
  for (let y = 0; y < Math.min(2, height); y++) writeProducts(smoothed, width, height, y, rowAt(y));
  for (let y = 0; y < height; y++) {
    if (y + 2 < height) writeProducts(smoothed, width, height, y + 2, rowAt(y + 2));
    const [r0, r1, r2, r3, r4] = [rowAt(y - 2), rowAt(y - 1), rowAt(y), rowAt(y + 1), rowAt(y + 2)];
    for (let k = 0; k < 3; k++) {
      const [from, to] = [k * width, k * step];
      for (let x = 0; x < width; x++) {
        const at = from + x;
        lines[to + x + 2] = r0[at] + r4[at] + 4 * (r1[at] + r3[at]) + 6 * r2[at];
      }
      lines.fill(lines[to + 2], to, to + 2);
      lines.fill(lines[to + width + 1], to + width + 2, to + step);
      for (let x = 0; x < width; x++) {
        const at = to + x;
        tensor[from + x] =
          lines[at] + lines[at + 4] + 4 * (lines[at + 1] + lines[at + 3]) + 6 * lines[at + 2];
      }
    }
    for (let x = 0; x < width; x++) {
      const xx = PRODUCT_SCALE * tensor[x];
      const xy = PRODUCT_SCALE * tensor[width + x];
      const yy = PRODUCT_SCALE * tensor[2 * width + x];
      strength[y * width + x] = Math.max(0, (xx * yy - xy * xy) / (xx + yy + SMALLEST_TRACE));
    }
  }
  return strength;
}

/** Added to a strength before its logarithm is taken: far below that of any corner. */
export const SMALLEST_STRENGTH = 1e-9;

/**
 * The peak between the pixels around a local maximum: of the quadratic whose derivatives are those of the
 * logarithm's nine values (a corner's strength falls off much like a Gaussian), at most a pixel away.
 *
 * @returns x, y
 */
function peakNear(strength: Float32Array, width: number, at: number): [number, number] {
  const log = (offset: number) => Math.log(strength[at + offset] + SMALLEST_STRENGTH);
  const [middle, left, right, above, below] = [log(0), log(-1), log(1), log(-width), log(width)];
  const x = at % width;
  const y = Math.floor(at / width);
  const xx = left + right - 2 * middle;
  const yy = above + below - 2 * middle;
  const xy = (log(width + 1) + log(-width - 1) - log(width - 1) - log(1 - width)) / 4;
  const determinant = xx * yy - xy * xy;
  if (!(determinant > 0)) return [x, y];
  const [dx, dy] = [(right - left) / 2, (below - above) / 2];
  const within = (offset: number) => Math.min(1, Math.max(-1, offset));
  return [x + within((xy * dy - yy * dx) / determinant), y + within((xy * dx - xx * dy) / determinant)];
}

/**
 * Climbs from each keypoint to the local maximum of the corner strength, at most `radius` pixels away in
 * each direction, and to the peak between the pixels there.
 *
 * @param strength [height, width], >= 0.
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
    const [x, y] = [Math.round(keypoints[2 * n]), Math.round(keypoints[2 * n + 1])];
    const corner = cornerNear(strength, width, height, x, y, radius);
    if (!corner) continue;
    snapped.set(corner, 2 * n);
    found[n] = 1;
  }
  return { keypoints: snapped, found };
}

/** The corner x, y that a pixel climbs to, as in `snapToCorners`; undefined where there is none within reach. */
export function cornerNear(
  strength: Float32Array,
  width: number,
  height: number,
  x: number,
  y: number,
  radius: number,
): readonly [number, number] | undefined {
  const at = climb(strength, width, height, x, y, radius);
  return at < 0 ? undefined : peakNear(strength, width, at);
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
