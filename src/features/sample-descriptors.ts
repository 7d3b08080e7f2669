/**
 * Descriptors of keypoints, interpolated from the coarse map of one vector per cell (§3.3 of DeTone
 * et al. 2018). The vector of cell i stands for the pixel 8i + 3.5, the middle of the cell.
 */
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
  const taps = interpolation === 'bicubic' ? 4 : 2;
  const before = taps / 2 - 1;
  const weightsX = new Float64Array(4);
  const weightsY = new Float64Array(4);
  const sum = new Float32Array(dim);
  const places = new Int32Array(4);
  const count = keypoints.length / 2;
  const descriptors = new Float32Array(count * dim);
  for (let n = 0; n < count; n++) {
    const u = coarsePosition(keypoints[2 * n], cellsWide, samplingGrid);
    const v = coarsePosition(keypoints[2 * n + 1], cellsHigh, samplingGrid);
    const column = Math.floor(u);
    const row = Math.floor(v);
    if (taps === 4) {
      cubicWeights(u - column, weightsX);
      cubicWeights(v - row, weightsY);
    } else {
      weightsX.set([1 - (u - column), u - column]);
      weightsY.set([1 - (v - row), v - row]);
    }
    sum.fill(0);
    for (let tapY = 0; tapY < taps; tapY++) {
      const y = Math.min(cellsHigh - 1, Math.max(0, row - before + tapY));
      for (let tapX = 0; tapX < 4; tapX++) {
        const x = Math.min(cellsWide - 1, Math.max(0, column - before + tapX));
        places[tapX] = (y * cellsWide + x) * dim;
      }
      addRow(sum, data, places, weightsX, weightsY[tapY]);
    }
    writeNormalised(sum, descriptors, n * dim);
  }
  return descriptors;
}

/** Adds four vectors, each by its weight times `weight`. */
function addRow(
  sum: Float32Array,
  data: Float32Array | Int16Array,
  [p0, p1, p2, p3]: Int32Array,
  weights: Float64Array,
  weight: number,
): void {
  const [w0, w1, w2, w3] = [
    weight * weights[0],
    weight * weights[1],
    weight * weights[2],
    weight * weights[3],
  ];
  for (let channel = 0; channel < sum.length; channel++) {
    sum[channel] +=
      w0 * data[p0 + channel] + w1 * data[p1 + channel] + w2 * data[p2 + channel] + w3 * data[p3 + channel];
  }
}

function writeNormalised(vector: Float32Array, target: Float32Array, start: number): void {
  let squares = 0;
  for (let channel = 0; channel < vector.length; channel++) squares += vector[channel] * vector[channel];
  if (squares === 0) return;
  const scale = 1 / Math.sqrt(squares);
  for (let channel = 0; channel < vector.length; channel++) target[start + channel] = vector[channel] * scale;
}
