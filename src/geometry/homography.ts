/**
 * Homographies: algebra and conventions. A homography is row-major, nine numbers, and always named by
 * its direction: `H_0to1` maps the homogeneous point (x, y, 1) of picture 0 to picture 1. Points are in
 * pixels, the centre of the top-left pixel is (0, 0), so a picture covers [-0.5, width - 0.5].
 */

/** Row-major 3x3 matrix, defined up to scale. */
export type Homography = Float64Array;

/** The homography that moves nothing. */
export function identityHomography(): Homography {
  return new Float64Array([1, 0, 0, 0, 1, 0, 0, 0, 1]);
}

/** (x, y) → (x + tx, y + ty). */
export function translationHomography(tx: number, ty: number): Homography {
  return new Float64Array([1, 0, tx, 0, 1, ty, 0, 0, 1]);
}

/** Resizing by sx, sy about the picture's corner, half-pixel exact: x' = (x + 0.5) * sx - 0.5. */
export function scaleHomography(sx: number, sy: number): Homography {
  return new Float64Array([sx, 0, (sx - 1) / 2, 0, sy, (sy - 1) / 2, 0, 0, 1]);
}

/** [4, 2] the outer corners of a picture's corner pixels, clockwise from the top left. */
export function outerCorners(width: number, height: number): Float64Array {
  const [right, bottom] = [width - 0.5, height - 0.5];
  return Float64Array.of(-0.5, -0.5, right, -0.5, right, bottom, -0.5, bottom);
}

/** The product a·b: first b, then a, so `H_0to2 = multiplyHomographies(H_1to2, H_0to1)`. */
export function multiplyHomographies(a: Homography, b: Homography): Homography {
  const product = new Float64Array(9);
  for (let row = 0; row < 9; row += 3) {
    for (let column = 0; column < 3; column++) {
      product[row + column] = a[row] * b[column] + a[row + 1] * b[column + 3] + a[row + 2] * b[column + 6];
    }
  }
  return product;
}

/**
 * The inverse, at the scale that makes H·H⁻¹ the identity: the sign of the third homogeneous
 * coordinate survives, so a point in front of the camera stays in front.
 * @throws RangeError if the matrix is singular or not finite.
 */
export function invertHomography(h: Homography): Homography {
  const [a, b, c, d, e, f, g, k, i] = h;
  const c0 = e * i - f * k;
  const c1 = f * g - d * i;
  const c2 = d * k - e * g;
  const determinant = a * c0 + b * c1 + c * c2;
  // What the determinant would be without cancellation: the yardstick of "zero up to rounding".
  const magnitude =
    Math.abs(a) * (Math.abs(e * i) + Math.abs(f * k)) +
    Math.abs(b) * (Math.abs(f * g) + Math.abs(d * i)) +
    Math.abs(c) * (Math.abs(d * k) + Math.abs(e * g));
  if (!(Math.abs(determinant) > 1e-14 * magnitude) || !Number.isFinite(magnitude)) {
    throw new RangeError(`expected an invertible homography, got [${Array.from(h).join(', ')}]`);
  }
  return Float64Array.of(
    c0 / determinant,
    (c * k - b * i) / determinant,
    (b * f - c * e) / determinant,
    c1 / determinant,
    (a * i - c * g) / determinant,
    (c * d - a * f) / determinant,
    c2 / determinant,
    (b * g - a * k) / determinant,
    (a * e - b * d) / determinant,
  );
}

/** The same homography with its last element 1, or of Frobenius norm 1 where the last element is 0. */
export function normaliseHomography(h: Homography): Homography {
  const norm = Math.hypot(...h);
  const divisor = Math.abs(h[8]) > 1e-12 * norm ? h[8] : norm;
  return h.map((element) => element / divisor);
}

/**
 * Maps points of picture 0 to picture 1.
 * @param points [N, 2] x0, y0, x1, y1, …
 * @returns [N, 2]; a point on the horizon becomes infinite.
 */
export function warpPoints(H_0to1: Homography, points: ArrayLike<number>): Float64Array {
  const [a, b, c, d, e, f, g, h, i] = H_0to1;
  const warped = new Float64Array(points.length);
  for (let n = 0; n + 1 < points.length; n += 2) {
    const x = points[n];
    const y = points[n + 1];
    const w = g * x + h * y + i;
    warped[n] = (a * x + b * y + c) / w;
    warped[n + 1] = (d * x + e * y + f) / w;
  }
  return warped;
}

/** Heckbert's closed form: the unit square (0,0) (1,0) (1,1) (0,1) → the four corners given. */
function squareToQuadrilateral(corners: ArrayLike<number>): Homography {
  const [x0, y0, x1, y1, x2, y2, x3, y3] = Array.from(corners);
  const ax = x1 - x2;
  const ay = y1 - y2;
  const bx = x3 - x2;
  const by = y3 - y2;
  const sx = x0 - x1 + x2 - x3;
  const sy = y0 - y1 + y2 - y3;
  const area = ax * by - bx * ay;
  const g = (sx * by - bx * sy) / area;
  const h = (ax * sy - sx * ay) / area;
  return Float64Array.of(
    x1 - x0 + g * x1,
    x3 - x0 + h * x3,
    x0,
    y1 - y0 + g * y1,
    y3 - y0 + h * y3,
    y0,
    g,
    h,
    1,
  );
}

/** Twice the area of the smallest of the four triangles, over the square of the longest side. */
function flatness(corners: ArrayLike<number>): number {
  let smallest = Infinity;
  let longest = 0;
  for (let n = 0; n < 4; n++) {
    const p = 2 * n;
    const q = 2 * ((n + 1) % 4);
    const r = 2 * ((n + 2) % 4);
    const ux = corners[q] - corners[p];
    const uy = corners[q + 1] - corners[p + 1];
    const vx = corners[r] - corners[p];
    const vy = corners[r + 1] - corners[p + 1];
    smallest = Math.min(smallest, Math.abs(ux * vy - uy * vx));
    longest = Math.max(longest, ux * ux + uy * uy, vx * vx + vy * vy);
  }
  return smallest / longest;
}

/**
 * The one homography that maps four source points to four target points.
 * @param source [4, 2] @param target [4, 2]
 * @throws RangeError if three of either four lie on a line or coincide.
 */
export function homographyFromFourPoints(source: ArrayLike<number>, target: ArrayLike<number>): Homography {
  for (const [name, points] of [
    ['source', source],
    ['target', target],
  ] as const) {
    if (points.length !== 8 || !(flatness(points) > 1e-12)) {
      throw new RangeError(
        `expected four ${name} points, no three on a line, got [${Array.from(points).join(', ')}]`,
      );
    }
  }
  const H_sourceToSquare = invertHomography(squareToQuadrilateral(source));
  return normaliseHomography(multiplyHomographies(squareToQuadrilateral(target), H_sourceToSquare));
}
