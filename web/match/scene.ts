/** Two pictures and their matches on a canvas: where things lie, how they look, what is under the pointer. */
import type { Placement } from '../../src/drawing/draw.js';
import { paintKeypoints, paintMatches } from '../../src/drawing/draw.js';
import type { Matches } from '../../src/matching/matches.js';
import type { Comparison, Points } from '../engine/pair.js';

/** A picture as the page has it: its size in its file, and a bitmap that may be smaller. */
export interface Shown {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly bitmap: ImageBitmap;
}

export interface Layers {
  readonly points: boolean;
  readonly matches: boolean;
  readonly outliers: boolean;
}

/** Where both pictures lie. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly placements: readonly [Placement, Placement];
}

const GAP = 6;
/** Below this width the pictures lie one above the other. */
const NARROW = 600;

/** Fits both pictures into `width`, side by side at one height of at most `tallest`, or stacked where it is narrow. */
export function layOut(first: Shown, second: Shown, width: number, tallest: number): Layout {
  if (width < NARROW) {
    const scales = [first, second].map((shown) => Math.min(width / shown.width, tallest / shown.height));
    const top = first.height * scales[0] + GAP;
    const left = (shown: Shown, scale: number) => (width - shown.width * scale) / 2;
    return {
      width,
      height: top + second.height * scales[1],
      placements: [
        { left: left(first, scales[0]), top: 0, scale: scales[0] },
        { left: left(second, scales[1]), top, scale: scales[1] },
      ],
    };
  }
  const ratios = first.width / first.height + second.width / second.height;
  const height = Math.min((width - GAP) / ratios, tallest);
  const scales = [height / first.height, height / second.height];
  const margin = (width - GAP - ratios * height) / 2;
  return {
    width,
    height,
    placements: [
      { left: margin, top: 0, scale: scales[0] },
      { left: margin + first.width * scales[0] + GAP, top: 0, scale: scales[1] },
    ],
  };
}

/** Those of the matches that are inliers, or all. */
function visible(comparison: Comparison, { outliers }: Layers): { matches: Matches; inliers?: Uint8Array } {
  const { matches, inliers, H_0to1 } = comparison;
  if (!H_0to1) return { matches };
  if (outliers) return { matches, inliers };
  const kept = Array.from(inliers.keys()).filter((m) => inliers[m] > 0);
  const indices0 = Int32Array.from(kept, (m) => matches.indices0[m]);
  const indices1 = Int32Array.from(kept, (m) => matches.indices1[m]);
  const similarities = Float32Array.from(kept, (m) => matches.similarities[m]);
  return { matches: { count: kept.length, indices0, indices1, similarities } };
}

/** Paints pictures, points and matches; `radius` is that of a point. */
export function paintScene(
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
  shown: readonly [Shown, Shown],
  layout: Layout,
  comparison: Comparison | undefined,
  layers: Layers,
  radius: number,
): void {
  context.imageSmoothingQuality = 'high';
  shown.forEach(({ bitmap, width, height }, side) => {
    const { left, top, scale } = layout.placements[side];
    context.drawImage(bitmap, left, top, width * scale, height * scale);
  });
  if (!comparison) return;
  const { points } = comparison;
  const [placement0, placement1] = layout.placements;
  if (layers.points) {
    paintKeypoints(context, points[0], radius, placement0);
    paintKeypoints(context, points[1], radius, placement1);
  }
  if (!layers.matches) return;
  const { matches, inliers } = visible(comparison, layers);
  const scene = { features0: points[0], features1: points[1], placement0, placement1 };
  paintMatches(context, scene, matches, inliers, radius);
}

/** Canvas coordinates of a keypoint. */
export function locate({ keypoints }: Points, n: number, { left, top, scale }: Placement): [number, number] {
  return [left + (keypoints[2 * n] + 0.5) * scale, top + (keypoints[2 * n + 1] + 0.5) * scale];
}

/** Matches that can be looked at, the most similar first. */
export function ranking({ matches, inliers, H_0to1 }: Comparison, { outliers }: Layers): number[] {
  const all = Array.from({ length: matches.count }, (_, m) => m);
  const kept = all.filter((m) => outliers || !H_0to1 || inliers[m] > 0);
  return kept.sort((a, b) => matches.similarities[b] - matches.similarities[a]);
}

/** How far from an end of a match the pointer may be, in CSS pixels. */
const REACH = 16;

/** The match of `candidates` one of whose ends is nearest to the pointer, if any is near. */
export function matchAt(
  x: number,
  y: number,
  { placements }: Layout,
  { points, matches }: Comparison,
  candidates: readonly number[],
): number | undefined {
  let nearest: number | undefined;
  let least = REACH;
  for (const m of candidates) {
    const ends = [locate(points[0], matches.indices0[m], placements[0])];
    ends.push(locate(points[1], matches.indices1[m], placements[1]));
    for (const [endX, endY] of ends) {
      const distance = Math.hypot(endX - x, endY - y);
      if (distance < least) [nearest, least] = [m, distance];
    }
  }
  return nearest;
}

const LENS_RADIUS = 46;
/** Enlargement of the canvas under a lens. */
const LENS_POWER = 4;

/** Puts the scene into the shade and shows one match with both its ends enlarged. */
export function paintLens(
  context: CanvasRenderingContext2D,
  shown: readonly [Shown, Shown],
  { width, height, placements }: Layout,
  { points, matches }: Comparison,
  match: number,
): void {
  const ends = [matches.indices0[match], matches.indices1[match]].map((n, side) =>
    locate(points[side], n, placements[side]),
  );
  context.fillStyle = 'rgba(10, 12, 16, 0.55)';
  context.fillRect(0, 0, width, height);
  context.lineWidth = 2;
  context.strokeStyle = '#fff';
  context.beginPath();
  context.moveTo(...(ends[0] as [number, number]));
  context.lineTo(...(ends[1] as [number, number]));
  context.stroke();
  ends.forEach(([x, y], side) => {
    const { bitmap, width: pictureWidth, height: pictureHeight } = shown[side];
    const { left, top, scale } = placements[side];
    // Kept on the canvas, beside the point where there is room.
    const centreX = Math.min(Math.max(x, LENS_RADIUS + 2), width - LENS_RADIUS - 2);
    const above = y - LENS_RADIUS - 14 > LENS_RADIUS;
    const centreY = above ? y - LENS_RADIUS - 14 : y + LENS_RADIUS + 14;
    context.save();
    context.beginPath();
    context.arc(centreX, centreY, LENS_RADIUS, 0, 2 * Math.PI);
    context.fillStyle = '#101318';
    context.fill();
    context.clip();
    context.drawImage(
      bitmap,
      centreX + LENS_POWER * (left - x),
      centreY + LENS_POWER * (top - y),
      LENS_POWER * scale * pictureWidth,
      LENS_POWER * scale * pictureHeight,
    );
    context.restore();
    context.strokeStyle = '#fff';
    context.beginPath();
    context.arc(centreX, centreY, LENS_RADIUS, 0, 2 * Math.PI);
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ]) {
      context.moveTo(centreX + 5 * dx, centreY + 5 * dy);
      context.lineTo(centreX + 14 * dx, centreY + 14 * dy);
    }
    context.moveTo(x + 5, y);
    context.arc(x, y, 5, 0, 2 * Math.PI);
    context.stroke();
  });
}
