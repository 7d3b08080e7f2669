/** The largest upright rectangle that holds only pixels with something in them: what is left of a panorama by a crop. */
import type { RgbaImage } from './image.js';

/** In whole pixels. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Finds the rectangle of the largest area in which no pixel is transparent; of size 0 where all are. Each row is
 * the foot of a skyline, how far up each column goes on without a gap, whose largest rectangle a stack finds.
 */
export function largestRectangle({ width, height, data }: RgbaImage): Rectangle {
  let best: Rectangle = { left: 0, top: 0, width: 0, height: 0 };
  const heights = new Int32Array(width + 1);
  const stack = new Int32Array(width + 1);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) heights[x] = data[4 * (y * width + x) + 3] > 0 ? heights[x] + 1 : 0;
    let depth = 0;
    for (let x = 0; x <= width; x++) {
      while (depth > 0 && heights[stack[depth - 1]] >= heights[x]) {
        const high = heights[stack[--depth]];
        const left = depth > 0 ? stack[depth - 1] + 1 : 0;
        if (high * (x - left) > best.width * best.height) {
          best = { left, top: y - high + 1, width: x - left, height: high };
        }
      }
      stack[depth++] = x;
    }
  }
  return best;
}

/** A copy of a part of a picture, which lies wholly inside it. */
export function cropRgba(image: RgbaImage, { left, top, width, height }: Rectangle): RgbaImage {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++) {
    const start = 4 * ((top + y) * image.width + left);
    data.set(image.data.subarray(start, start + 4 * width), 4 * y * width);
  }
  return { width, height, data };
}
