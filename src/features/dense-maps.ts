/**
 * Runs the network, and what follows it at each pixel, on pictures of any size: padded to whole cells by repeating
 * the right and bottom edge, and in overlapping tiles where the whole would need too much memory. The overlap
 * covers all that the network sees around a cell, so the result is the same as in one piece.
 */
import { type Session, type Tensor, tensor } from '../graph/session.js';
import type { GrayImage } from '../image/image.js';
import { CELL } from '../network/architecture.js';
import { cropHeatmap } from './heatmap.js';
import { copyRectangle, type Rectangle, tilesOf } from './tiles.js';

/** One vector a cell of 8x8 pixels, from which descriptors are interpolated. */
export interface CellVectors {
  readonly cellsHigh: number;
  readonly cellsWide: number;
  /** 0 for a network without descriptors. */
  readonly dim: number;
  /** [cellsHigh, cellsWide, dim], each vector of length 1; of a picture in tiles times 32767, in half the memory. */
  readonly data: Float32Array | Int16Array;
}

/** What the network says about one picture. */
export interface DenseMaps {
  /** [height, width] of the picture, probabilities. */
  readonly heatmap: Float32Array;
  readonly cells: CellVectors;
}

/** Largest input in one piece, in cells: 1024x800 pixels, where the paper's widths need 400 MB. */
const MAX_CELLS = 128 * 100;
/** Cells of overlap: a cell depends on pixels up to 45 away, by its convolutions and poolings. */
const OVERLAP = 6;
/** 1 as a number of 16 bits. */
const ONE = 32767;

/** Writes the pixels of the cells, edge repeated beyond the picture, row-major from `start`. */
function writeInput(image: GrayImage, cells: Rectangle, input: Float32Array, start: number): void {
  const left = CELL * cells.left;
  const columns = CELL * cells.wide;
  const inside = Math.min(columns, image.width - left);
  for (let row = 0; row < CELL * cells.high; row++) {
    const source = Math.min(image.height - 1, CELL * cells.top + row) * image.width + left;
    const target = start + row * columns;
    input.set(image.data.subarray(source, source + inside), target);
    input.fill(input[target + inside - 1], target + inside, target + columns);
  }
}

/** The heatmaps [N, 1, H, W], and the cells' vectors [N, H / 8, W / 8, dim], of N pictures of one size. */
function run(session: Session, images: readonly GrayImage[], cells: Rectangle) {
  const size = CELL * CELL * cells.wide * cells.high;
  const input = new Float32Array(images.length * size);
  for (const [n, image] of images.entries()) writeInput(image, cells, input, n * size);
  const dims = [images.length, 1, CELL * cells.high, CELL * cells.wide];
  return session.run({ image: tensor(input, dims) }) as Promise<{ heatmap: Tensor; cells?: Tensor }>;
}

/** The whole picture in cells. */
function cellsOf({ width, height }: GrayImage): Rectangle {
  return { left: 0, top: 0, wide: Math.ceil(width / CELL), high: Math.ceil(height / CELL) };
}

/** The top-left part of the n-th heatmap: without the pixels that padding added. */
function heatmapOf({ data }: Tensor, n: number, cells: Rectangle, width: number, height: number) {
  const stride = CELL * cells.wide;
  const size = stride * CELL * cells.high;
  const padded = (data as Float32Array).subarray(n * size, (n + 1) * size);
  return cropHeatmap(padded, stride, width, height);
}

/**
 * The dense maps of one picture.
 * @param session of a model of `denseModel`.
 * @param image checked by `checkNetworkInput`.
 * @param dim length of the network's descriptors.
 * @param maxCells in one piece; more are cut into tiles of so many.
 * @throws the signal's reason soon after it is aborted: between two tiles.
 */
export async function denseMaps(
  session: Session,
  image: GrayImage,
  dim: number,
  signal?: AbortSignal,
  maxCells = MAX_CELLS,
): Promise<DenseMaps> {
  const { width, height } = image;
  const picture = cellsOf(image);
  const shape = { cellsHigh: picture.high, cellsWide: picture.wide, dim };
  const tiles = tilesOf(picture.wide, picture.high, OVERLAP, maxCells);
  signal?.throwIfAborted();
  if (tiles.length === 1) {
    const { heatmap, cells } = await run(session, [image], picture);
    const data = cells ? (cells.data as Float32Array) : new Float32Array();
    return { heatmap: heatmapOf(heatmap, 0, picture, width, height), cells: { ...shape, data } };
  }
  const heatmap = new Float32Array(width * height);
  const vectors = new Int16Array(picture.wide * picture.high * dim);
  for (const { core, outer } of tiles) {
    signal?.throwIfAborted();
    const maps = await run(session, [image], outer);
    const [left, top] = [core.left - outer.left, core.top - outer.top];
    const heat = maps.heatmap.data as Float32Array;
    const pixels = pixelsOf(core, image);
    copyRectangle(heat, CELL * outer.wide, CELL * left, CELL * top, heatmap, width, pixels);
    if (!maps.cells) continue;
    const whole = (maps.cells.data as Float32Array).map((value) => Math.round(ONE * value));
    copyRectangle(whole, outer.wide, left, top, vectors, picture.wide, core, dim);
  }
  return { heatmap, cells: { ...shape, data: vectors } };
}

/** The pixels of a rectangle of cells, as far as they are of the picture. */
function pixelsOf({ left, top, wide, high }: Rectangle, { width, height }: GrayImage): Rectangle {
  return {
    left: CELL * left,
    top: CELL * top,
    wide: Math.min(width, CELL * (left + wide)) - CELL * left,
    high: Math.min(height, CELL * (top + high)) - CELL * top,
  };
}

/**
 * The heatmaps [height, width] of several pictures of one size: in one run, which keeps a graphics card busy, or
 * one after the other where they need tiles.
 */
export async function batchHeatmaps(
  session: Session,
  images: readonly GrayImage[],
  dim: number,
): Promise<Float32Array[]> {
  const { width, height } = images[0];
  const cells = cellsOf(images[0]);
  if (cells.wide * cells.high * images.length > MAX_CELLS && images.length > 1) {
    const half = Math.ceil(images.length / 2);
    const parts = [images.slice(0, half), images.slice(half)];
    return [
      ...(await batchHeatmaps(session, parts[0], dim)),
      ...(await batchHeatmaps(session, parts[1], dim)),
    ];
  }
  if (images.length === 1) return [(await denseMaps(session, images[0], dim)).heatmap];
  const { heatmap } = await run(session, images, cells);
  return images.map((_, n) => heatmapOf(heatmap, n, cells, width, height));
}
