/**
 * From a view back to the photograph: the view's heatmap, sampled bilinearly, is added where the
 * photograph's pixels are seen. Two edges spoil a heatmap, the photograph's own edge inside the view and
 * the view's frame, so both are moved inwards; in the photograph's pixels all eight of these lines are
 * straight, and a row of valid pixels is one interval: no mask is ever drawn or warped.
 */
import { facing, rowWithin } from '../geometry/half-planes.js';
import { type Homography, invertHomography } from '../geometry/homography.js';

/** The running sums of one photograph, from which the mean heatmap comes. */
export interface HeatmapSum {
  readonly width: number;
  readonly height: number;
  /** [height, width] heat of all views together. */
  readonly heat: Float32Array;
  /** [height, width] how many views saw the pixel. */
  readonly views: Float32Array;
}

/** Sums over no view yet. */
export function emptyHeatmapSum(width: number, height: number): HeatmapSum {
  const pixels = width * height;
  return { width, height, heat: new Float32Array(pixels), views: new Float32Array(pixels) };
}

/** Adds the heatmap [height, width] of the photograph itself, seen whole. */
export function addPlainHeatmap(sum: HeatmapSum, heatmap: Float32Array): void {
  for (let i = 0; i < heatmap.length; i++) {
    sum.heat[i] += heatmap[i];
    sum.views[i] += 1;
  }
}

/**
 * The heat of each pixel, averaged over the views that saw it. [height, width]
 * @param minViews pixels seen less often are averaged as if so many had seen them: near the photograph's
 *   corners a mean of two or three views is chance.
 */
export function meanHeatmap({ heat, views }: HeatmapSum, minViews = 1): Float32Array {
  return heat.map((total, i) => total / Math.max(views[i], minViews));
}

/**
 * The valid pixels as half-planes of the photograph, a·x + b·y + c >= 0. [8, 3]
 * @param h photograph → view, its third coordinate positive for what the view shows; `back` its inverse.
 * @param erosion pixels of the view.
 */
function validHalfPlanes(
  h: Homography,
  back: Homography,
  sum: HeatmapSum,
  viewWidth: number,
  viewHeight: number,
  erosion: number,
): Float64Array {
  const planes = new Float64Array(24);
  // The view's frame: u >= inset, u <= width - 1 - inset and so on, times the depth, which is positive.
  const inset = Math.max(0, erosion - 0.5);
  for (let k = 0; k < 3; k++) {
    planes[k] = h[k] - inset * h[6 + k];
    planes[3 + k] = (viewWidth - 1 - inset) * h[6 + k] - h[k];
    planes[6 + k] = h[3 + k] - inset * h[6 + k];
    planes[9 + k] = (viewHeight - 1 - inset) * h[6 + k] - h[3 + k];
  }
  // The photograph's edges a·x + b·y + c = 0 become lines l = H⁻ᵀ(a, b, c) of the view, and a pixel's
  // distance to one there is (a·x + b·y + c) / (depth · |l|).
  const edges = [1, 0, 0.5, -1, 0, sum.width - 0.5, 0, 1, 0.5, 0, -1, sum.height - 0.5];
  for (let edge = 0; edge < 12; edge += 3) {
    const line = [0, 1].map(
      (k) => edges[edge] * back[k] + edges[edge + 1] * back[3 + k] + edges[edge + 2] * back[6 + k],
    );
    const distance = erosion * Math.hypot(line[0], line[1]);
    for (let k = 0; k < 3; k++) planes[12 + edge + k] = edges[edge + k] - distance * h[6 + k];
  }
  return planes;
}

/**
 * Adds a view's heatmap to the sums, where the photograph's pixels are seen in it.
 *
 * @param heatmap [viewHeight, viewWidth].
 * @param H_photoToView maps points of the photograph to points of the view.
 * @param erosion pixels of the view by which its frame and the photograph's edges move inwards.
 */
export function addWarpedHeatmap(
  sum: HeatmapSum,
  heatmap: Float32Array,
  H_photoToView: Homography,
  viewWidth: number,
  viewHeight: number,
  erosion: number,
): void {
  const { width, height, heat, views } = sum;
  const back = invertHomography(H_photoToView);
  const h = facing(H_photoToView, back, viewWidth, viewHeight);
  const planes = validHalfPlanes(h, back, sum, viewWidth, viewHeight, erosion);
  const right = viewWidth - 1;
  const bottom = viewHeight - 1;
  for (let y = 0; y < height; y++) {
    const [start, end] = rowWithin(planes, y, width);
    const nu = h[1] * y + h[2];
    const nv = h[4] * y + h[5];
    const nw = h[7] * y + h[8];
    for (let x = start; x < end; x++) {
      const scale = 1 / (h[6] * x + nw);
      // Inside the frame up to rounding, which must not reach over a row's end.
      const u = Math.min(Math.max((h[0] * x + nu) * scale, 0), right);
      const v = Math.min(Math.max((h[3] * x + nv) * scale, 0), bottom);
      const left = u | 0;
      const top = v | 0;
      const fx = u - left;
      const fy = v - top;
      const here = top * viewWidth + left;
      const stepX = left < right ? 1 : 0;
      const below = top < bottom ? here + viewWidth : here;
      const upper = heatmap[here] + fx * (heatmap[here + stepX] - heatmap[here]);
      const lower = heatmap[below] + fx * (heatmap[below + stepX] - heatmap[below]);
      heat[y * width + x] += upper + fy * (lower - upper);
      views[y * width + x] += 1;
    }
  }
}
