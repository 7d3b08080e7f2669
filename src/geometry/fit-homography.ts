/**
 * Fits a homography to correspondences by minimising the transfer error in picture 1 under Tukey's
 * biweight, which ignores whatever is further off than a cut-off: Gauss-Newton steps with
 * Levenberg-Marquardt damping over all nine elements, the norm held at 1.
 */

/** Correspondences as [M, 4]: x0, y0, x1, y1, in coordinates of order 1 (see `normalisation`). */
export type PointPairs = Float64Array;

/** Squared transfer error; infinite on the far side of the horizon, so H's sign has to put w > 0. */
export function squaredTransferError(h: Float64Array, pairs: PointPairs, at: number): number {
  const x = pairs[at];
  const y = pairs[at + 1];
  const w = h[6] * x + h[7] * y + h[8];
  if (!(w > 0)) return Number.POSITIVE_INFINITY;
  const dx = (h[0] * x + h[1] * y + h[2]) / w - pairs[at + 2];
  const dy = (h[3] * x + h[4] * y + h[5]) / w - pairs[at + 3];
  return dx * dx + dy * dy;
}

/** Sum of Tukey's loss, between 0 and 1 per correspondence. */
function robustCost(h: Float64Array, pairs: PointPairs, cutoff: number): number {
  let cost = 0;
  for (let at = 0; at < pairs.length; at += 4) {
    const ratio = squaredTransferError(h, pairs, at) / (cutoff * cutoff);
    cost += ratio < 1 ? 1 - (1 - ratio) ** 3 : 1;
  }
  return cost;
}

/** The weighted normal equations at h: the 9x9 matrix JᵀWJ and the 9-vector JᵀWr. */
interface NormalEquations {
  readonly matrix: Float64Array;
  readonly gradient: Float64Array;
}

function normalEquations(h: Float64Array, pairs: PointPairs, cutoff: number): NormalEquations {
  const matrix = new Float64Array(81);
  const gradient = new Float64Array(9);
  // With p = (x, y, 1) the two rows of J are (p, 0, -u p) / w and (0, p, -v p) / w: the matrix consists
  // of 3x3 blocks, sums of p pᵀ times 1, -u, -v and u² + v². Six numbers of each are enough.
  const sums = new Float64Array(24);
  for (let at = 0; at < pairs.length; at += 4) {
    const x = pairs[at];
    const y = pairs[at + 1];
    const w = h[6] * x + h[7] * y + h[8];
    if (!(w > 0)) continue;
    const u = (h[0] * x + h[1] * y + h[2]) / w;
    const v = (h[3] * x + h[4] * y + h[5]) / w;
    const dx = u - pairs[at + 2];
    const dy = v - pairs[at + 3];
    const ratio = (dx * dx + dy * dy) / (cutoff * cutoff);
    if (ratio >= 1) continue;
    const weight = (1 - ratio) ** 2 / w;
    const residuals = [dx, dy, -(u * dx + v * dy)];
    for (let row = 0; row < 3; row++) {
      const pull = weight * residuals[row];
      gradient[3 * row] += pull * x;
      gradient[3 * row + 1] += pull * y;
      gradient[3 * row + 2] += pull;
    }
    const scale = weight / w;
    accumulate(sums, 0, scale, x, y);
    accumulate(sums, 6, -u * scale, x, y);
    accumulate(sums, 12, -v * scale, x, y);
    accumulate(sums, 18, (u * u + v * v) * scale, x, y);
  }
  const blocks = [0, -1, 6, -1, 0, 12, 6, 12, 18];
  const symmetric = [0, 1, 2, 1, 3, 4, 2, 4, 5];
  for (let row = 0; row < 9; row++) {
    for (let column = 0; column < 9; column++) {
      const block = blocks[3 * Math.floor(row / 3) + Math.floor(column / 3)];
      if (block >= 0) matrix[9 * row + column] = sums[block + symmetric[3 * (row % 3) + (column % 3)]];
    }
  }
  return { matrix, gradient };
}

