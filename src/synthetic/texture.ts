/**
 * Smooth random textures: noise on a coarse grid, spread by quadratic B-splines. A few additions per
 * pixel whatever the size of the blobs, where the usual wide blurs of big pictures cost hundreds.
 */
import type { Random } from '../random.js';

/** Where each pixel of an axis lies on the coarse grid: first node and the weights of three nodes. */
function splineTaps(
  length: number,
  spacing: number,
  shift: number,
): { node: Int32Array; weights: Float32Array } {
  const node = new Int32Array(length);
  const weights = new Float32Array(3 * length);
  for (let i = 0; i < length; i++) {
    const position = i / spacing + shift;
    const t = position - Math.floor(position);
    node[i] = Math.floor(position);
    weights[3 * i] = 0.5 * (1 - t) * (1 - t);
    weights[3 * i + 1] = 0.5 + t * (1 - t);
    weights[3 * i + 2] = 0.5 * t * t;
  }
  return { node, weights };
}

/**
 * Smooth noise in [-1, 1].
 * @param spacing size of its blobs in pixels, at least 1
 * @returns `[height * width]`
 */
export function smoothNoise(random: Random, width: number, height: number, spacing: number): Float32Array {
  const horizontal = splineTaps(width, spacing, random.uniform());
  const vertical = splineTaps(height, spacing, random.uniform());
  const gridWidth = horizontal.node[width - 1] + 3;
  const gridHeight = vertical.node[height - 1] + 3;
  const grid = new Float32Array(gridWidth * gridHeight);
  for (let i = 0; i < grid.length; i++) grid[i] = random.between(-1, 1);

  const noise = new Float32Array(width * height);
  const row = new Float32Array(gridWidth);
  for (let y = 0; y < height; y++) {
    const top = vertical.node[y] * gridWidth;
    const a = vertical.weights[3 * y];
    const b = vertical.weights[3 * y + 1];
    const c = vertical.weights[3 * y + 2];
    for (let i = 0; i < gridWidth; i++) {
      row[i] = a * grid[top + i] + b * grid[top + gridWidth + i] + c * grid[top + 2 * gridWidth + i];
    }
    const { node, weights } = horizontal;
    for (let x = 0; x < width; x++) {
      const k = node[x];
      noise[y * width + x] =
        weights[3 * x] * row[k] + weights[3 * x + 1] * row[k + 1] + weights[3 * x + 2] * row[k + 2];
    }
  }
  return noise;
}

/** Blurs in place by the kernel [spread, 1 - 2 spread, spread] both ways; its variance is 2 spread. */
export function soften(data: Float32Array, width: number, height: number, spread: number): void {
  const centre = 1 - 2 * spread;
  for (let y = 0; y < height; y++) {
    const start = y * width;
    let left = data[start];
    for (let x = start; x < start + width; x++) {
      const here = data[x];
      const right = data[x + 1 < start + width ? x + 1 : x];
      data[x] = centre * here + spread * (left + right);
      left = here;
    }
  }
  const above = data.slice(0, width);
  for (let y = 0; y < height; y++) {
    const below = y + 1 < height ? width : 0;
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const here = data[i];
      data[i] = centre * here + spread * (above[x] + data[i + below]);
      above[x] = here;
    }
  }
}
