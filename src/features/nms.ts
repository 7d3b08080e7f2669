/**
 * Non-maximum suppression. The rule is greedy: the best pixel is kept and silences the (2 * radius + 1)² square
 * around it, then the best of the rest, and so on; of equal scores the lower index (row-major) goes first.
 */

/** Where suppression stops; the defaults keep everything. */
export interface NmsLimits {
  /** Points nearer than this to an edge silence others but are not returned. @default 0 */
  readonly borderMargin?: number;
  /** Stop after this many returned points. @default Infinity */
  readonly maxKeypoints?: number;
}

/** Bits of a positive float below its exponent and an eighth of its octave. */
const BIN_BITS = 20;
const BINS = 1 << (31 - BIN_BITS);
/** Pixels that are put in order first, then twice as many each time: the better ones silence most of the others. */
const FIRST_PIXELS = 1 << 13;

/**
 * The kept pixels of a map one by one, best first, as indices y * width + x. Only as many pixels are put in order
 * as the caller comes to need.
 *
 * @param map [height, width], scores >= 0; not to be changed while it is looked at.
 * @param radius half the side of the silenced square, whole, >= 0.
 * @param threshold >= 0; only scores above it count.
 * @param borderMargin points nearer than this to an edge silence others but are left out.
 */
export function* suppressed(
  map: Float32Array,
  width: number,
  height: number,
  radius: number,
  threshold: number,
  borderMargin = 0,
): Generator<number, void> {
  // Positive floats are in the order of their bits.
  const bits = new Uint32Array(map.buffer, map.byteOffset, map.length);
  const least = bitsAbove(threshold);
  const counts = countBins(bits, least);
  const silenced = new Uint8Array(map.length);
  for (let above = BINS, wanted = FIRST_PIXELS; above > 0; wanted *= 2) {
    let [from, count] = [above, 0];
    while (from > 0 && (count === 0 || count + counts[from - 1] <= wanted)) count += counts[--from];
    if (count === 0) return;
    const low = Math.max(least, from << BIN_BITS);
    const high = Math.min(INFINITE + 1, above * 2 ** BIN_BITS);
    for (const index of bestFirst(pixelsWithin(bits, silenced, low, high, count), bits)) {
      if (silenced[index] === 1) continue;
      const y = Math.floor(index / width);
      const x = index - y * width;
      silenceSquare(silenced, x, y, radius, width, height);
      if (isInside(x, y, width, height, borderMargin)) yield index;
    }
    above = from;
  }
}

/** Bits of infinity: larger ones are of no number, or of one below 0. */
const INFINITE = 0x7f800000;

/** The bits of the smallest positive float above a threshold >= 0. */
function bitsAbove(threshold: number): number {
  const float = Float32Array.of(threshold);
  const [pattern] = new Uint32Array(float.buffer);
  // The threshold may lie above the float that is nearest to it.
  return float[0] > threshold ? pattern : pattern + 1;
}

/** How many pixels of at least `least` there are of each bin. */
function countBins(bits: Uint32Array, least: number): Uint32Array {
  const counts = new Uint32Array(BINS);
  for (let i = 0; i < bits.length; i++) {
    const pattern = bits[i];
    if (pattern >= least && pattern <= INFINITE) counts[pattern >>> BIN_BITS]++;
  }
  return counts;
}

/** The pixels, at most `count`, that are not silenced and whose bits lie in [low, high). */
function pixelsWithin(
  bits: Uint32Array,
  silenced: Uint8Array,
  low: number,
  high: number,
  count: number,
): Uint32Array<ArrayBuffer> {
  const indices = new Uint32Array(count);
  let found = 0;
  for (let i = 0; i < bits.length; i++) {
    const pattern = bits[i];
    if (pattern >= low && pattern < high && silenced[i] === 0) indices[found++] = i;
  }
  return indices.subarray(0, found);
}

/**
 * The kept pixels of a map, best first: `suppressed`, up to a number.
 * @returns indices y * width + x by descending score.
 */
export function greedyNms(
  map: Float32Array,
  width: number,
  height: number,
  radius: number,
  threshold: number,
  { borderMargin = 0, maxKeypoints = Number.POSITIVE_INFINITY }: NmsLimits = {},
): Uint32Array {
  return take(suppressed(map, width, height, radius, threshold, borderMargin), maxKeypoints);
}

/** The next `count` of a sequence, fewer where it ends. */
export function take(sequence: Iterator<number, void>, count: number): Uint32Array {
  const taken: number[] = [];
  while (taken.length < count) {
    const { value, done } = sequence.next();
    if (done) break;
    taken.push(value);
  }
  return Uint32Array.from(taken);
}

const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

/** Ascending indices by falling value, those of equal ones as they are: a radix sort. */
function bestFirst(indices: Uint32Array<ArrayBuffer>, bits: Uint32Array): Uint32Array {
  let order = indices;
  let keys = indices.map((index) => ~bits[index]);
  let sorted = new Uint32Array(indices.length);
  let sortedKeys = new Uint32Array(indices.length);
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
      const place = offsets[(keys[n] >>> shift) & (DIGITS - 1)]++;
      sorted[place] = order[n];
      sortedKeys[place] = keys[n];
    }
    [order, sorted] = [sorted, order];
    [keys, sortedKeys] = [sortedKeys, keys];
  }
  return order;
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
