/** SIFT's descriptor: 4 x 4 histograms of 8 gradient directions (Lowe 2004, §6). */
import type { SiftKeypoint } from './sift-keypoints.js';
import type { Plane } from './sift-scale-space.js';

/** Histograms along a side, and directions of each. */
const SIDE = 4;
const DIRECTIONS = 8;
/** Length of a descriptor. */
export const SIFT_DIM = SIDE * SIDE * DIRECTIONS;
/** Width of a histogram in multiples of the keypoint's scale. */
const CELL_WIDTH = 3;
/** No number above this share of the length, so that a change of light at one edge does not rule. */
const LARGEST_SHARE = 0.2;
/** Length of the result before it is rounded to 0 … 255. */
const LENGTH = 512;

/** Histograms with a margin of one all around, in which interpolation needs no bounds. */
const ROW_STRIDE = (SIDE + 2) * DIRECTIONS;

/**
 * Writes the descriptor of a keypoint, whole numbers 0 … 255, to `out` from `at` on.
 * @param level the blurred picture of the keypoint's octave and layer.
 */
export function siftDescriptor(level: Plane, keypoint: SiftKeypoint, out: Float32Array, at: number): void {
  const histograms = gatherGradients(level, keypoint);
  let squared = 0;
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const from = (row + 1) * ROW_STRIDE + (column + 1) * DIRECTIONS;
      for (let n = 0; n < DIRECTIONS; n++) {
        const value = histograms[from + n];
        out[at + (row * SIDE + column) * DIRECTIONS + n] = value;
        squared += value * value;
      }
    }
  }
  const largest = LARGEST_SHARE * Math.sqrt(squared);
  let clipped = 0;
  for (let n = at; n < at + SIFT_DIM; n++) {
    out[n] = Math.min(out[n], largest);
    clipped += out[n] * out[n];
  }
  const scale = LENGTH / Math.max(Math.sqrt(clipped), Number.EPSILON);
  for (let n = at; n < at + SIFT_DIM; n++) out[n] = Math.min(255, Math.round(out[n] * scale));
}

function gatherGradients({ width, height, data }: Plane, { x, y, scale, angle }: SiftKeypoint): Float64Array {
  const histograms = new Float64Array((SIDE + 2) * ROW_STRIDE);
  const cell = CELL_WIDTH * scale;
  const diagonal = Math.round(Math.hypot(width, height));
  const radius = Math.min(diagonal, Math.round(cell * Math.SQRT2 * (SIDE + 1) * 0.5));
  // y of the picture points down, the angle turns up: the patch is turned by minus the angle.
  const cos = Math.cos(angle) / cell;
  const sin = -Math.sin(angle) / cell;
  const centreColumn = Math.round(x);
  const centreRow = Math.round(y);
  for (let i = -radius; i <= radius; i++) {
    const row = centreRow + i;
    if (row <= 0 || row >= height - 1) continue;
    for (let j = -radius; j <= radius; j++) {
      const column = centreColumn + j;
      if (column <= 0 || column >= width - 1) continue;
      const across = j * cos + i * sin;
      const down = i * cos - j * sin;
      const columnBin = across + SIDE / 2 - 0.5;
      const rowBin = down + SIDE / 2 - 0.5;
      if (rowBin <= -1 || rowBin >= SIDE || columnBin <= -1 || columnBin >= SIDE) continue;
      const pixel = row * width + column;
      const dx = data[pixel + 1] - data[pixel - 1];
      const dy = data[pixel - width] - data[pixel + width];
      const weight = Math.exp(-(across * across + down * down) / (SIDE * SIDE * 0.5)) * Math.hypot(dx, dy);
      const direction = ((Math.atan2(dy, dx) - angle) / (2 * Math.PI)) * DIRECTIONS;
      spread(histograms, rowBin, columnBin, direction, weight);
    }
  }
  return histograms;
}

/** Shares a gradient among the two nearest rows, columns and directions. */
function spread(histograms: Float64Array, row: number, column: number, direction: number, weight: number) {
  const row0 = Math.floor(row);
  const column0 = Math.floor(column);
  const direction0 = Math.floor(direction);
  const rowShare = row - row0;
  const columnShare = column - column0;
  const directionShare = direction - direction0;
  const low = (((direction0 % DIRECTIONS) + DIRECTIONS) % DIRECTIONS) | 0;
  const high = (low + 1) % DIRECTIONS;
  for (let i = 0; i < 2; i++) {
    const inRow = weight * (i === 0 ? 1 - rowShare : rowShare);
    for (let j = 0; j < 2; j++) {
      const value = inRow * (j === 0 ? 1 - columnShare : columnShare);
      const cell = (row0 + 1 + i) * ROW_STRIDE + (column0 + 1 + j) * DIRECTIONS;
      histograms[cell + low] += value * (1 - directionShare);
      histograms[cell + high] += value * directionShare;
    }
  }
}
