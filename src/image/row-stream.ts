/** Maps as rows in the memory of kernels, made from the top down when they are asked for; a few are kept at a time. */
import { MAX_REACH, type RowFunction, type RowProgram, STEP } from './row-kernels.js';

/** Numbers in front of a row and behind it; the nearest ones continue the row. */
const MARGIN = MAX_REACH;
const CONTINUED = 3;
/** Rows of a map that are kept, from the first that is still asked for to the last one made. */
const KEPT = 8;
const BYTES = 4;

/** What continues a map beyond its edges: the edge itself, or zeros. */
export type Border = 'edge' | 'zero';

/** How the rows of a map are made. */
export interface RowOptions {
  /** @default 'edge' */
  readonly border?: Border;
  /** Maps side by side, a row of each behind the other. @default 1 */
  readonly parts?: number;
}

/** Memory for rows of one width. It is that of the kernels, so one stream is worked off before the next begins. */
export class RowStream {
  readonly width: number;
  readonly height: number;
  /** Bytes from the rows of a map to those of the next. */
  readonly stride: number;
  readonly #program: RowProgram<string>;
  #numbers: Float32Array;
  /** Kernels start in front of their rows, the first one too. */
  #used = BYTES * MARGIN;

  constructor(program: RowProgram<string>, width: number, height: number) {
    this.width = width;
    this.height = height;
    this.stride = BYTES * (2 * MARGIN + STEP * Math.ceil(width / STEP));
    this.#program = program;
    this.#numbers = program.numbers(this.#used);
  }

  /** Where the pixels of some new rows start, in bytes; all zeros. */
  take(rows = 1): number {
    const start = this.#used;
    this.#used += rows * this.stride;
    this.#numbers = this.#program.numbers(this.#used);
    this.#numbers.fill(0, start / BYTES, this.#used / BYTES);
    return start + BYTES * MARGIN;
  }

  /** A map whose rows `make` writes from `out` on, in their order. */
  rows(make: (y: number, out: number) => void, options?: RowOptions): Rows {
    return new Rows(this, make, options);
  }

  /** A map that lies elsewhere, [height, width]. */
  load(map: Float32Array, border?: Border): Rows {
    const { width } = this;
    return this.rows((y, out) => this.#numbers.set(map.subarray(y * width, (y + 1) * width), out / BYTES), {
      border,
    });
  }

  /** Copies the row at `from` to row `y` of a map that lies elsewhere. */
  save(from: number, map: Float32Array, y: number): void {
    const start = from / BYTES;
    map.set(this.#numbers.subarray(start, start + this.width), y * this.width);
  }

  /**
   * Runs a kernel on a row and as many above and below as it takes besides, `reach` each way, margins included.
   * @param out where it writes the one row, of as many parts.
   */
  down(run: RowFunction, rows: Rows, y: number, reach: number, out: number): void {
    const before = BYTES * MARGIN;
    const addresses: number[] = [];
    for (let row = y - reach; row <= y + reach; row++) addresses.push(rows.at(row) - before);
    run(...addresses, out - before, (rows.parts * this.stride) / BYTES);
  }

  /** Continues a row on both sides. */
  continue(row: number, border: Border): void {
    const numbers = this.#numbers;
    const first = row / BYTES;
    const last = first + this.width - 1;
    const [left, right] = border === 'edge' ? [numbers[first], numbers[last]] : [0, 0];
    for (let n = 1; n <= CONTINUED; n++) {
      numbers[first - n] = left;
      numbers[last + n] = right;
    }
  }
}

/** The rows of a map; `RowStream.rows` makes it. */
export class Rows {
  readonly parts: number;
  readonly #stream: RowStream;
  readonly #border: Border;
  readonly #start: number;
  readonly #zeros: number | undefined;
  readonly #make: (y: number, out: number) => void;
  #made = 0;

  constructor(
    stream: RowStream,
    make: (y: number, out: number) => void,
    { border = 'edge', parts = 1 }: RowOptions = {},
  ) {
    this.parts = parts;
    this.#stream = stream;
    this.#border = border;
    this.#start = stream.take(KEPT * parts);
    this.#zeros = border === 'zero' ? stream.take(parts) : undefined;
    this.#make = make;
  }

  /** Where the pixels of a row start, in bytes. @param y at most `KEPT` - 1 above the last row made. */
  at(y: number): number {
    const last = this.#stream.height - 1;
    if (this.#zeros !== undefined && (y < 0 || y > last)) return this.#zeros;
    const row = y < 0 ? 0 : y > last ? last : y;
    for (; this.#made <= row; this.#made++) {
      const out = this.#address(this.#made);
      this.#make(this.#made, out);
      for (let n = 0; n < this.parts; n++) this.#stream.continue(out + n * this.#stream.stride, this.#border);
    }
    return this.#address(row);
  }

  #address(y: number): number {
    return this.#start + (y % KEPT) * this.parts * this.#stream.stride;
  }
}
