/**
 * Descriptors of keypoints, interpolated from the coarse map of one vector per cell (§3.3 of DeTone
 * et al. 2018). The vector of cell i stands for the pixel 8i + 3.5, the middle of the cell.
 */
import { given, kernel, MAX_REACH, plus, read, rowProgram, STEP, times } from '../image/row-kernels.js';
import { CELL } from '../network/architecture.js';
import type { CellVectors } from './dense-maps.js';

/** How the descriptors are read from the coarse map. */
export interface DescriptorOptions {
  /** Cubic convolution (Keys 1981, a = -1/2) over 4x4 cells, or linear over 2x2. @default 'bicubic' */
  readonly interpolation?: 'bicubic' | 'bilinear';
  /**
   * Where a pixel lies on the coarse map: `exact` is (x - 3.5) / 8; `superglue` and `magicleap` are the
   * grids, up to 4.5 px off, of the code that weights and features of those names come with.
   * @default 'exact'
   */
  readonly samplingGrid?: 'exact' | 'superglue' | 'magicleap';
}

/** The options with their defaults. @throws RangeError for an unknown name. */
export function descriptorOptions(options: DescriptorOptions = {}): Required<DescriptorOptions> {
  const { interpolation = 'bicubic', samplingGrid = 'exact' } = options;
  if (interpolation !== 'bicubic' && interpolation !== 'bilinear') {
    throw new RangeError(`expected interpolation 'bicubic' or 'bilinear', got '${interpolation}'`);
  }
  if (!['exact', 'superglue', 'magicleap'].includes(samplingGrid)) {
    throw new RangeError(`expected samplingGrid 'exact', 'superglue' or 'magicleap', got '${samplingGrid}'`);
  }
  return { interpolation, samplingGrid };
}

/** Position on the coarse map, in cells, of the pixel coordinate `x`; `cells` along that axis. */
function coarsePosition(x: number, cells: number, grid: Required<DescriptorOptions>['samplingGrid']): number {
  if (grid === 'superglue') return ((x - 3.5) * (cells - 1)) / (CELL * cells - 4.5);
  if (grid === 'magicleap') return ((x / CELL) * (cells - 1)) / cells;
  return (x - 3.5) / CELL;
}

/** Writes the weights of the cells floor(u) - 1 … floor(u) + 2 into `weights`. */
export function cubicWeights(fraction: number, weights: Float64Array): void {
  const t = fraction;
  weights[0] = -0.5 * t + t * t - 0.5 * t * t * t;
  weights[1] = 1 - 2.5 * t * t + 1.5 * t * t * t;
  weights[2] = 0.5 * t + 2 * t * t - 1.5 * t * t * t;
  weights[3] = -0.5 * t * t + 0.5 * t * t * t;
}

/** Writes those of linear interpolation, which are 0 but for two. */
function linearWeights(fraction: number, weights: Float64Array): void {
  weights.set([0, 1 - fraction, fraction, 0]);
}

/**
 * A descriptor of length 1 for each keypoint. Beyond the outermost cell centres the map continues with
 * its edge. Where interpolation gives the zero vector, the descriptor is zero.
 *
 * @param cells as the network gives them for one picture.
 * @param keypoints [N, 2] x, y in pixels of the network's input.
 * @returns [N, dim]
 * @throws RangeError where `cells.data` has another length.
 */
export function sampleDescriptors(
  { cellsHigh, cellsWide, dim, data }: CellVectors,
  keypoints: Float32Array,
  options: DescriptorOptions = {},
): Float32Array {
  const { interpolation, samplingGrid } = descriptorOptions(options);
  if (data.length !== dim * cellsHigh * cellsWide) {
    throw new RangeError(`expected ${cellsHigh}x${cellsWide}x${dim} values, got ${data.length}`);
  }
  const weigh = interpolation === 'bicubic' ? cubicWeights : linearWeights;
  const rows = new CellRows({ cellsHigh, cellsWide, dim, data });
  const count = keypoints.length / 2;
  const descriptors = new Float32Array(count * dim);
  const [acrossWeights, downWeights] = [new Float64Array(4), new Float64Array(4)];
  const v = Float64Array.from({ length: count }, (_, n) =>
    coarsePosition(keypoints[2 * n + 1], cellsHigh, samplingGrid),
  );
  for (const n of ascending(v)) {
    const u = coarsePosition(keypoints[2 * n], cellsWide, samplingGrid);
    const [column, row] = [Math.floor(u), Math.floor(v[n])];
    weigh(u - column, acrossWeights);
    weigh(v[n] - row, downWeights);
    writeNormalised(rows.mix(column, row, acrossWeights, downWeights), descriptors, n * dim);
  }
  return descriptors;
}

