/** SIFT's keypoints: extrema of the differences of Gaussians, refined, filtered and oriented (Lowe 2004, §3-5). */
import { BASE_SIGMA, LAYERS, type Octave, type Plane } from './sift-scale-space.js';

/** No extrema nearer than this to an edge. */
const BORDER = 5;
const CONTRAST_THRESHOLD = 0.04;
const EDGE_THRESHOLD = 10;
const REFINEMENTS = 5;
const ORIENTATION_BINS = 36;
/** Blur of the window of orientations, in multiples of the keypoint's scale, and its radius in blurs. */
const ORIENTATION_SIGMA = 1.5;
const ORIENTATION_RADIUS = 3;
/** A second orientation needs this share of the highest peak. */
const PEAK_RATIO = 0.8;
/** Differences are of pictures 0 … 255; the thresholds are for 0 … 1. */
const UNIT = 1 / 255;

/** An oriented keypoint, in pixels of its octave. */
export interface SiftKeypoint {
  readonly octave: number;
  /** Level of the octave that the descriptor is read from. */
  readonly layer: number;
  readonly x: number;
  readonly y: number;
  /** Standard deviation of its blur. */
  readonly scale: number;
  /** Absolute contrast of the refined extremum, for pictures in [0, 1]. */
  readonly response: number;
  /** Radians, from x towards the top of the picture. */
  readonly angle: number;
}

/** A refined extremum and the pixel that it was refined from. */
type Extremum = Omit<SiftKeypoint, 'angle'> & { readonly column: number; readonly row: number };

/** All oriented keypoints of a scale space; an extremum with two main orientations gives two. */
export function siftKeypoints(octaves: readonly Octave[]): SiftKeypoint[] {
  const keypoints: SiftKeypoint[] = [];
  const seen = new Set<string>();
  for (const [octave, { blurred, differences }] of octaves.entries()) {
    for (let layer = 1; layer <= LAYERS; layer++) {
      forEachExtremum(differences, layer, (column, row) => {
        const extremum = refine(differences, octave, layer, column, row);
        if (!extremum) return;
        // Two neighbouring pixels can be refined to the same extremum.
        const place = `${octave} ${extremum.x} ${extremum.y} ${extremum.scale}`;
        if (seen.has(place)) return;
        seen.add(place);
        for (const angle of orientations(blurred[extremum.layer], extremum)) {
          const { layer, x, y, scale, response } = extremum;
          keypoints.push({ octave, layer, x, y, scale, response, angle });
        }
      });
    }
  }
  return keypoints;
}

function forEachExtremum(
  differences: readonly Plane[],
  layer: number,
  visit: (column: number, row: number) => void,
): void {
  const { width, height, data } = differences[layer];
  const threshold = Math.floor(((0.5 * CONTRAST_THRESHOLD) / LAYERS) * 255);
  const planes = [data, differences[layer - 1].data, differences[layer + 1].data];
  for (let row = BORDER; row < height - BORDER; row++) {
    for (let column = BORDER; column < width - BORDER; column++) {
      const at = row * width + column;
      const value = data[at];
      if (Math.abs(value) <= threshold) continue;
      if (isExtremum(planes, at, width, value)) visit(column, row);
    }
  }
}

function isExtremum(planes: readonly Float32Array[], at: number, width: number, value: number): boolean {
  const sign = Math.sign(value);
  for (const plane of planes) {
    for (let start = at - width - 1; start <= at + width - 1; start += width) {
      for (let n = start; n < start + 3; n++) if (sign * plane[n] > sign * value) return false;
    }
  }
  return true;
}

/** Value, gradient and Hessian of the differences at a pixel, for pictures in [0, 1]. */
function derivatives(differences: readonly Plane[], layer: number, column: number, row: number) {
  const { width, data } = differences[layer];
  const below = differences[layer - 1].data;
  const above = differences[layer + 1].data;
  const at = row * width + column;
  const twice = 2 * data[at];
  return {
    value: data[at] * UNIT,
    dx: (data[at + 1] - data[at - 1]) * 0.5 * UNIT,
    dy: (data[at + width] - data[at - width]) * 0.5 * UNIT,
    ds: (above[at] - below[at]) * 0.5 * UNIT,
    dxx: (data[at + 1] + data[at - 1] - twice) * UNIT,
    dyy: (data[at + width] + data[at - width] - twice) * UNIT,
    dss: (above[at] + below[at] - twice) * UNIT,
    dxy:
      (data[at + width + 1] - data[at + width - 1] - data[at - width + 1] + data[at - width - 1]) *
      0.25 *
      UNIT,
    dxs: (above[at + 1] - above[at - 1] - below[at + 1] + below[at - 1]) * 0.25 * UNIT,
    dys: (above[at + width] - above[at - width] - below[at + width] + below[at - width]) * 0.25 * UNIT,
  };
}

