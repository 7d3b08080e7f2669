/**
 * Non-maximum suppression on a heatmap. The rule is greedy: the best pixel is kept and silences the
 * (2 * radius + 1)² square around it, then the best of the rest, and so on; of equal scores the lower
 * index (row-major) goes first. Two ways to the same points: by sorting, and by repeated max-pooling.
 */

/** Where suppression stops; the defaults keep everything. */
export interface NmsLimits {
  /** Points nearer than this to an edge silence others but are not returned. @default 0 */
  readonly borderMargin?: number;
  /** Stop after this many returned points. @default Infinity */
  readonly maxKeypoints?: number;
}

const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

/**
 * Indices of all pixels above `threshold`, by descending score, equal scores by ascending index.
 * A radix sort on the bits of the floats: positive floats sort as their bits do, and it is stable.
 */
function sortedCandidates(heatmap: Float32Array, threshold: number): Uint32Array {
  let count = 0;
  for (let i = 0; i < heatmap.length; i++) if (heatmap[i] > threshold) count++;
  let indices = new Uint32Array(count);
  let keys = new Uint32Array(count);
  const bits = new Uint32Array(heatmap.buffer, heatmap.byteOffset, heatmap.length);
  for (let i = 0, n = 0; i < heatmap.length; i++) {
    if (heatmap[i] > threshold) {
      indices[n] = i;
      keys[n++] = ~bits[i];
    }
  }
  let spareIndices = new Uint32Array(count);
  let spareKeys = new Uint32Array(count);
  const offsets = new Uint32Array(DIGITS);
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    offsets.fill(0);
    for (let n = 0; n < count; n++) offsets[(keys[n] >>> shift) & (DIGITS - 1)]++;
    for (let digit = 0, sum = 0; digit < DIGITS; digit++) {
      const size = offsets[digit];
      offsets[digit] = sum;
      sum += size;
    }
    for (let n = 0; n < count; n++) {
      const target = offsets[(keys[n] >>> shift) & (DIGITS - 1)]++;
      spareKeys[target] = keys[n];
      spareIndices[target] = indices[n];
    }
    [keys, spareKeys] = [spareKeys, keys];
    [indices, spareIndices] = [spareIndices, indices];
  }
  return indices;
}

/**
 * The kept pixels, best first.
 *
 * @param heatmap [height, width], scores >= 0.
 * @param radius half the side of the silenced square, whole, >= 0.
 * @param threshold >= 0; only scores above it count.
 * @returns indices y * width + x by descending score.
 */
export function greedyNms(
  heatmap: Float32Array,
  width: number,
  height: number,
  radius: number,
  threshold: number,
  limits: NmsLimits = {},
): Uint32Array {
  const { borderMargin = 0, maxKeypoints = Number.POSITIVE_INFINITY } = limits;
  const candidates = sortedCandidates(heatmap, threshold);
  const silenced = new Uint8Array(width * height);
  let kept = 0;
  for (let n = 0; n < candidates.length && kept < maxKeypoints; n++) {
    const index = candidates[n];
    if (silenced[index] === 1) continue;
    const y = Math.floor(index / width);
    const x = index - y * width;
    fillSquare(silenced, 1, x, y, radius, width, height);
    // The list of the kept overwrites the part of the candidates that has been read.
    if (isInside(x, y, width, height, borderMargin)) candidates[kept++] = index;
  }
  return candidates.slice(0, kept);
}

/**
 * The same points as `greedyNms`, by max-pooling: a pixel that is the best of its square is kept and
 * silences the square; repeated on what is left until nothing is. Two or three rounds do most of it.
 * This is the form that maps to graph operators, and the second opinion on the first.
 */
export function maxPoolNms(
  heatmap: Float32Array,
  width: number,
  height: number,
  radius: number,
  threshold: number,
  limits: NmsLimits = {},
): Uint32Array {
  const { borderMargin = 0, maxKeypoints = Number.POSITIVE_INFINITY } = limits;
  const left = heatmap.map((score) => (score > threshold ? score : 0));
  const kept = new Float32Array(width * height);
  for (let found = true; found; ) {
    found = false;
    const best = bestOfSquares(left, width, height, radius);
    const winners: number[] = [];
    for (let index = 0; index < left.length; index++) {
      if (left[index] > 0 && best[index] === index) winners.push(index);
    }
    for (const index of winners) {
      const y = Math.floor(index / width);
      const x = index - y * width;
      if (isInside(x, y, width, height, borderMargin)) kept[index] = heatmap[index];
      fillSquare(left, 0, x, y, radius, width, height);
      found = true;
    }
  }
  return sortedCandidates(kept, 0).slice(0, Math.min(maxKeypoints, width * height));
}

/** Sets the square around (x, y), as far as it is inside the map. */
function fillSquare(
  map: Uint8Array | Float32Array,
  value: number,
  x: number,
  y: number,
  radius: number,
  width: number,
  height: number,
): void {
  const left = Math.max(0, x - radius);
  const right = Math.min(width, x + radius + 1);
  const bottom = Math.min(height, y + radius + 1);
  for (let row = Math.max(0, y - radius); row < bottom; row++) {
    map.fill(value, row * width + left, row * width + right);
  }
}

function isInside(x: number, y: number, width: number, height: number, margin: number): boolean {
  return x >= margin && y >= margin && x < width - margin && y < height - margin;
}

/** For each pixel the index of the highest score in the square around it, the lower index of equals. */
function bestOfSquares(scores: Float32Array, width: number, height: number, radius: number): Uint32Array {
  const alongRows = new Uint32Array(scores.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const last = Math.min(width - 1, x + radius);
      let best = y * width + Math.max(0, x - radius);
      for (let other = best + 1; other <= y * width + last; other++) {
        if (scores[other] > scores[best]) best = other;
      }
      alongRows[y * width + x] = best;
    }
  }
  const result = new Uint32Array(scores.length);
  for (let y = 0; y < height; y++) {
    const first = Math.max(0, y - radius);
    const last = Math.min(height - 1, y + radius);
    for (let x = 0; x < width; x++) {
      let best = alongRows[first * width + x];
      for (let row = first + 1; row <= last; row++) {
        const other = alongRows[row * width + x];
        if (scores[other] > scores[best]) best = other;
      }
      result[y * width + x] = best;
    }
  }
  return result;
}
