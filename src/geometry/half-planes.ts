/**
 * Regions whose edges are straight, as half-planes a·x + b·y + c >= 0, each three numbers of a flat list. What a
 * homography shows of a picture is such a region, so a row of it is one interval: no mask has to be drawn.
 */
import type { Homography } from './homography.js';

/** Room for rounding: an edge through the centre of a pixel leaves the pixel inside. */
const ROUNDING = 1e-9;

/**
 * Pixels [start, end) of row y, `width` long, that lie in all half-planes.
 * @param distance so far inside each, in pixels where (a, b) has length 1.
 */
export function rowWithin(planes: Float64Array, y: number, width: number, distance = 0): [number, number] {
  let start = 0;
  let end = width - 1;
  for (let plane = 0; plane < planes.length; plane += 3) {
    const slope = planes[plane];
    const rest = planes[plane + 1] * y + planes[plane + 2] - distance;
    if (Math.abs(slope) < 1e-12) {
      if (rest < 0) return [0, 0];
    } else if (slope > 0) {
      start = Math.max(start, Math.ceil(-rest / slope - ROUNDING));
    } else {
      end = Math.min(end, Math.floor(-rest / slope + ROUNDING));
    }
  }
  return end < start ? [0, 0] : [start, end + 1];
}

/**
 * `h` or its negative, the same homography: the one whose third coordinate is positive where it shows the picture.
 * @param inverse of `h`, of either sign: maps points of a picture of `width` x `height` to those that `h` takes.
 */
export function facing(h: Homography, inverse: Homography, width: number, height: number): Homography {
  const depth = inverse[6] * ((width - 1) / 2) + inverse[7] * ((height - 1) / 2) + inverse[8];
  return depth < 0 ? h.map((element) => -element) : h;
}
