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
/** Pixels that are put in order at a time: the best are enough for as many keypoints as most ask for. */
const FIRST_PIXELS = 1 << 15;

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
  const counts = new Uint32Array(BINS);
  for (let i = 0; i < map.length; i++) if (map[i] > threshold) counts[bits[i] >>> BIN_BITS]++;
  const silenced = new Uint8Array(map.length);
  for (let above = BINS, wanted = FIRST_PIXELS; above > 0; wanted *= 2) {
    let [from, count] = [above, 0];
    while (from > 0 && (count === 0 || count + counts[from - 1] <= wanted)) count += counts[--from];
    const [least, limit] = [from << BIN_BITS, above * 2 ** BIN_BITS];
    const indices = new Uint32Array(count);
    let found = 0;
    for (let i = 0; i < map.length; i++) {
      const pattern = bits[i];
      if (pattern >= least && pattern < limit && map[i] > threshold && silenced[i] === 0)
        indices[found++] = i;
    }
    for (const index of bestFirst(indices.subarray(0, found), bits)) {
      if (silenced[index] === 1) continue;
      const y = Math.floor(index / width);
      const x = index - y * width;
      silenceSquare(silenced, x, y, radius, width, height);
      if (isInside(x, y, width, height, borderMargin)) yield index;
    }
    above = from;
  }
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
  let sorted = new Uint32Array(indices.length);
  const offsets = new Uint32Array(DIGITS);
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    const digitOf = (index: number) => (~bits[index] >>> shift) & (DIGITS - 1);
    offsets.fill(0);
    for (let n = 0; n < order.length; n++) offsets[digitOf(order[n])]++;
    for (let digit = 0, sum = 0; digit < DIGITS; digit++) {
      const size = offsets[digit];
      offsets[digit] = sum;
      sum += size;
    }
    for (let n = 0; n < order.length; n++) sorted[offsets[digitOf(order[n])]++] = order[n];
    [order, sorted] = [sorted, order];
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
