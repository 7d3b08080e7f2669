/** A frame with its points, trails and the reference that was found in it. */
import {
  type Placement,
  paintKeypoints,
  paintMatches,
  paintOutline,
  paintTracks,
} from '../../src/drawing/draw.js';
import type { FrameResult } from '../engine/sequence.js';

export interface TrackLayers {
  readonly points: boolean;
  readonly trails: boolean;
  /** Lines from the reference to the frame. */
  readonly matches: boolean;
}

const POINT_RADIUS = 2.2;
const OUTLINE_WIDTH = 2.5;
/** Width of the reference in the corner, as a share of the frame's. */
const INSET = 0.27;
const MARGIN = 8;

/**
 * Paints over a frame that is on the canvas already.
 * @param width of the canvas, CSS pixels.
 * @param reference the frozen frame, where there is one.
 */
export function paintTracking(
  context: CanvasRenderingContext2D,
  result: FrameResult,
  width: number,
  layers: TrackLayers,
  trailLength: number,
  reference: CanvasImageSource | undefined,
): void {
  const { points, heat, trails, found } = result;
  const scale = width / points.width;
  const path = new Path2D();
  path.rect(0, 0, width, points.height * scale);
  context.clip(path);
  const placement: Placement = { left: 0, top: 0, scale };
  if (heat) context.drawImage(heat, 0, 0, width, points.height * scale);
  if (layers.points) paintKeypoints(context, points, POINT_RADIUS, placement);
  if (layers.trails) paintTracks(context, trails, POINT_RADIUS, placement, trailLength);
  if (!found || !reference) return;
  if (found.outline) paintOutline(context, found.outline, OUTLINE_WIDTH, placement);
  const size = INSET * width;
  const inset = { left: width - size - MARGIN, top: MARGIN, scale: size / found.points.width };
  const height = inset.scale * found.points.height;
  context.fillStyle = found.outline ? '#66e8aa' : '#c9ced8';
  context.fillRect(inset.left - 2, inset.top - 2, size + 4, height + 4);
  context.drawImage(reference, inset.left, inset.top, size, height);
  if (!layers.matches || !found.outline) return;
  const scene = { features0: found.points, features1: points, placement0: inset, placement1: placement };
  paintMatches(context, scene, found.matches, found.inliers, 1.6);
}
