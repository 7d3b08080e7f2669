/**
 * Shapes made of strokes: lines and stars. A stroke's corner is the middle of its end.
 */
import { segmentDistance } from './plane.js';
import { contrastingPaint, type Figure, type Scene, type Stage, strokeOutline } from './scene.js';

/** Corners of different strokes keep this far apart, in parts of the picture's shorter side. */
const GAP = 0.04;

function strokeThickness({ random, side }: Stage): number {
  return Math.max(1.2, side * random.between(0.01, 0.025));
}

/** One to nine lines that do not touch. */
export function lines(stage: Stage): Scene {
  const { random, width, height, side, backdrop } = stage;
  const placed: number[][] = [];
  const figures: Figure[] = [];
  const wanted = random.integer(1, 9);
  for (let tries = 4 * wanted; tries > 0 && placed.length < wanted; tries--) {
    const line = [
      random.between(0, width - 1),
      random.between(0, height - 1),
      random.between(0, width - 1),
      random.between(0, height - 1),
    ];
    const length = Math.hypot(line[2] - line[0], line[3] - line[1]);
    const clear = placed.every((other) => segmentDistance(line, other) > GAP * side);
    if (!clear || length < 0.1 * side) continue;
    placed.push(line);
    figures.push({
      outline: strokeOutline(line[0], line[1], line[2], line[3], strokeThickness(stage)),
      paint: contrastingPaint(stage),
    });
  }
  return placed.length > 0 ? { backdrop, figures, corners: placed.flat() } : lines(stage);
}

/** Three to five branches from one centre; the centre is a corner too. */
export function star(stage: Stage): Scene {
  const { random, width, height, side, backdrop } = stage;
  const branches = random.integer(3, 5);
  const radius = side * Math.max(0.15, random.between(0, 0.5));
  const x = random.between(radius, width - 1 - radius);
  const y = random.between(radius, height - 1 - radius);
  const turn = random.between(0, 2 * Math.PI);
  const thickness = Math.min(strokeThickness(stage), radius / 8);
  const oneColour = random.uniform() < 0.5 ? contrastingPaint(stage) : undefined;
  const figures: Figure[] = [];
  const corners = [x, y];
  for (let k = 0; k < branches; k++) {
    // Each branch keeps to the middle 80 % of its sector: none closer than 14 degrees to the next.
    const angle = turn + ((k + random.between(0.1, 0.9)) * 2 * Math.PI) / branches;
    const length = radius * random.between(0.4, 1);
    const tipX = x + length * Math.cos(angle);
    const tipY = y + length * Math.sin(angle);
    corners.push(tipX, tipY);
    figures.push({
      outline: strokeOutline(x, y, tipX, tipY, Math.max(1.2, thickness)),
      paint: oneColour ?? contrastingPaint(stage),
    });
  }
  return { backdrop, figures, corners };
}
