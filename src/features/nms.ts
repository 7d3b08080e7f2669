/**
 * Non-maximum suppression. The rule is greedy: the best pixel is kept and silences the (2 * radius + 1)² square
 * around it, then the best of the rest, and so on; of equal scores the lower index (row-major) goes first.
 */

/** Pixels that may be kept. */
export interface Candidates {
  /** y * width + x, ascending. */
  readonly indices: Uint32Array;
  /** > 0 */
  readonly values: Float32Array;
}

/** Where suppression stops; the defaults keep everything. */
export interface NmsLimits {
  /** Points nearer than this to an edge silence others but are not returned. @default 0 */
  readonly borderMargin?: number;
  /** Stop after this many returned points. @default Infinity */
  readonly maxKeypoints?: number;
}

const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

/** The places of the keys in ascending order, those of equal keys as they are: a radix sort. */
export function ascending(keys: Uint32Array): Uint32Array {
  let order = Uint32Array.from(keys.keys());
  let sorted = new Uint32Array(keys.length);
  const offsets = new Uint32Array(DIGITS);
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    offsets.fill(0);
    for (let n = 0; n < keys.length; n++) offsets[(keys[n] >>> shift) & (DIGITS - 1)]++;
    for (let digit = 0, sum = 0; digit < DIGITS; digit++) {
      const size = offsets[digit];
      offsets[digit] = sum;
      sum += size;
    }
    for (let n = 0; n < keys.length; n++) {
      const place = order[n];
      sorted[offsets[(keys[place] >>> shift) & (DIGITS - 1)]++] = place;
    }
    [order, sorted] = [sorted, order];
  }
  return order;
}

/**
 * The kept ones of the candidates, best first.
 *
 * @param radius half the side of the silenced square, whole, >= 0.
 * @returns their places among the candidates, by descending value.
 */
export function suppress(
  { indices, values }: Candidates,
  width: number,
  height: number,
  radius: number,
  limits: NmsLimits = {},
): Uint32Array {
  const { borderMargin = 0, maxKeypoints = Number.POSITIVE_INFINITY } = limits;
  // Positive floats sort as their bits do.
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const order = ascending(bits.map((pattern) => ~pattern));
  const silenced = new Uint8Array(width * height);
  let kept = 0;
  for (let n = 0; n < order.length && kept < maxKeypoints; n++) {
    const index = indices[order[n]];
    if (silenced[index] === 1) continue;
    const y = Math.floor(index / width);
    const x = index - y * width;
    silenceSquare(silenced, x, y, radius, width, height);
    // The list of the kept overwrites the part of the order that has been read.
    if (isInside(x, y, width, height, borderMargin)) order[kept++] = order[n];
  }
  return order.slice(0, kept);
}

/**
 * The kept pixels of a heatmap, best first.
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
  let count = 0;
  for (let i = 0; i < heatmap.length; i++) if (heatmap[i] > threshold) count++;
  const indices = new Uint32Array(count);
  const values = new Float32Array(count);
  for (let i = 0, n = 0; i < heatmap.length; i++) {
    if (heatmap[i] > threshold) {
      indices[n] = i;
      values[n++] = heatmap[i];
    }
  }
  return suppress({ indices, values }, width, height, radius, limits).map((place) => indices[place]);
}

/** Marks the square around (x, y), as far as it is inside the map. */
function silenceSquare(
  silenced: Uint8Array,
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
    silenced.fill(1, row * width + left, row * width + right);
  }
}

function isInside(x: number, y: number, width: number, height: number, margin: number): boolean {
  return x >= margin && y >= margin && x < width - margin && y < height - margin;
}
