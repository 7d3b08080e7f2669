/**
 * Runs the network on pictures of any size: padded to whole cells by repeating the right and bottom
 * edge, and in overlapping tiles where the whole would need too much memory. The tiles' overlap covers
 * all that the network sees around a cell, so the result is the same as in one piece.
 */
import { type Session, tensor } from '../graph/session.js';
import type { GrayImage } from '../image/image.js';
import { CELL } from '../network/architecture.js';

/** The network's output for one picture. */
export interface DenseMaps {
  readonly cellsHigh: number;
  readonly cellsWide: number;
  /** [65, cellsHigh, cellsWide] */
  readonly logits: Float32Array;
  /** [descriptorDim, cellsHigh, cellsWide], each cell's vector of length 1. */
  readonly descriptors: Float32Array;
  /** 0 for a network without descriptors. */
  readonly descriptorDim: number;
}

/** Largest input in one piece, in cells: 1280x1280 pixels, about 1 GB of activations. */
const MAX_CELLS = 160 * 160;
/** Side of a tile without its overlap, in cells. */
const TILE = 128;
/** Cells of overlap: a cell depends on pixels up to 45 away, by its convolutions and poolings. */
const OVERLAP = 6;

/** A rectangle of cells. */
interface Cells {
  readonly left: number;
  readonly top: number;
  readonly wide: number;
  readonly high: number;
}

/** Writes the pixels of the cells, edge repeated beyond the picture, row-major from `start`. */
function writeInput(image: GrayImage, cells: Cells, input: Float32Array, start: number): void {
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

/** Copies the part `core` of the maps of `tile` to where it belongs in the maps of the picture. */
function copyCore(from: Float32Array, tile: Cells, core: Cells, to: Float32Array, picture: Cells): void {
  const planes = from.length / (tile.wide * tile.high);
  for (let plane = 0; plane < planes; plane++) {
    for (let row = core.top; row < core.top + core.high; row++) {
      const source = (plane * tile.high + row - tile.top) * tile.wide + core.left - tile.left;
      const target = (plane * picture.high + row) * picture.wide + core.left;
      to.set(from.subarray(source, source + core.wide), target);
    }
  }
}

async function runTile(session: Session, image: GrayImage, tile: Cells): Promise<DenseMaps> {
  const input = new Float32Array(CELL * CELL * tile.wide * tile.high);
  writeInput(image, tile, input, 0);
  const dims = [1, 1, CELL * tile.high, CELL * tile.wide];
  const { logits, descriptors } = await session.run({ image: tensor(input, dims) });
  return {
    cellsHigh: tile.high,
    cellsWide: tile.wide,
    logits: logits.data as Float32Array,
    descriptors: descriptors ? (descriptors.data as Float32Array) : new Float32Array(),
    descriptorDim: descriptors ? descriptors.dims[1] : 0,
  };
}

/** The tile with the overlap that the picture allows. */
function widened(core: Cells, picture: Cells): Cells {
  const left = Math.max(0, core.left - OVERLAP);
  const top = Math.max(0, core.top - OVERLAP);
  return {
    left,
    top,
    wide: Math.min(picture.wide, core.left + core.wide + OVERLAP) - left,
    high: Math.min(picture.high, core.top + core.high + OVERLAP) - top,
  };
}

/**
 * The dense maps of one picture.
 * @param image checked by `checkNetworkInput`.
 * @param maxCells in one piece; more are cut into tiles of `tileSide`² cells.
 */
export async function denseMaps(
  session: Session,
  image: GrayImage,
  maxCells = MAX_CELLS,
  tileSide = TILE,
): Promise<DenseMaps> {
  const cellsWide = Math.ceil(image.width / CELL);
  const cellsHigh = Math.ceil(image.height / CELL);
  const picture = { left: 0, top: 0, wide: cellsWide, high: cellsHigh };
  const cells = cellsWide * cellsHigh;
  if (cells <= maxCells) return runTile(session, image, picture);
  let logits = new Float32Array();
  let descriptors = new Float32Array();
  let descriptorDim = 0;
  for (let top = 0; top < cellsHigh; top += tileSide) {
    for (let left = 0; left < cellsWide; left += tileSide) {
      const wide = Math.min(tileSide, cellsWide - left);
      const core = { left, top, wide, high: Math.min(tileSide, cellsHigh - top) };
      const tile = widened(core, picture);
      const maps = await runTile(session, image, tile);
      if (logits.length === 0) {
        descriptorDim = maps.descriptorDim;
        logits = new Float32Array((maps.logits.length / (tile.wide * tile.high)) * cells);
        descriptors = new Float32Array(descriptorDim * cells);
      }
      copyCore(maps.logits, tile, core, logits, picture);
      copyCore(maps.descriptors, tile, core, descriptors, picture);
    }
  }
  return { cellsHigh, cellsWide, logits, descriptors, descriptorDim };
}

/**
 * The logits of several pictures of one size in one run, which keeps a graphics card busy.
 * @returns for each picture [65, cellsHigh, cellsWide].
 */
export async function batchLogits(session: Session, images: readonly GrayImage[]): Promise<Float32Array[]> {
  const { width, height } = images[0];
  const picture = { left: 0, top: 0, wide: Math.ceil(width / CELL), high: Math.ceil(height / CELL) };
  const size = CELL * CELL * picture.wide * picture.high;
  const input = new Float32Array(images.length * size);
  images.forEach((image, n) => {
    writeInput(image, picture, input, n * size);
  });
  const dims = [images.length, 1, CELL * picture.high, CELL * picture.wide];
  const { logits } = await session.run({ image: tensor(input, dims) });
  const data = logits.data as Float32Array;
  const length = data.length / images.length;
  return images.map((_, n) => data.subarray(n * length, (n + 1) * length));
}
