/**
 * Shapes on a grid, seen a little from the side: checkerboards and stripes.
 */
import { homographyFromFourPoints, warpPoints } from '../geometry/homography.js';
import { polygonSharpness } from './plane.js';
import {
  BACKDROP_CONTRAST,
  contrastingPaint,
  contrastingShade,
  type Figure,
  type Paint,
  type Scene,
  type Stage,
  strokeOutline,
} from './scene.js';

/** Neighbouring cells differ by at least this much. */
const CELL_CONTRAST = 0.2;
/** In parts of the shorter side. */
const SHORTEST_EDGE = 0.04;
const SMALLEST_ANGLE = (25 * Math.PI) / 180;

/**
 * Corners of a board in the picture, clockwise from its own top left: a rectangle, turned, sheared by
 * an affine jitter and then by half as much perspective.
 */
function boardCorners({ random, width, height }: Stage, largestTurn: number): number[] {
  const size = random.between(0.6, 1.15);
  const centreX = width * random.between(0.4, 0.6);
  const centreY = height * random.between(0.4, 0.6);
  const turn = random.between(-largestTurn, largestTurn);
  const jitter = Math.max(width, height) * size * (0.05 + 0.15 * random.uniform());
  const shift = Array.from({ length: 6 }, () => random.between(-jitter, jitter) / 2);
  // The fourth corner of an affine map follows from the other three.
  const shifts = [...shift, shift[0] + shift[4] - shift[2], shift[1] + shift[5] - shift[3]];
  const corners: number[] = [];
  for (let k = 0; k < 4; k++) {
    const x = ((k === 1 || k === 2 ? 1 : -1) * size * width) / 2;
    const y = ((k > 1 ? 1 : -1) * size * height) / 2;
    corners.push(
      centreX + x * Math.cos(turn) - y * Math.sin(turn) + shifts[2 * k] + random.between(-jitter, jitter) / 4,
      centreY +
        x * Math.sin(turn) +
        y * Math.cos(turn) +
        shifts[2 * k + 1] +
        random.between(-jitter, jitter) / 4,
    );
  }
  return corners;
}

/**
 * The crossings of the grid lines `columns` x `rows` (positions in [0, 1]), row by row, on a board
 * whose cells are all of a fair size and shape.
 */
function drawGrid(stage: Stage, columns: () => number[], rows: readonly number[], largestTurn: number): Grid {
  for (;;) {
    const us = columns();
    const toPicture = homographyFromFourPoints([0, 0, 1, 0, 1, 1, 0, 1], boardCorners(stage, largestTurn));
    const grid: Grid = {
      across: us.length - 1,
      down: rows.length - 1,
      vertices: warpPoints(
        toPicture,
        rows.flatMap((v) => us.flatMap((u) => [u, v])),
      ),
    };
    const fair = Array.from({ length: grid.across * grid.down }, (_, cell) => {
      const { shortestEdge, smallestAngle } = polygonSharpness(cellOutline(grid, cell));
      return shortestEdge >= SHORTEST_EDGE * stage.side && smallestAngle >= SMALLEST_ANGLE;
    });
    if (fair.every(Boolean)) return grid;
  }
}

interface Grid {
  /** Cells in a row, and rows of cells. */
  readonly across: number;
  readonly down: number;
  /** `[(down + 1) * (across + 1), 2]` */
  readonly vertices: Float64Array;
}

function cellOutline({ across, vertices }: Grid, cell: number): number[] {
  const topLeft = Math.floor(cell / across) * (across + 1) + (cell % across);
  const bottomLeft = topLeft + across + 1;
  return [topLeft, topLeft + 1, bottomLeft + 1, bottomLeft].flatMap((v) => [
    vertices[2 * v],
    vertices[2 * v + 1],
  ]);
}