/** The step to the extremum of the quadratic: minus Hessian⁻¹ gradient, by Cramer's rule. */
function newtonStep(d: ReturnType<typeof derivatives>): [number, number, number] {
  const { dx, dy, ds, dxx, dyy, dss, dxy, dxs, dys } = d;
  const cxx = dyy * dss - dys * dys;
  const cxy = dxs * dys - dxy * dss;
  const cxs = dxy * dys - dyy * dxs;
  const determinant = dxx * cxx + dxy * cxy + dxs * cxs;
  const cyy = dxx * dss - dxs * dxs;
  const cys = dxs * dxy - dxx * dys;
  const css = dxx * dyy - dxy * dxy;
  return [
    -(cxx * dx + cxy * dy + cxs * ds) / determinant,
    -(cxy * dx + cyy * dy + cys * ds) / determinant,
    -(cxs * dx + cys * dy + css * ds) / determinant,
  ];
}

/** The extremum at sub-pixel and sub-scale position; null where it runs away, is weak or lies on an edge. */
function refine(
  differences: readonly Plane[],
  octave: number,
  startLayer: number,
  startColumn: number,
  startRow: number,
): Extremum | null {
  const { width, height } = differences[0];
  let [layer, column, row] = [startLayer, startColumn, startRow];
  for (let n = 0; n < REFINEMENTS; n++) {
    const d = derivatives(differences, layer, column, row);
    const [stepX, stepY, stepScale] = newtonStep(d);
    if (!Number.isFinite(stepX + stepY + stepScale)) return null;
    if (Math.abs(stepX) < 0.5 && Math.abs(stepY) < 0.5 && Math.abs(stepScale) < 0.5) {
      const contrast = d.value + 0.5 * (d.dx * stepX + d.dy * stepY + d.ds * stepScale);
      if (Math.abs(contrast) * LAYERS < CONTRAST_THRESHOLD || isEdge(d)) return null;
      return {
        octave,
        layer,
        column,
        row,
        x: column + stepX,
        y: row + stepY,
        scale: BASE_SIGMA * 2 ** ((layer + stepScale) / LAYERS),
        response: Math.abs(contrast),
      };
    }
    column += Math.round(stepX);
    row += Math.round(stepY);
    layer += Math.round(stepScale);
    const isInside =
      layer >= 1 &&
      layer <= LAYERS &&
      column >= BORDER &&
      column < width - BORDER &&
      row >= BORDER &&
      row < height - BORDER;
    if (!isInside) return null;
  }
  return null;
}

function isEdge({ dxx, dyy, dxy }: ReturnType<typeof derivatives>): boolean {
  const trace = dxx + dyy;
  const determinant = dxx * dyy - dxy * dxy;
  return determinant <= 0 || trace * trace * EDGE_THRESHOLD >= (EDGE_THRESHOLD + 1) ** 2 * determinant;
}

/** Main directions of the gradients around an extremum, radians. */
function orientations({ width, height, data }: Plane, { column, row, scale }: Extremum): number[] {
  const sigma = ORIENTATION_SIGMA * scale;
  const radius = Math.round(ORIENTATION_RADIUS * sigma);
  const raw = new Float64Array(ORIENTATION_BINS);
  for (let y = Math.max(1, row - radius); y <= Math.min(height - 2, row + radius); y++) {
    for (let x = Math.max(1, column - radius); x <= Math.min(width - 2, column + radius); x++) {
      const at = y * width + x;
      const dx = data[at + 1] - data[at - 1];
      const dy = data[at - width] - data[at + width];
      const weight = Math.exp(-((x - column) ** 2 + (y - row) ** 2) / (2 * sigma * sigma));
      const bin = Math.round((Math.atan2(dy, dx) / (2 * Math.PI)) * ORIENTATION_BINS);
      raw[(bin + ORIENTATION_BINS) % ORIENTATION_BINS] += weight * Math.hypot(dx, dy);
    }
  }
  const around = (bins: Float64Array, n: number) => bins[(n + ORIENTATION_BINS) % ORIENTATION_BINS];
  const bins = raw.map(
    (value, n) =>
      (around(raw, n - 2) + around(raw, n + 2) + 4 * (around(raw, n - 1) + around(raw, n + 1)) + 6 * value) /
      16,
  );
  const least = PEAK_RATIO * Math.max(...bins);
  const angles: number[] = [];
  for (const [n, value] of bins.entries()) {
    const left = around(bins, n - 1);
    const right = around(bins, n + 1);
    if (!(value > left && value > right && value >= least)) continue;
    const peak = n + (0.5 * (left - right)) / (left - 2 * value + right);
    angles.push((2 * Math.PI * peak) / ORIENTATION_BINS);
  }
  return angles;
}
