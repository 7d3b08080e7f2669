/**
 * From the detector's logits to a full-resolution heatmap: softmax over the 65 classes of each cell,
 * the dustbin dropped, the 64 others laid out as the 8x8 pixels of the cell (§3.2 of DeTone et al. 2018).
 */
import { CELL, CLASSES } from '../network/architecture.js';

/**
 * The probability of an interest point at each pixel.
 *
 * @param logits [65, cellsHigh, cellsWide], as the network gives them for one picture.
 * @returns [8 * cellsHigh, 8 * cellsWide] in [0, 1]; the 64 values of a cell and its dustbin sum to 1.
 * @throws RangeError where `logits` has another length.
 */
export function heatmapFromLogits(logits: Float32Array, cellsHigh: number, cellsWide: number): Float32Array {
  const cells = cellsHigh * cellsWide;
  if (logits.length !== CLASSES * cells) {
    throw new RangeError(
      `expected ${CLASSES}x${cellsHigh}x${cellsWide} = ${CLASSES * cells} logits, got ${logits.length}`,
    );
  }
  const width = CELL * cellsWide;
  const heatmap = new Float32Array(CELL * CELL * cells);
  const scale = new Float32Array(cellsWide);
  const largest = new Float32Array(cellsWide);
  const exponentials = new Float32Array(CLASSES * cellsWide);
  // One row of cells at a time, so that reads run along the rows of the planes and stay in the cache.
  for (let row = 0; row < cellsHigh; row++) {
    const start = row * cellsWide;
    largest.set(logits.subarray(start, start + cellsWide));
    for (let channel = 1; channel < CLASSES; channel++) {
      const plane = channel * cells + start;
      for (let x = 0; x < cellsWide; x++) {
        const logit = logits[plane + x];
        if (logit > largest[x]) largest[x] = logit;
      }
    }
    scale.fill(0);
    for (let channel = 0; channel < CLASSES; channel++) {
      const plane = channel * cells + start;
      const target = channel * cellsWide;
      for (let x = 0; x < cellsWide; x++) {
        const exponential = Math.exp(logits[plane + x] - largest[x]);
        exponentials[target + x] = exponential;
        scale[x] += exponential;
      }
    }
    for (let x = 0; x < cellsWide; x++) scale[x] = 1 / scale[x];
    for (let channel = 0; channel < CLASSES - 1; channel++) {
      const source = channel * cellsWide;
      const target = (CELL * row + (channel >> 3)) * width + (channel & 7);
      for (let x = 0; x < cellsWide; x++) {
        heatmap[target + CELL * x] = exponentials[source + x] * scale[x];
      }
    }
  }
  return heatmap;
}

/**
 * The top-left `width` x `height` part of a row-major map `stride` wide: a heatmap without the pixels
 * that padding added on the right and at the bottom.
 */
export function cropHeatmap(
  heatmap: Float32Array,
  stride: number,
  width: number,
  height: number,
): Float32Array {
  if (stride === width && heatmap.length === width * height) return heatmap;
  const cropped = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    cropped.set(heatmap.subarray(y * stride, y * stride + width), y * width);
  }
  return cropped;
}
