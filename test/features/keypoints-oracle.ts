/** Keypoints at corners of the picture, step by step over whole maps: the second opinion on what is quick. */
import { cornerStrength, snapToCorners } from '../../src/features/corners.js';
import { type KeypointOptions, keypointOptions } from '../../src/features/extract-keypoints.js';
import { greedyNms } from '../../src/features/nms.js';
import type { GrayImage } from '../../src/image/image.js';

const REACH = 2;

/** The mean over the 5x5 pixels around each, zero outside. */
function boxMean(map: Float32Array, width: number, height: number): Float32Array {
  return map.map((_, i) => {
    let sum = 0;
    for (let dy = -2; dy <= 2; dy++) {
      const y = Math.floor(i / width) + dy;
      for (let dx = -2; dx <= 2; dx++) {
        const x = (i % width) + dx;
        if (x >= 0 && y >= 0 && x < width && y < height) sum += map[y * width + x];
      }
    }
    return sum / 25;
  });
}

/**
 * What stands out both for the network and in the picture: the heatmap, smoothed, times the corner strength;
 * 0 more than two pixels from a probability above the threshold.
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
  const heat = boxMean(boxMean(heatmap, width, height), width, height);
  const weighted = new Float32Array(heatmap.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!(heatmap[y * width + x] > threshold)) continue;
      for (let v = Math.max(0, y - REACH); v <= Math.min(height - 1, y + REACH); v++) {
        for (let u = Math.max(0, x - REACH); u <= Math.min(width - 1, x + REACH); u++) {
          const at = v * width + u;
          weighted[at] = heat[at] * strength[at];
        }
      }
    }
  }
  return weighted;
}

/** Means of the squares of this radius, so many times, edges continued. */
function squareMeans(map: Float32Array, width: number, height: number, times: number): Float32Array {
  const [wide, high] = [width + 2 * times, height + 2 * times];
  const clamp = (value: number, length: number) => Math.min(length - 1, Math.max(0, value));
  let sums = Float64Array.from({ length: wide * high }, (_, i) => {
    const [x, y] = [(i % wide) - times, Math.floor(i / wide) - times];
    return map[clamp(y, height) * width + clamp(x, width)];
  });
  for (let n = 1; n <= times; n++) {
    sums = sums.map((_, i) => {
      const [x, y] = [i % wide, Math.floor(i / wide)];
      if (x < n || y < n || x >= wide - n || y >= high - n) return 0;
      let sum = 0;
      for (const row of [-wide, 0, wide]) for (const column of [-1, 0, 1]) sum += sums[i + row + column];
      return sum / 9;
    });
  }
  return map.map((_, i) => sums[(Math.floor(i / width) + times) * wide + (i % width) + times]);
}

/** The strength at the picture's scale and four times that at a larger one. */
export function cornerStrengthOracle(image: GrayImage): Float32Array {
  const { width, height, data } = image;
  const clamp = (value: number, length: number) => Math.min(length - 1, Math.max(0, value));
  const at = (map: Float32Array, x: number, y: number) => map[clamp(y, height) * width + clamp(x, width)];
  const overPixels = (of: (x: number, y: number) => number) =>
    data.map((_, i) => of(i % width, Math.floor(i / width)));
  const fine = overPixels((x, y) => {
    let sum = 0;
    for (const dy of [-1, 0, 1]) {
      for (const dx of [-1, 0, 1])
        sum += ((2 - Math.abs(dx)) * (2 - Math.abs(dy)) * at(data, x + dx, y + dy)) / 16;
    }
    return sum;
  });
  const coarse = squareMeans(fine, width, height, 2);
  const gx = overPixels((x, y) => at(coarse, x + 1, y) - at(coarse, x - 1, y));
  const gy = overPixels((x, y) => at(coarse, x, y + 1) - at(coarse, x, y - 1));
  const [xx, xy, yy] = [
    [gx, gx],
    [gx, gy],
    [gy, gy],
  ].map(([a, b]) =>
    squareMeans(
      a.map((value, i) => value * b[i]),
      width,
      height,
      3,
    ),
  );
  return cornerStrength(image).map((sharp, i) => {
    const determinant = xx[i] * yy[i] - xy[i] * xy[i];
    return sharp + 4 * Math.max(0, determinant / (xx[i] + yy[i] + 1e-6));
  });
}

/** The keypoints [N, 2] and scores [N] of a heatmap and its picture. */
export function cornerKeypointsOracle(
  heatmap: Float32Array,
  image: GrayImage,
  options: KeypointOptions = {},
) {
  const { width, height } = image;
  const { detectionThreshold, nmsRadius, borderMargin, maxKeypoints, cornerRadius } =
    keypointOptions(options);
  const strength = cornerStrengthOracle(image);
  const weighted = cornerHeatmap(heatmap, strength, width, height, detectionThreshold);
  const kept = greedyNms(weighted, width, height, nmsRadius, 0, { borderMargin });
  const pixels = Float32Array.from([...kept].flatMap((i) => [i % width, Math.floor(i / width)]));
  const { keypoints } = snapToCorners(strength, width, height, pixels, cornerRadius);
  const taken = new Set<string>();
  const found = [...kept].flatMap((index, n) => {
    const [x, y] = keypoints.subarray(2 * n, 2 * n + 2);
    const pixel = `${Math.round(x)} ${Math.round(y)}`;
    if (taken.has(pixel)) return [];
    taken.add(pixel);
    return [{ x, y, score: Math.sqrt(weighted[index]) }];
  });
  return found.slice(0, maxKeypoints);
}