/** Paints the cells so that every vertex of the grid shows. */
function paintCells(stage: Stage, { across, down }: Grid): Paint[] {
  const { random, backdrop, texture } = stage;
  const paints: Paint[] = [];
  for (let cell = 0; cell < across * down; cell++) {
    const column = cell % across;
    const row = Math.floor(cell / across);
    const avoid: number[] = [];
    if (column > 0) avoid.push(paints[cell - 1].shade);
    if (row > 0) avoid.push(paints[cell - across].shade);
    // An inner cell may look like the backdrop; at the board's own corner nothing else would show.
    const atEnd = (column === 0 || column === across - 1) && (row === 0 || row === down - 1);
    if (atEnd) avoid.push(backdrop.shade);
    const shade = contrastingShade(random, avoid, CELL_CONTRAST);
    paints.push({ shade, grain: random.uniform() < 0.5 ? 0 : random.between(0.01, 0.05) * texture });
  }
  return paints;
}

/** The classic board: two paints in turn. */
function alternatePaints(stage: Stage, { across, down }: Grid): Paint[] {
  const first = contrastingPaint(stage);
  const second = {
    ...contrastingPaint(stage),
    shade: contrastingShade(stage.random, [first.shade, stage.backdrop.shade], BACKDROP_CONTRAST),
  };
  return Array.from({ length: across * down }, (_, cell) =>
    ((cell % across) + Math.floor(cell / across)) % 2 === 0 ? first : second,
  );
}

/** Some strokes along the grid lines, from vertex to vertex. */
function gridStrokes(stage: Stage, grid: Grid, paints: readonly Paint[]): Figure[] {
  const { random, side, backdrop } = stage;
  const { across, down, vertices } = grid;
  const figures: Figure[] = [];
  for (let count = random.integer(0, across + down); count > 0; count--) {
    const upright = random.uniform() < 0.5;
    const along = upright ? down : across;
    const line = random.integer(0, upright ? across : down);
    const from = random.integer(0, along - 1);
    const to = random.integer(from + 1, along);
    const [a, b] = [from, to].map((k) => 2 * (upright ? k * (across + 1) + line : line * (across + 1) + k));
    // Its grey differs from the cells on both sides; else their edge would seem to lie half a stroke away.
    const beside: number[] = [];
    for (let k = from; k < to; k++) {
      for (const lane of [line - 1, line]) {
        const outside = lane < 0 || lane >= (upright ? across : down);
        const cell = upright ? k * across + lane : lane * across + k;
        beside.push(outside ? backdrop.shade : paints[cell].shade);
      }
    }
    const thickness = Math.max(0.8, side * random.between(0.004, 0.01));
    figures.push({
      outline: strokeOutline(
        vertices[a],
        vertices[a + 1],
        vertices[b],
        vertices[b + 1],
        thickness,
        thickness / 2,
      ),
      paint: { shade: contrastingShade(random, beside, CELL_CONTRAST), grain: 0 },
    });
  }
  return figures;
}

function evenSteps(count: number): number[] {
  return Array.from({ length: count + 1 }, (_, k) => k / count);
}

/** Three to six by three to six cells. */
export function checkerboard(stage: Stage): Scene {
  const { random, backdrop } = stage;
  const columns = evenSteps(random.integer(3, 6));
  const grid = drawGrid(stage, () => columns, evenSteps(random.integer(3, 6)), Math.PI / 8);
  const paints = random.uniform() < 0.3 ? alternatePaints(stage, grid) : paintCells(stage, grid);
  const cells = paints.map((paint, cell) => ({ outline: cellOutline(grid, cell), paint }));
  const strokes = random.uniform() < 0.5 ? gridStrokes(stage, grid, paints) : [];
  return { backdrop, figures: [...cells, ...strokes], corners: Array.from(grid.vertices) };
}

/** Five to twelve stripes of different widths, side by side. */
export function stripes(stage: Stage): Scene {
  const { random, backdrop } = stage;
  const count = random.integer(5, 12);
  const columns = () => {
    const widths = Array.from({ length: count }, () => 0.25 + random.uniform());
    const total = widths.reduce((sum, width) => sum + width, 0);
    let end = 0;
    const steps = [0];
    for (const width of widths) {
      end += width / total;
      steps.push(end);
    }
    return steps;
  };
  const grid = drawGrid(stage, columns, [0, 1], Math.PI);
  const paints = paintCells(stage, grid);
  const figures = paints.map((paint, cell) => ({ outline: cellOutline(grid, cell), paint }));
  return { backdrop, figures, corners: Array.from(grid.vertices) };
}
