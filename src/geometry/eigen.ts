/** Eigenvectors of small symmetric matrices, by Jacobi's rotations. */

/** Values in ascending order; vector i is row i of `vectors`. */
export interface Eigen {
  readonly values: Float64Array;
  /** [size, size] */
  readonly vectors: Float64Array[];
}

/** Sweeps at most; a few make the rest vanish. */
const SWEEPS = 30;

/** @param matrix [size, size], symmetric. */
export function symmetricEigen(matrix: ArrayLike<number>, size: number): Eigen {
  const a = Float64Array.from(matrix);
  const v = new Float64Array(size * size);
  for (let i = 0; i < size; i++) v[i * (size + 1)] = 1;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let [beside, on] = [0, 0];
    for (let p = 0; p < size; p++) {
      on += a[p * (size + 1)] ** 2;
      for (let q = p + 1; q < size; q++) beside += a[p * size + q] ** 2;
    }
    if (!(beside > 1e-30 * on)) break;
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(a, v, size, p, q);
  }
  const order = [...new Array(size).keys()].sort((i, j) => a[i * (size + 1)] - a[j * (size + 1)]);
  return {
    values: Float64Array.from(order, (i) => a[i * (size + 1)]),
    vectors: order.map((i) => v.slice(i * size, (i + 1) * size)),
  };
}

/** Makes the element (p, q) vanish. */
function rotate(a: Float64Array, v: Float64Array, size: number, p: number, q: number): void {
  const beside = a[p * size + q];
  if (beside === 0) return;
  const theta = (a[q * size + q] - a[p * size + p]) / (2 * beside);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < size; k++) {
    const [kp, kq] = [a[k * size + p], a[k * size + q]];
    a[k * size + p] = c * kp - s * kq;
    a[k * size + q] = s * kp + c * kq;
  }
  for (let k = 0; k < size; k++) {
    const [pk, qk] = [a[p * size + k], a[q * size + k]];
    a[p * size + k] = c * pk - s * qk;
    a[q * size + k] = s * pk + c * qk;
    const [vp, vq] = [v[p * size + k], v[q * size + k]];
    v[p * size + k] = c * vp - s * vq;
    v[q * size + k] = s * vp + c * vq;
  }
}
