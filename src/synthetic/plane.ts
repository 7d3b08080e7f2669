/**
 * Small plane geometry that keeps shapes apart and their corners sharp.
 */

/** Distance from the point (x, y) to the segment (ax, ay)-(bx, by). */
export function pointToSegment(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const dx = bx - ax;
  const dy = by - ay;
  const lengthSquared = dx * dx + dy * dy;
  const along = lengthSquared === 0 ? 0 : ((x - ax) * dx + (y - ay) * dy) / lengthSquared;
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}

/** Twice the signed area of the triangle a, b, c. */
function orientation(ax: number, ay: number, bx: number, by: number, cx: number, cy: number): number {
  return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
}

/** Distance between two segments `[x0, y0, x1, y1]`; 0 where they cross. */
export function segmentDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const crosses =
    orientation(a[0], a[1], a[2], a[3], b[0], b[1]) * orientation(a[0], a[1], a[2], a[3], b[2], b[3]) < 0 &&
    orientation(b[0], b[1], b[2], b[3], a[0], a[1]) * orientation(b[0], b[1], b[2], b[3], a[2], a[3]) < 0;
  if (crosses) return 0;
  return Math.min(
    pointToSegment(a[0], a[1], b[0], b[1], b[2], b[3]),
    pointToSegment(a[2], a[3], b[0], b[1], b[2], b[3]),
    pointToSegment(b[0], b[1], a[0], a[1], a[2], a[3]),
    pointToSegment(b[2], b[3], a[0], a[1], a[2], a[3]),
  );
}

/** Whether the point lies inside the polygon x, y, x, y … (even-odd). */
export function isInside(x: number, y: number, outline: ArrayLike<number>): boolean {
  let inside = false;
  for (let i = 0, j = outline.length - 2; i < outline.length; j = i, i += 2) {
    const above = outline[i + 1] > y;
    if (above === outline[j + 1] > y) continue;
    const crossing =
      outline[i] + ((y - outline[i + 1]) / (outline[j + 1] - outline[i + 1])) * (outline[j] - outline[i]);
    if (x < crossing) inside = !inside;
  }
  return inside;
}

/** Smallest distance between two polygons; 0 where they overlap. */
export function polygonDistance(a: readonly number[], b: readonly number[]): number {
  if (isInside(a[0], a[1], b) || isInside(b[0], b[1], a)) return 0;
  let distance = Infinity;
  for (let i = 0, j = a.length - 2; i < a.length; j = i, i += 2) {
    const edge = [a[j], a[j + 1], a[i], a[i + 1]];
    for (let k = 0, l = b.length - 2; k < b.length; l = k, k += 2) {
      distance = Math.min(distance, segmentDistance(edge, [b[l], b[l + 1], b[k], b[k + 1]]));
    }
  }
  return distance;
}

/** The angle in [0, π] at b between the directions to a and to c. */
export function cornerAngle(ax: number, ay: number, bx: number, by: number, cx: number, cy: number): number {
  const ux = ax - bx;
  const uy = ay - by;
  const vx = cx - bx;
  const vy = cy - by;
  return Math.abs(Math.atan2(ux * vy - uy * vx, ux * vx + uy * vy));
}

/** Shortest edge and smallest and largest angle of a polygon. */
export function polygonSharpness(outline: ArrayLike<number>): {
  shortestEdge: number;
  smallestAngle: number;
  largestAngle: number;
} {
  const n = outline.length;
  let shortestEdge = Infinity;
  let smallestAngle = Infinity;
  let largestAngle = 0;
  for (let i = 0; i < n; i += 2) {
    const previous = (i + n - 2) % n;
    const next = (i + 2) % n;
    shortestEdge = Math.min(
      shortestEdge,
      Math.hypot(outline[next] - outline[i], outline[next + 1] - outline[i + 1]),
    );
    const angle = cornerAngle(
      outline[previous],
      outline[previous + 1],
      outline[i],
      outline[i + 1],
      outline[next],
      outline[next + 1],
    );
    smallestAngle = Math.min(smallestAngle, angle);
    largestAngle = Math.max(largestAngle, angle);
  }
  return { shortestEdge, smallestAngle, largestAngle };
}
