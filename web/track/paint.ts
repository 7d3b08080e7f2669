/** A frame with its points, trails and the reference that was found in it. */
import { type Placement, paintKeypoints, paintMatches, paintTracks } from '../../src/drawing/draw.js';
import type { FrameResult } from '../engine/sequence.js';

export interface TrackLayers {
  readonly points: boolean;
  readonly trails: boolean;
  /** Lines from the reference to the frame. */
  readonly matches: boolean;
}

const POINT_RADIUS = 2.2;
/** Width of the reference in the corner, as a share of the frame's. */
const INSET = 0.27;
const MARGIN = 8;

function paintOutline(context: CanvasRenderingContext2D, outline: Float64Array, scale: number): void {
  const path = new Path2D();
  for (let k = 0; k < 8; k += 2) path.lineTo((outline[k] + 0.5) * scale, (outline[k + 1] + 0.5) * scale);
  path.closePath();
  context.lineJoin = 'round';
  context.fillStyle = 'rgba(102, 232, 170, 0.14)';
  context.fill(path);
  context.lineWidth = 5;
  context.strokeStyle = 'rgba(8, 12, 20, 0.8)';
  context.stroke(path);
  context.lineWidth = 2.5;
  context.strokeStyle = '#66e8aa';
  context.stroke(path);
}

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
  if (found.outline) paintOutline(context, found.outline, scale);
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