/** The indices of numbers in the order of their whole parts. */
function ascending(numbers: Float64Array): Float64Array {
  const keys = numbers.map((value, n) => Math.floor(value) * numbers.length + n).sort();
  return keys.map((key) => key - numbers.length * Math.floor(key / numbers.length));
}

/** The sum of four rows, each by a number. */
const program = rowProgram({
  mix: kernel(
    4,
    [[0, 1, 2, 3].map((n) => times(read(n), given(n))).reduce((sum, term) => plus(sum, term))],
    4,
  ),
});

const BYTES = 4;
/** So many numbers in whole steps of the kernel. */
const inSteps = (count: number) => STEP * Math.ceil(count / STEP);

/** Rows of cells in the memory of the kernel, four at a time, each continued by its edges. */
class CellRows {
  readonly #cells: CellVectors;
  readonly #numbers: Float32Array;
  /** Numbers from a row to the next: of the cells, three in front and three behind. */
  readonly #stride: number;
  /** Which row is in each place. */
  readonly #present = new Int32Array(4).fill(-1);
  readonly #sum: number;
  readonly #mixed: number;

  constructor(cells: CellVectors) {
    const { cellsWide, dim } = cells;
    this.#cells = cells;
    this.#stride = inSteps((cellsWide + 6) * dim);
    this.#sum = MAX_REACH + 4 * this.#stride;
    this.#mixed = this.#sum + inSteps(4 * dim) + STEP;
    this.#numbers = program().numbers(BYTES * (this.#mixed + inSteps(dim)));
  }

  /** What 4x4 cells are together, [dim], until the next call; the second one of each row is that at (column, row). */
  mix(column: number, row: number, across: Float64Array, down: Float64Array): Float32Array {
    const { cellsWide, dim } = this.#cells;
    const { mix } = program().run;
    // Further out all four are that of the edge as well.
    const first = dim * (2 + Math.min(cellsWide, Math.max(-2, column)));
    const place = (n: number) => BYTES * (this.#placeOf(row - 1 + n) + first);
    const [d0, d1, d2, d3] = down;
    const [a0, a1, a2, a3] = across;
    const [sum, cell] = [BYTES * this.#sum, BYTES * dim];
    mix(place(0), place(1), place(2), place(3), sum, d0, d1, d2, d3, 4 * dim);
    mix(sum, sum + cell, sum + 2 * cell, sum + 3 * cell, BYTES * this.#mixed, a0, a1, a2, a3, dim);
    return this.#numbers.subarray(this.#mixed, this.#mixed + dim);
  }

  /** Where a row starts, copied there where it is not yet; beyond the map that of its edge. */
  #placeOf(wanted: number): number {
    const { cellsHigh, cellsWide, dim, data } = this.#cells;
    const row = Math.min(cellsHigh - 1, Math.max(0, wanted));
    const place = MAX_REACH + (row % 4) * this.#stride;
    if (this.#present[row % 4] === row) return place;
    this.#present[row % 4] = row;
    const start = row * cellsWide * dim;
    const end = start + cellsWide * dim;
    this.#numbers.set(data.subarray(start, end), place + 3 * dim);
    for (let n = 0; n < 3; n++) {
      this.#numbers.set(data.subarray(start, start + dim), place + n * dim);
      this.#numbers.set(data.subarray(end - dim, end), place + (cellsWide + 3 + n) * dim);
    }
    return place;
  }
}

function writeNormalised(vector: Float32Array, target: Float32Array, start: number): void {
  let squares = 0;
  for (let channel = 0; channel < vector.length; channel++) squares += vector[channel] * vector[channel];
  if (squares === 0) return;
  const scale = 1 / Math.sqrt(squares);
  for (let channel = 0; channel < vector.length; channel++) target[start + channel] = vector[channel] * scale;
}
