/**
 * A synthetic scene before it is drawn: flat figures painted one over the other on a backdrop, and
 * the corners that they show. Scenes are vectors, so that any homography of one is as sharp as the
 * scene itself and its corners stay exact.
 */
import type { Random } from '../random.js';

/** A uniform shade in [0, 1], plus a fine texture of at most ± `grain`. */
export interface Paint {
  readonly shade: number;
  readonly grain: number;
}

/** A simple polygon x, y, x, y … in scene pixels. A later figure hides an earlier one. */
export interface Figure {
  readonly outline: ArrayLike<number>;
  readonly paint: Paint;
}

/** What lies behind all figures: smooth noise of at most ± `amplitude`, blobs of about `spacing` pixels. */
export interface Backdrop {
  readonly shade: number;
  readonly amplitude: number;
  readonly spacing: number;
}

export interface Scene {
  readonly backdrop: Backdrop;
  readonly figures: readonly Figure[];
  /** x, y of every corner that can be seen, inside the picture or out of it. */
  readonly corners: readonly number[];
}

/** What a shape's builder is given. */
export interface Stage {
  readonly random: Random;
  readonly width: number;
  readonly height: number;
  /** The shorter of both: what sizes are measured in. */
  readonly side: number;
  readonly backdrop: Backdrop;
  /** Strength of all textures, 1 as usual, 0 for flat shades. */
  readonly texture: number;
}

/** A figure and the whole backdrop differ by at least this much before textures. */
export const BACKDROP_CONTRAST = 0.16;

/**
 * A random shade in [0, 1] at least `contrast` away from each of `others`; where twenty draws do not
 * find one, the farthest of them.
 */
export function contrastingShade(random: Random, others: readonly number[], contrast: number): number {
  let best = 0;
  let bestGap = -1;
  for (let attempt = 0; attempt < 20; attempt++) {
    const shade = random.uniform();
    let gap = 1;
    for (const other of others) gap = Math.min(gap, Math.abs(shade - other));
    if (gap >= contrast) return shade;
    if (gap > bestGap) {
      best = shade;
      bestGap = gap;
    }
  }
  return best;
}

/** A paint that stands out from the stage's backdrop. */
export function contrastingPaint(
  { random, backdrop, texture }: Stage,
  others: readonly number[] = [],
): Paint {
  const shade = contrastingShade(random, [backdrop.shade, ...others], BACKDROP_CONTRAST);
  return { shade, grain: random.uniform() < 0.5 ? 0 : random.between(0.01, 0.06) * texture };
}

/** The outline of a straight stroke; `overshoot` lengthens it at both ends. */
export function strokeOutline(
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  thickness: number,
  overshoot = 0,
): number[] {
  const length = Math.hypot(x1 - x0, y1 - y0);
  const alongX = (x1 - x0) / length;
  const alongY = (y1 - y0) / length;
  const sideX = (-alongY * thickness) / 2;
  const sideY = (alongX * thickness) / 2;
  const startX = x0 - alongX * overshoot;
  const startY = y0 - alongY * overshoot;
  const endX = x1 + alongX * overshoot;
  const endY = y1 + alongY * overshoot;
  return [
    startX + sideX,
    startY + sideY,
    endX + sideX,
    endY + sideY,
    endX - sideX,
    endY - sideY,
    startX - sideX,
    startY - sideY,
  ];
}
