/**
 * A box in space, seen without perspective: three faces and seven corners are visible.
 */
import { polygonSharpness } from './plane.js';
import {
  contrastingPaint,
  contrastingShade,
  type Figure,
  type Scene,
  type Stage,
  strokeOutline,
} from './scene.js';

const DEGREE = Math.PI / 180;
/** In parts of the shorter side. */
const SHORTEST_EDGE = 0.05;
const SMALLEST_ANGLE = 22 * DEGREE;

/** The three edge vectors of a randomly turned box, x, y, z each; z points to the viewer, never away. */
function drawEdges({ random }: Stage): number[][] {
  const [a, b, c] = Array.from({ length: 3 }, () => random.between(18, 72) * DEGREE);
  const columns = [
    [Math.cos(b) * Math.cos(c), Math.cos(b) * Math.sin(c), -Math.sin(b)],
    [
      Math.sin(a) * Math.sin(b) * Math.cos(c) - Math.cos(a) * Math.sin(c),
      Math.sin(a) * Math.sin(b) * Math.sin(c) + Math.cos(a) * Math.cos(c),
      Math.sin(a) * Math.cos(b),
    ],
    [
      Math.cos(a) * Math.sin(b) * Math.cos(c) + Math.sin(a) * Math.sin(c),
      Math.cos(a) * Math.sin(b) * Math.sin(c) - Math.sin(a) * Math.cos(c),
      Math.cos(a) * Math.cos(b),
    ],
  ];
  return columns.map((edge) => {
    const length = random.between(0.5, 1) * (edge[2] < 0 ? -1 : 1);
    return edge.map((component) => component * length);
  });
}

/** The nearest vertex is corner 0; vertex with bit k set lies one edge k further back. */
function projectVertices(stage: Stage, edges: readonly number[][]): number[][] {
  const { random, width, height, side } = stage;
  const raw = Array.from({ length: 8 }, (_, vertex) =>
    [0, 1].map((axis) =>
      edges.reduce((sum, edge, k) => sum + (vertex & (1 << k) ? -0.5 : 0.5) * edge[axis], 0),
    ),
  );
  const reach = Math.max(...raw.map(([x, y]) => Math.hypot(x, y)));
  const radius = side * random.between(0.2, 0.48);
  const centreX = random.between(radius, width - 1 - radius);
  const centreY = random.between(radius, height - 1 - radius);
  return raw.map(([x, y]) => [centreX + (x * radius) / reach, centreY + (y * radius) / reach]);
}

/** Faces as vertex numbers; the hidden vertex is 7. */
const FACES = [
  [0, 1, 3, 2],
  [0, 1, 5, 4],
  [0, 2, 6, 4],
];
const EDGES = [
  [0, 1],
  [0, 2],
  [0, 4],
  [1, 3],
  [1, 5],
  [2, 3],
  [2, 6],
  [4, 5],
  [4, 6],
];

/** A cube or box with three visible faces of different shades, and at times with drawn edges. */
export function cube(stage: Stage): Scene {
  const { random, side, backdrop } = stage;
  for (;;) {
    const vertices = projectVertices(stage, drawEdges(stage));
    const outlines = FACES.map((face) => face.flatMap((vertex) => vertices[vertex]));
    const fair = outlines.every((outline) => {
      const { shortestEdge, smallestAngle } = polygonSharpness(outline);
      return shortestEdge >= SHORTEST_EDGE * side && smallestAngle >= SMALLEST_ANGLE;
    });
    if (!fair) continue;

    const shades: number[] = [];
    const figures: Figure[] = outlines.map((outline) => {
      const paint = contrastingPaint(stage, shades);
      shades.push(paint.shade);
      return { outline, paint };
    });
    if (random.uniform() < 0.5) {
      const thickness = Math.max(0.8, side * random.between(0.004, 0.01));
      // Unlike all around it, or the cube would seem wider or narrower by half a stroke.
      const paint = { shade: contrastingShade(random, [...shades, backdrop.shade], 0.15), grain: 0 };
      for (const [from, to] of EDGES) {
        const [[x0, y0], [x1, y1]] = [vertices[from], vertices[to]];
        figures.push({ outline: strokeOutline(x0, y0, x1, y1, thickness, thickness / 2), paint });
      }
    }
    return { backdrop, figures, corners: vertices.slice(0, 7).flat() };
  }
}
