/**
 * The record that Synthetic Shapes hands out (§4 of the paper), and the names of its kinds.
 */
import type { GrayImage } from '../image/image.js';

/** All kinds of shapes, in the order of the paper's figure. */
export const SHAPE_KINDS = [
  'lines',
  'polygon',
  'multiplePolygons',
  'ellipses',
  'star',
  'checkerboard',
  'stripes',
  'cube',
  'gaussianNoise',
] as const;

/** One kind of shape; `ellipses` and `gaussianNoise` have no corners. */
export type ShapeKind = (typeof SHAPE_KINDS)[number];

/** A picture of a shape and the truth about its corners. */
export interface SyntheticSample {
  readonly image: GrayImage;
  /** Corners x, y in pixels, sub-pixel, all inside the picture: `[2N]`. */
  readonly keypoints: Float32Array;
  /** 1 where the truth of a pixel is known, 0 where the loss must not look: `[height * width]`. */
  readonly mask: Uint8Array;
  readonly kind: ShapeKind;
}
