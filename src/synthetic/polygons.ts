/**
 * One polygon, many polygons, ellipses.
 */
import { polygonDistance, polygonSharpness } from './plane.js';
import { contrastingPaint, type Figure, type Scene, type Stage } from './scene.js';

const DEGREE = Math.PI / 180;
/** Sharper tips vanish between pixels; blunter corners are hardly seen. */
const SMALLEST_ANGLE = 20 * DEGREE;
const LARGEST_ANGLE = 120 * DEGREE;
/** In parts of the shorter side. */
const SHORTEST_EDGE = 0.04;
const ELLIPSE_SIDES = 48;

/**
 * A random polygon of three to seven corners in a circle inside the picture, star-shaped about the
 * circle's centre; undefined where the corners drawn are too blunt, too sharp or too close.
 */
function drawPolygon({ random, width, height, side }: Stage, radius: number): number[] | undefined {
  const x = random.between(radius, width - 1 - radius);
  const y = random.between(radius, height - 1 - radius);
  const wanted = random.integer(3, 7);
  let outline: number[] = [];
  for (let k = 0; k < wanted; k++) {
    const angle = ((k + random.uniform()) * 2 * Math.PI) / wanted;
    const length = radius * random.between(0.4, 1);
    outline.push(x + length * Math.cos(angle), y + length * Math.sin(angle));
  }
  while (outline.length >= 6) {
    const blunt = bluntestCorner(outline);
    if (blunt === undefined) break;
    outline = outline.filter((_, i) => i >> 1 !== blunt);
  }
  if (outline.length < 6) return undefined;
  const { shortestEdge, smallestAngle } = polygonSharpness(outline);
  return shortestEdge >= SHORTEST_EDGE * side && smallestAngle >= SMALLEST_ANGLE ? outline : undefined;
}

/** Index of the bluntest corner if it is blunter than allowed. */
function bluntestCorner(outline: readonly number[]): number | undefined {
  let bluntest: number | undefined;
  let widest = LARGEST_ANGLE;
  const n = outline.length;
  for (let i = 0; i < n; i += 2) {
    const before = [outline[(i + n - 2) % n] - outline[i], outline[(i + n - 1) % n] - outline[i + 1]];
    const after = [outline[(i + 2) % n] - outline[i], outline[(i + 3) % n] - outline[i + 1]];
    const cross = before[0] * after[1] - before[1] * after[0];
    const angle = Math.abs(Math.atan2(cross, before[0] * after[0] + before[1] * after[1]));
    if (angle > widest) {
      widest = angle;
      bluntest = i / 2;
    }
  }
  return bluntest;
}

function polygonRadius({ random, side }: Stage): number {
  return side * Math.max(0.1, random.between(0, 0.5));
}

/** One polygon of three to seven corners. */
export function polygon(stage: Stage): Scene {
  for (;;) {
    const outline = drawPolygon(stage, polygonRadius(stage));
    if (outline === undefined) continue;
    const figures = [{ outline, paint: contrastingPaint(stage) }];
    return { backdrop: stage.backdrop, figures, corners: outline };
  }
}

/** Up to thirty polygons that do not touch. */
export function multiplePolygons(stage: Stage): Scene {
  const { side } = stage;
  const outlines: number[][] = [];
  const tries = stage.random.integer(6, 30);
  for (let attempt = 0; attempt < tries || outlines.length === 0; attempt++) {
    // The later ones are smaller, to find room between the first.
    const radius = polygonRadius(stage) / (1 + attempt / 12);
    const outline = drawPolygon(stage, Math.max(0.07 * side, radius));
    if (outline === undefined) continue;
    if (outlines.every((other) => polygonDistance(outline, other) > 0.03 * side)) outlines.push(outline);
  }
  const figures = outlines.map((outline) => ({ outline, paint: contrastingPaint(stage) }));
  return { backdrop: stage.backdrop, figures, corners: outlines.flat() };
}

/** Up to twenty ellipses that do not touch: nothing here is a corner. */
export function ellipses(stage: Stage): Scene {
  const { random, width, height, side, backdrop } = stage;
  const circles: number[][] = [];
  const figures: Figure[] = [];
  for (let tries = random.integer(1, 20); tries > 0; tries--) {
    const long = side * random.between(0.05, 0.25);
    const short = side * random.between(0.05, 0.25);
    const reach = Math.max(long, short);
    const x = random.between(reach, width - 1 - reach);
    const y = random.between(reach, height - 1 - reach);
    const clear = circles.every((other) => Math.hypot(x - other[0], y - other[1]) > reach + other[2] + 2);
    if (!clear) continue;
    circles.push([x, y, reach]);
    const turn = random.between(0, Math.PI);
    const outline: number[] = [];
    for (let k = 0; k < ELLIPSE_SIDES; k++) {
      const u = long * Math.cos((2 * Math.PI * k) / ELLIPSE_SIDES);
      const v = short * Math.sin((2 * Math.PI * k) / ELLIPSE_SIDES);
      outline.push(x + u * Math.cos(turn) - v * Math.sin(turn), y + u * Math.sin(turn) + v * Math.cos(turn));
    }
    figures.push({ outline, paint: contrastingPaint(stage) });
  }
  return { backdrop, figures, corners: [] };
}
