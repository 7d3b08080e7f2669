/**
 * Additive shade: overlapping blurred ellipses that darken or brighten part of a picture, as cast
 * shadows and spots of light do. Drawn and blurred at a quarter of the size: a shade is smooth.
 */
import type { Random } from '../random.js';
import type { GrayImage } from './image.js';

/** How strong a shade may be. */
export interface Shade {
  /** Number of ellipses; 0 is no shade. */
  readonly ellipses: number;
  /** Where shaded, pixels are multiplied by 1 - transparency: negative brightens. */
  readonly transparency: readonly [number, number];
  /** Size of the Gaussian's window, pixels of the full picture (its deviation is 0.15 of it). */
  readonly blur: readonly [number, number];
}

/** Pixels of the picture per cell of the coarse mask. */
const CELL = 4;

/** Fills an ellipse of half axes a, b, turned by `angle`, with 1. Coordinates in cells. */
function fillEllipse(
  mask: Float32Array,
  wide: number,
  high: number,
  [centreX, centreY]: readonly [number, number],
  [a, b]: readonly [number, number],
  angle: number,
): void {
  const cosine = Math.cos(angle);
  const sine = Math.sin(angle);
  const reach = Math.max(a, b);
  const top = Math.max(0, Math.ceil(centreY - reach));
  const bottom = Math.min(high - 1, Math.floor(centreY + reach));
  const left = Math.max(0, Math.ceil(centreX - reach));
  const right = Math.min(wide - 1, Math.floor(centreX + reach));
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const u = (cosine * (x - centreX) + sine * (y - centreY)) / a;
      const v = (cosine * (y - centreY) - sine * (x - centreX)) / b;
      if (u * u + v * v <= 1) mask[y * wide + x] = 1;
    }
  }
}

/** One box filter of 2 * radius + 1 along lines of `length` samples `step` apart; edges replicated. */
function boxFilter(
  line: Float32Array,
  scratch: Float32Array,
  start: number,
  step: number,
  radius: number,
): void {
  const length = scratch.length;
  const last = length - 1;
  for (let i = 0; i < length; i++) scratch[i] = line[start + i * step];
  let sum = 0;
  for (let i = -radius; i <= radius; i++) sum += scratch[Math.min(Math.max(i, 0), last)];
  const scale = 1 / (2 * radius + 1);
  for (let i = 0; i < length; i++) {
    line[start + i * step] = sum * scale;
    sum += scratch[Math.min(i + radius + 1, last)] - scratch[Math.max(i - radius, 0)];
  }
}

/** Three box filters each way come close to a Gaussian of this deviation. */
function blurMask(mask: Float32Array, wide: number, high: number, deviation: number): void {
  const radius = Math.max(1, Math.round((Math.sqrt(4 * deviation * deviation + 1) - 1) / 2));
  const row = new Float32Array(wide);
  const column = new Float32Array(high);
  for (let pass = 0; pass < 3; pass++) {
    for (let y = 0; y < high; y++) boxFilter(mask, row, y * wide, 1, radius);
    for (let x = 0; x < wide; x++) boxFilter(mask, column, x, wide, radius);
  }
}

/**
 * Multiplies the picture, in place, by 1 - transparency * mask, where the mask is 1 in the ellipses and
 * blurred. The result is not clipped.
 */
export function addShade(image: GrayImage, random: Random, shade: Shade): void {
  const { width, height, data } = image;
  const wide = Math.ceil(width / CELL) + 1;
  const high = Math.ceil(height / CELL) + 1;
  const largest = Math.min(width, height) / CELL / 4;
  const mask = new Float32Array(wide * high);
  for (let n = 0; n < shade.ellipses; n++) {
    const axes = [random.between(0.25, largest), random.between(0.25, largest)] as const;
    const reach = Math.max(...axes);
    const centre = [random.between(reach, wide - reach), random.between(reach, high - reach)] as const;
    fillEllipse(mask, wide, high, centre, axes, random.between(0, Math.PI / 2));
  }
  const transparency = random.between(shade.transparency[0], shade.transparency[1]);
  const window = random.between(shade.blur[0], shade.blur[1]);
  if (shade.ellipses === 0) return;
  blurMask(mask, wide, high, (0.15 * window) / CELL);
  for (let y = 0; y < height; y++) {
    const v = (y + 0.5) / CELL;
    const top = v | 0;
    const fy = v - top;
    for (let x = 0; x < width; x++) {
      const u = (x + 0.5) / CELL;
      const left = u | 0;
      const fx = u - left;
      const at = top * wide + left;
      const upper = mask[at] + fx * (mask[at + 1] - mask[at]);
      const below = at + (top + 1 < high ? wide : 0);
      const lower = mask[below] + fx * (mask[below + 1] - mask[below]);
      data[y * width + x] *= 1 - transparency * (upper + fy * (lower - upper));
    }
  }
}
