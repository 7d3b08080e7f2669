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

/** Side of the blocks that a map is cut into. */
const SIDE = 8;
/** Pixels up to which looking for the best of the blocks is quicker than sorting them all. */
const FEW = 2048;
/** Bits of infinity: larger ones are of no number. */
const INFINITE = 0x7f800000;

/** A map in blocks, by their best pixels that are not silenced. */
class Blocks {
  /** The bits of the scores: of positive floats they are in the same order, and whole numbers are quicker. */
  readonly #bits: Int32Array;
  readonly #threshold: number;
  readonly #width: number;
  readonly #height: number;
  readonly #across: number;
  readonly #silenced: Uint8Array;
  /** Of each block the best pixel, and its score. */
  readonly #pixels: Uint32Array;
  readonly #scores: Int32Array;
  /** A heap of the blocks that have a pixel left: each comes before its children, 2 n + 1 and 2 n + 2. */
  readonly #heap: Uint32Array;
  #count = 0;

  constructor(map: Float32Array, width: number, height: number, threshold: number) {
    this.#bits = bitsOf(map);
    this.#threshold = bitsAtMost(threshold);
    this.#width = width;
    this.#height = height;
    this.#across = Math.ceil(width / SIDE);
    const count = this.#across * Math.ceil(height / SIDE);
    this.#silenced = new Uint8Array(map.length);
    this.#pixels = new Uint32Array(count);
    this.#scores = new Int32Array(count);
    this.#heap = new Uint32Array(count);
    for (let block = 0; block < count; block++) {
      if (this.#findBest(block)) this.#heap[this.#count++] = block;
    }
    for (let at = (this.#count >> 1) - 1; at >= 0; at--) this.#sink(at);
  }

  /** The best pixel that is left; undefined where there is none. */
  next(): number | undefined {
    while (this.#count > 0) {
      const [block] = this.#heap;
      const pixel = this.#pixels[block];
      if (this.#silenced[pixel] === 0) return pixel;
      if (!this.#findBest(block)) this.#heap[0] = this.#heap[--this.#count];
      this.#sink(0);
    }
    return undefined;
  }

  /** Marks the square around a pixel, as far as it is inside the map. */
  silence(x: number, y: number, radius: number): void {
    const left = Math.max(0, x - radius);
    const right = Math.min(this.#width, x + radius + 1);
    const bottom = Math.min(this.#height, y + radius + 1);
    const silenced = this.#silenced;
    for (let row = Math.max(0, y - radius); row < bottom; row++) {
      const end = row * this.#width + right;
      for (let i = row * this.#width + left; i < end; i++) silenced[i] = 1;
    }
  }

  /** Looks for the best pixel of a block, the first of equal ones; says whether there is one. */
  #findBest(block: number): boolean {
    const left = (block % this.#across) * SIDE;
    const top = Math.floor(block / this.#across) * SIDE;
    const wide = Math.min(SIDE, this.#width - left);
    const bottom = Math.min(this.#height, top + SIDE);
    const [bits, silenced] = [this.#bits, this.#silenced];
    let best = -1;
    let score = this.#threshold;
    for (let y = top; y < bottom; y++) {
      const start = y * this.#width + left;
      for (let i = start; i < start + wide; i++) {
        if (bits[i] > score && bits[i] <= INFINITE && silenced[i] === 0) {
          best = i;
          score = bits[i];
        }
      }
    }
    this.#pixels[block] = best;
    this.#scores[block] = score;
    return best >= 0;
  }

  /** Moves an entry of the heap down to its place. */
  #sink(from: number): void {
    const heap = this.#heap;
    const block = heap[from];
    let at = from;
    for (let child = 2 * at + 1; child < this.#count; child = 2 * at + 1) {
      if (child + 1 < this.#count && this.#isBefore(heap[child + 1], heap[child])) child++;
      if (!this.#isBefore(heap[child], block)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = block;
  }

  #isBefore(a: number, b: number): boolean {
    const difference = this.#scores[a] - this.#scores[b];
    return difference > 0 || (difference === 0 && this.#pixels[a] < this.#pixels[b]);
  }
}

/** The bits of floats. */
const bitsOf = (map: Float32Array) => new Int32Array(map.buffer, map.byteOffset, map.length);

/** The pixels above a threshold, best first: what is kept where none silences another. */
function sortedPixels(map: Float32Array, threshold: number): Uint32Array {
  const bits = bitsOf(map);
  const least = bitsAtMost(threshold);
  const keys = new BigUint64Array(map.length);
  // The lower half is a pixel, the upper one falls as its score grows.
  const halves = new Uint32Array(keys.buffer);
  let count = 0;
  for (let i = 0; i < bits.length; i++) {
    if (bits[i] <= least || bits[i] > INFINITE) continue;
    halves[2 * count] = i;
    halves[2 * count + 1] = INFINITE - bits[i];
    count++;
  }
  keys.subarray(0, count).sort();
  return Uint32Array.from({ length: count }, (_, n) => halves[2 * n]);
}

/** The bits of the largest float that is not above a threshold >= 0. */
function bitsAtMost(threshold: number): number {
  // The sign of -0 is a bit as well.
  const float = Float32Array.of(Math.abs(threshold));
  const [pattern] = new Int32Array(float.buffer);
  return float[0] > threshold ? pattern - 1 : pattern;
}

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
  const kept =
    radius > 0 ? greedy(map, width, height, radius, threshold) : all(map, width, height, threshold);
  for (const index of kept) {
    const y = Math.floor(index / width);
    if (isInside(index - y * width, y, width, height, borderMargin)) yield index;
  }
}

/** All pixels: those that are asked for as a rule one by one, then the rest sorted, in a third of the time. */
function* all(map: Float32Array, width: number, height: number, threshold: number) {
  let count = 0;
  for (const index of greedy(map, width, height, 0, threshold)) {
    if (count === FEW) return yield* sortedPixels(map, threshold).subarray(FEW);
    count++;
    yield index;
  }
}

/** The best pixel, then the best that it leaves, and so on. */
function* greedy(map: Float32Array, width: number, height: number, radius: number, threshold: number) {
  const blocks = new Blocks(map, width, height, threshold);
  for (let index = blocks.next(); index !== undefined; index = blocks.next()) {
    const y = Math.floor(index / width);
    blocks.silence(index - y * width, y, radius);
    yield index;
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
function take(sequence: Iterator<number, void>, count: number): Uint32Array {
  const taken: number[] = [];
  while (taken.length < count) {
    const { value, done } = sequence.next();
    if (done) break;
    taken.push(value);
  }
  return Uint32Array.from(taken);
}

function isInside(x: number, y: number, width: number, height: number, margin: number): boolean {
  return x >= margin && y >= margin && x < width - margin && y < height - margin;
}
