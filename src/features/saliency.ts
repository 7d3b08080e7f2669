/**
 * What stands out both for the network and in the picture: the smoothed heatmap times the corner strength. Row after
 * row goes through all steps, so that what lies between them stays in the processor's cache.
 */
import type { GrayImage } from '../image/image.js';
import {
  above,
  given,
  kernel,
  larger,
  minus,
  over,
  plus,
  type RowFunction,
  read,
  rowProgram,
  type Term,
  times,
  where,
} from '../image/row-kernels.js';
import { RowStream, type Rows } from '../image/row-stream.js';
import { COARSE_WEIGHT, SMALLEST_TRACE } from './corners.js';

/** What stands out in a picture. */
export interface Saliency {
  /** [height, width], >= 0: the smoothed heatmap times the corner strength, 0 far from any keypoint. */
  readonly saliency: Float32Array;
  /** [height, width], >= 0: how much of a corner each pixel is. */
  readonly strength: Float32Array;
}

/** Smooths a picture for the place of sharp corners. */
const FINE = [1, 2, 1];
/** Two means of three: smooths what is smooth already once more, for corners in blurred or noisy pictures. */
const COARSE = [1, 2, 3, 2, 1];
/** The window of the structure tensor at the one scale, and three means of three at the other. */
const FINE_WINDOW = [1, 4, 6, 4, 1];
const COARSE_WINDOW = [1, 3, 6, 7, 6, 3, 1];
/** The mean whose double smooths the heatmap: a deviation of 2 pixels. */
const BOX = [1, 1, 1, 1, 1];

const total = (weights: readonly number[]) => weights.reduce((sum, weight) => sum + weight, 0);
const reachOf = (weights: readonly number[]) => (weights.length - 1) / 2;

/** Terms each by its weight, weights the same from both ends. */
function weightedSum(weights: readonly number[], terms: readonly Term[]): Term {
  const weighted = (n: number, term: Term) => (weights[n] === 1 ? term : times(term, weights[n]));
  const middle = reachOf(weights);
  let sum = weighted(middle, terms[middle]);
  for (let n = 0; n < middle; n++) sum = plus(sum, weighted(n, plus(terms[n], terms[terms.length - 1 - n])));
  return sum;
}

/** The rows around the present one, and the places around one of a row. */
const column = (weights: readonly number[]) => weights.map((_, n) => read(n));
const line = (weights: readonly number[], row = 0) => weights.map((_, n) => read(row, n - reachOf(weights)));

const sumDown = (weights: readonly number[]) =>
  kernel(weights.length, [weightedSum(weights, column(weights))]);
/** Behind `sumDown`: the mean over both. */
const meanAlong = (weights: readonly number[]) =>
  kernel(1, [times(weightedSum(weights, line(weights)), 1 / total(weights) ** 2)]);

/**
 * The structure tensor's det / trace (Harris and Stephens 1988, Noble 1988), times a weight, of its three products in
 * a row each, which are summed down the window.
 */
function cornerStrength(window: readonly number[], weight: number): Term {
  const [xx, xy, yy] = [0, 1, 2].map((row) => weightedSum(window, line(window, row)));
  const scale = 1 / total(window) ** 2;
  const determinant = minus(times(xx, yy), times(xy, xy));
  const ratio = over(determinant, plus(plus(xx, yy), SMALLEST_TRACE / scale));
  return times(larger(ratio, 0), weight * scale);
}

/** The products xx, xy, yy of the gradient over two pixels, of three rows. */
function gradientProducts(): readonly Term[] {
  const [gx, gy] = [minus(read(1, 1), read(1, -1)), minus(read(2), read(0))];
  return [times(gx, gx), times(gx, gy), times(gy, gy)];
}

/** The heat along a row of sums down, times the strength, near a probability above a number. */
function salient(): Term {
  const heat = times(weightedSum(BOX, line(BOX)), 1 / total(BOX) ** 2);
  const largest = line(BOX, 1).reduce(larger);
  return where(times(heat, read(2)), above(largest, given(0)));
}

const program = rowProgram({
  fineDown: sumDown(FINE),
  fineAlong: meanAlong(FINE),
  coarseDown: sumDown(COARSE),
  coarseAlong: meanAlong(COARSE),
  products: kernel(3, gradientProducts()),
  fineWindowDown: sumDown(FINE_WINDOW),
  coarseWindowDown: sumDown(COARSE_WINDOW),
  fineStrength: kernel(3, [cornerStrength(FINE_WINDOW, 1)]),
  strength: kernel(4, [plus(read(3), cornerStrength(COARSE_WINDOW, COARSE_WEIGHT))]),
  boxDown: sumDown(BOX),
  boxAlong: meanAlong(BOX),
  largestDown: kernel(BOX.length, [column(BOX).reduce(larger)]),
  saliency: kernel(3, [salient()], 1),
});

/**
 * The corner strength is at two scales, one for the place of sharp corners, one that still tells corners where the
 * picture is blurred, dark or noisy. A network of strides knows what is a corner, but where only to a pixel or two;
 * this finds the place again to a fraction of a pixel. Edges are continued.
 *
 * @param heatmap [height, width] of the picture, probabilities; zeros beyond.
 * @param threshold smallest probability of a keypoint: 0 more than two pixels from a larger one.
 */
export function findSaliency(
  { width, height, data }: GrayImage,
  heatmap: Float32Array,
  threshold: number,
): Saliency {
  const { run } = program();
  const stream = new RowStream(program(), width, height);
  const { stride } = stream;
  const [sums, largest, row] = [stream.take(3), stream.take(), stream.take()];

  const mean = (
    map: Rows,
    weights: readonly number[],
    down: RowFunction,
    along: RowFunction,
    border?: 'zero',
  ) =>
    stream.rows(
      (y, out) => {
        stream.down(down, map, y, reachOf(weights), sums);
        along(sums, out, width);
      },
      { border },
    );
  const productsOf = (map: Rows) =>
    stream.rows(
      (y, out) =>
        run.products(map.at(y - 1), map.at(y), map.at(y + 1), out, out + stride, out + 2 * stride, width),
      { parts: 3 },
    );

  const fine = mean(stream.load(data), FINE, run.fineDown, run.fineAlong);
  const coarse = mean(fine, COARSE, run.coarseDown, run.coarseAlong);
  const [fineProducts, coarseProducts] = [productsOf(fine), productsOf(coarse)];
  const heat = stream.load(heatmap, 'zero');
  const smoothHeat = mean(heat, BOX, run.boxDown, run.boxAlong, 'zero');

  const saliency = new Float32Array(data.length);
  const strength = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    stream.down(run.fineWindowDown, fineProducts, y, reachOf(FINE_WINDOW), sums);
    run.fineStrength(sums, sums + stride, sums + 2 * stride, row, width);
    stream.down(run.coarseWindowDown, coarseProducts, y, reachOf(COARSE_WINDOW), sums);
    run.strength(sums, sums + stride, sums + 2 * stride, row, row, width);
    stream.save(row, strength, y);
    stream.down(run.boxDown, smoothHeat, y, reachOf(BOX), sums);
    stream.down(run.largestDown, heat, y, reachOf(BOX), largest);
    run.saliency(sums, largest, row, row, threshold, width);
    stream.save(row, saliency, y);
  }
  return { saliency, strength };
}
