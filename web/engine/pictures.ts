/** Pictures in the worker: decoding at a size that a page can handle, colours under a homography, heat. */

import { heatColor } from '../../src/drawing/color-maps.js';
import { type Homography, invertHomography } from '../../src/geometry/homography.js';
import { readColorImage } from '../../src/image/codec.js';
import { openBitmap } from '../../src/image/codec-browser.js';
import { grayFromRgba } from '../../src/image/convert.js';
import type { GrayImage, RgbaImage } from '../../src/image/image.js';
import { ImageError } from '../../src/image/image-error.js';
import { isPnm } from '../../src/image/pnm.js';

/** A picture as the page works with it: shrunk where it is huge. */
export interface Picture {
  readonly name: string;
  /** Of the file, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly gray: GrayImage;
  readonly colors: RgbaImage;
}

/** Longest side that is kept; more would only cost memory on a page. */
const LONGEST_SIDE = 1600;
const SHORTEST_SIDE = 16;

/** The canvas that read pixels last. */
let last: OffscreenCanvasRenderingContext2D | undefined;

/** A canvas of this size: frame after frame the same, as a new one waits for the browser's painting process. */
function contextOf(width: number, height: number): OffscreenCanvasRenderingContext2D {
  if (last?.canvas.width === width && last.canvas.height === height) return last;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new RangeError(`this browser has no canvas of ${width}x${height} pixels`);
  last = context;
  return context;
}

/** The pixels of a bitmap, shrunk so that the longer side is at most `longestSide`; transparency on white. */
export function pixelsOf(bitmap: ImageBitmap, longestSide: number): RgbaImage {
  const scale = Math.min(1, longestSide / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const context = contextOf(width, height);
  context.imageSmoothingQuality = 'high';
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

async function bitmapOf(file: Blob, name: string): Promise<ImageBitmap> {
  const start = new Uint8Array(await file.slice(0, 3).arrayBuffer());
  return start.length === 0 || isPnm(start) ? bitmapFrom(await readColorImage(file)) : openBitmap(file, name);
}

/**
 * Decodes a picture.
 * @throws ImageError in one line where the file is none or too large.
 */
export async function openPicture(file: Blob, name: string): Promise<Picture> {
  const bitmap = await bitmapOf(file instanceof File ? file : new File([file], name), name);
  const { width, height } = bitmap;
  try {
    if (Math.min(width, height) < SHORTEST_SIDE) {
      const least = `${SHORTEST_SIDE}x${SHORTEST_SIDE}`;
      throw new ImageError(name, `${width}x${height} is too small, expected at least ${least} pixels`);
    }
    const colors = pixelsOf(bitmap, LONGEST_SIDE);
    if (Math.min(colors.width, colors.height) < SHORTEST_SIDE) {
      throw new ImageError(
        name,
        `${width}x${height} is too narrow for a side to become at most ${LONGEST_SIDE}`,
      );
    }
    return { name, width, height, colors, gray: grayFromRgba(colors) };
  } finally {
    bitmap.close();
  }
}

export function bitmapFrom({ width, height, data }: RgbaImage): Promise<ImageBitmap> {
  return createImageBitmap(new ImageData(data as Uint8ClampedArray<ArrayBuffer>, width, height));
}

/** The colours under a homography, bilinear; transparent where the picture does not reach. */
export function warpColors(
  source: RgbaImage,
  H_sourceToTarget: Homography,
  width: number,
  height: number,
): RgbaImage {
  const [a, b, c, d, e, f, g, h, i] = invertHomography(H_sourceToTarget);
  const data = new Uint8ClampedArray(4 * width * height);
  const from = source.data;
  const [stride, right, bottom] = [4 * source.width, source.width - 1, source.height - 1];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      const depth = g * x + h * y + i;
      const u = (a * x + b * y + c) / depth;
      const v = (d * x + e * y + f) / depth;
      if (!(u >= 0 && v >= 0 && u < right && v < bottom)) continue;
      // No tuples in here: they made it ten times slower.
      const column = Math.trunc(u);
      const row = Math.trunc(v);
      const upper = row * stride + 4 * column;
      const lower = upper + stride;
      const southEast = (u - column) * (v - row);
      const northEast = u - column - southEast;
      const southWest = v - row - southEast;
      const northWest = 1 - (u - column) - southWest;
      for (let channel = 0; channel < 3; channel++) {
        data[at + channel] =
          northWest * from[upper + channel] +
          northEast * from[upper + channel + 4] +
          southWest * from[lower + channel] +
          southEast * from[lower + channel + 4];
      }
      data[at + 3] = 255;
    }
  }
  return { width, height, data };
}

/** Probability that gets the brightest colour. */
const BRIGHTEST = 0.25;

/** A heatmap as a layer to lay over its picture: the hotter, the less transparent. */
export function heatLayer(heatmap: Float32Array, width: number, height: number): RgbaImage {
  const palette = Uint8Array.from({ length: 3 * 256 }, (_, n) => heatColor(Math.floor(n / 3) / 255)[n % 3]);
  const data = new Uint8ClampedArray(4 * width * height);
  for (let pixel = 0, at = 0; pixel < heatmap.length; pixel++, at += 4) {
    // The square root brings faint heat out; heat is concentrated in few pixels.
    const heat = Math.sqrt(Math.min(1, heatmap[pixel] / BRIGHTEST));
    const color = 3 * Math.round(255 * heat);
    data[at] = palette[color];
    data[at + 1] = palette[color + 1];
    data[at + 2] = palette[color + 2];
    data[at + 3] = 255 * Math.min(1, 1.8 * heat);
  }
  return { width, height, data };
}