/** Adds scale · p pᵀ, p = (x, y, 1), as its six different numbers. */
function accumulate(sums: Float64Array, start: number, scale: number, x: number, y: number): void {
  sums[start] += scale * x * x;
  sums[start + 1] += scale * x * y;
  sums[start + 2] += scale * x;
  sums[start + 3] += scale * y * y;
  sums[start + 4] += scale * y;
  sums[start + 5] += scale;
}

/** Solves the symmetric positive definite system by Cholesky; undefined where it is not definite. */
function solveDefinite(matrix: Float64Array, vector: Float64Array): Float64Array | undefined {
  const n = vector.length;
  const lower = Float64Array.from(matrix);
  const solution = Float64Array.from(vector);
  for (let column = 0; column < n; column++) {
    for (let row = column; row < n; row++) {
      let sum = lower[n * row + column];
      for (let k = 0; k < column; k++) sum -= lower[n * row + k] * lower[n * column + k];
      if (row === column) {
        if (!(sum > 1e-14 * matrix[n * row + row])) return undefined;
        lower[n * row + row] = Math.sqrt(sum);
      } else lower[n * row + column] = sum / lower[n * column + column];
    }
  }
  for (let row = 0; row < n; row++) {
    for (let k = 0; k < row; k++) solution[row] -= lower[n * row + k] * solution[k];
    solution[row] /= lower[n * row + row];
  }
  for (let row = n - 1; row >= 0; row--) {
    for (let k = row + 1; k < n; k++) solution[row] -= lower[n * k + row] * solution[k];
    solution[row] /= lower[n * row + row];
  }
  return solution;
}

/** The damped Gauss-Newton step, orthogonal to h because a change of scale changes nothing. */
function dampedStep(
  h: Float64Array,
  { matrix, gradient }: NormalEquations,
  damping: number,
): Float64Array | undefined {
  const damped = Float64Array.from(matrix);
  let trace = 0;
  for (let i = 0; i < 9; i++) trace += matrix[10 * i];
  for (let row = 0; row < 9; row++) {
    for (let column = 0; column < 9; column++) damped[9 * row + column] += trace * h[row] * h[column];
    damped[10 * row] += damping * matrix[10 * row];
  }
  return solveDefinite(damped, gradient);
}

/** The homography at norm 1. */
export function unitNorm(h: Float64Array): Float64Array {
  const norm = Math.hypot(...h);
  return h.map((element) => element / norm);
}

/**
 * Improves `start` on the correspondences within `cutoff` of it.
 *
 * @param start a homography with w > 0 where the correspondences are.
 * @param cutoff transfer error, in the units of `pairs`, from which on a correspondence counts nothing.
 * @param maxSteps Gauss-Newton steps at most; fewer once they change nothing.
 * @returns a homography of norm 1 whose robust cost is no higher than that of `start`.
 */
export function refineHomography(
  start: Float64Array,
  pairs: PointPairs,
  cutoff: number,
  maxSteps: number,
): Float64Array {
  let h = unitNorm(start);
  let cost = robustCost(h, pairs, cutoff);
  let damping = 1e-6;
  let equations = normalEquations(h, pairs, cutoff);
  for (let step = 0; step < maxSteps && damping < 1e6; step++) {
    const change = dampedStep(h, equations, damping);
    const trial = change && unitNorm(h.map((element, i) => element - change[i]));
    const trialCost = trial ? robustCost(trial, pairs, cutoff) : Number.POSITIVE_INFINITY;
    if (!trial || !(trialCost < cost)) {
      damping = Math.max(1e-4, damping * 10);
      if (change && Math.hypot(...change) < 1e-12) break;
      continue;
    }
    const gained = cost - trialCost;
    h = trial;
    cost = trialCost;
    damping /= 10;
    if (gained < 1e-12 * cost) break;
    equations = normalEquations(h, pairs, cutoff);
  }
  return h;
}
