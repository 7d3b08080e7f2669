/**
 * Pictures of keypoints, matches, tracks and heatmaps. The `paint…` functions draw on any 2D canvas (a
 * live video's too); the `draw…` functions return a finished picture. The same code in Node and browser.
 */
import { createCanvas } from '#codec';
import type { Features } from '../features/features.js';
import type { Canvas, Context2D } from '../image/canvas.js';
import { rgbaFromGray } from '../image/convert.js';
import type { GrayImage, RgbaImage } from '../image/image.js';
import type { Matches } from '../matching/matches.js';
import { type Color, confidenceColor, cssColor, heatColor, strengthColor } from './color-maps.js';

/** Where a picture lies on the canvas: its top-left corner, and canvas pixels per picture pixel. */
export interface Placement {
  readonly left: number;
  readonly top: number;
  readonly scale: number;
}

/** What the drawings need of `Features`. */
export type DrawablePoints = Pick<Features, 'count' | 'keypoints'> & Partial<Pick<Features, 'scores'>>;

/** How a drawing looks. */
export interface DrawOptions {
  /** Pixels of the drawing per pixel of the picture. @default 1 */
  readonly scale?: number;
  /** Radius of a point, pixels of the drawing. @default grows with the drawing, 2.5 at 640x480 */
  readonly radius?: number;
}

const OUTLINE = 'rgba(8, 12, 20, 0.8)';
const OUTLINE_COLOR: Color = [102, 232, 170];
const BACKGROUND = 'rgb(17, 20, 26)';
const IDENTITY: Placement = { left: 0, top: 0, scale: 1 };
/** Cosine similarities at and below which a match looks doubtful, and from which it looks certain. */
const DOUBTFUL_SIMILARITY = 0.6;
const CERTAIN_SIMILARITY = 0.95;

/** Size of marks that suits a drawing: 1 up to 640x480, then in proportion; larger on enlarged pixels. */
function markUnit({ width, height }: { width: number; height: number }, scale: number): number {
  return Math.max(1, Math.sqrt((width * height) / (640 * 480))) * Math.max(1, Math.sqrt(scale));
}

function isGray(image: GrayImage | RgbaImage): image is GrayImage {
  return image.data instanceof Float32Array;
}

function canvasOf(image: GrayImage | RgbaImage): Canvas {
  const { width, height, data } = isGray(image) ? rgbaFromGray(image) : image;
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  const pixels = context.createImageData(width, height);
  pixels.data.set(data);
  context.putImageData(pixels, 0, 0);
  return canvas;
}

function paintImage(context: Context2D, image: GrayImage | RgbaImage, { left, top, scale }: Placement): void {
  context.imageSmoothingEnabled = scale < 3; // larger pixels are there to be seen
  context.drawImage(canvasOf(image), left, top, image.width * scale, image.height * scale);
}

function pixelsOf(canvas: Canvas): RgbaImage {
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  return { width, height, data: new Uint8ClampedArray(data) };
}

/** A dot of this colour with a dark outline, its centre in canvas coordinates. */
function paintDot(context: Context2D, x: number, y: number, radius: number, color: string): void {
  context.beginPath();
  context.arc(x, y, radius + 0.5 * radius ** 0.5, 0, 2 * Math.PI);
  context.fillStyle = OUTLINE;
  context.fill();
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = color;
  context.fill();
}

/** Canvas coordinates of keypoint n: the centre of the top-left pixel is half a pixel from the corner. */
function position(points: ArrayLike<number>, n: number, { left, top, scale }: Placement): [number, number] {
  return [left + (points[2 * n] + 0.5) * scale, top + (points[2 * n + 1] + 0.5) * scale];
}

/** Order of drawing: weakest first, so that the strongest lie on top. */
function ascending(values: ArrayLike<number>, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, n) => n).sort((a, b) => values[a] - values[b]);
}

/**
 * Rings around the keypoints, weak ones blue, strong ones orange (by rank of the score, since scores
 * crowd near zero), outlined in dark.
 */
export function paintKeypoints(
  context: Context2D,
  { count, keypoints, scores }: DrawablePoints,
  radius: number,
  placement: Placement = IDENTITY,
): void {
  const order = scores ? ascending(scores, count) : Uint32Array.from({ length: count }, (_, n) => n);
  order.forEach((n, rank) => {
    const [x, y] = position(keypoints, n, placement);
    const color = cssColor(strengthColor(scores && count > 1 ? rank / (count - 1) : 0.4));
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.lineWidth = 0.9 * radius;
    context.strokeStyle = OUTLINE;
    context.stroke();
    context.lineWidth = 0.5 * radius;
    context.strokeStyle = color;
    context.stroke();
  });
}

/** A picture with its keypoints. */
export function drawKeypoints(
  image: GrayImage | RgbaImage,
  features: DrawablePoints,
  { scale = 1, radius }: DrawOptions = {},
): RgbaImage {
  const placement = { left: 0, top: 0, scale };
  const canvas = createCanvas(Math.round(image.width * scale), Math.round(image.height * scale));
  const context = canvas.getContext('2d');
  paintImage(context, image, placement);
  paintKeypoints(context, features, radius ?? 2.5 * markUnit(canvas, scale), placement);
  return pixelsOf(canvas);
}

/** Two pictures' points and where the pictures lie. */
export interface MatchScene {
  readonly features0: DrawablePoints;
  readonly features1: DrawablePoints;
  readonly placement0: Placement;
  readonly placement1: Placement;
}

/**
 * Lines between matched points, coloured from red (doubtful) to green (certain) by similarity. Where
 * `inliers` ([M], 1 = inlier) are given, the others are thin, faint and beneath.
 */
export function paintMatches(
  context: Context2D,
  scene: MatchScene,
  matches: Matches,
  inliers: ArrayLike<number> | undefined,
  radius: number,
): void {
  const { count, indices0, indices1, similarities } = matches;
  const isInlier = (m: number) => inliers === undefined || inliers[m] > 0;
  const order = Array.from(ascending(similarities, count));
  const drawn = [...order.filter((m) => !isInlier(m)), ...order.filter(isInlier)];
  // many lines hide the pictures: they become thinner and more transparent
  const crowd = Math.min(1, Math.sqrt(80 / Math.max(1, order.filter(isInlier).length)));
  for (const m of drawn) {
    const [x0, y0] = position(scene.features0.keypoints, indices0[m], scene.placement0);
    const [x1, y1] = position(scene.features1.keypoints, indices1[m], scene.placement1);
    const certainty = (similarities[m] - DOUBTFUL_SIMILARITY) / (CERTAIN_SIMILARITY - DOUBTFUL_SIMILARITY);
    const color = confidenceColor(certainty);
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.lineWidth = radius * (isInlier(m) ? 0.3 + 0.3 * crowd : 0.2);
    context.strokeStyle = isInlier(m) ? cssColor(color, 0.45 + 0.45 * crowd) : 'rgba(235, 110, 110, 0.22)';
    context.stroke();
    if (!isInlier(m)) continue;
    paintDot(context, x0, y0, 0.8 * radius, cssColor(color));
    paintDot(context, x1, y1, 0.8 * radius, cssColor(color));
  }
}

/** Two pictures side by side, their points joined by matches (see `paintMatches`). */
export function drawMatches(
  image0: GrayImage | RgbaImage,
  features0: DrawablePoints,
  image1: GrayImage | RgbaImage,
  features1: DrawablePoints,
  matches: Matches,
  inliers?: ArrayLike<number>,
  { scale = 1, radius }: DrawOptions = {},
): RgbaImage {
  const unit = scale * markUnit(image0, 1);
  const gap = Math.round(8 * unit);
  const left = Math.round(image0.width * scale) + gap;
  const height = Math.round(Math.max(image0.height, image1.height) * scale);
  const canvas = createCanvas(left + Math.round(image1.width * scale), height);
  const context = canvas.getContext('2d');
  context.fillStyle = BACKGROUND;
  context.fillRect(0, 0, canvas.width, canvas.height);
  const placement0 = { left: 0, top: 0, scale };
  const placement1 = { left, top: 0, scale };
  paintImage(context, image0, placement0);
  paintImage(context, image1, placement1);
  const scene = { features0, features1, placement0, placement1 };
  paintMatches(context, scene, matches, inliers, radius ?? 2.5 * markUnit(canvas, scale));
  return pixelsOf(canvas);
}

/**
 * Point tracks as trails that fade towards the past, a dot at the present; longer tracks are warmer.
 * @param tracks each [K, 2], x0, y0, x1, y1, … from oldest to newest.
 * @param longest number of points at which a track gets the warmest colour.
 */
export function paintTracks(
  context: Context2D,
  tracks: readonly ArrayLike<number>[],
  radius: number,
  placement: Placement = IDENTITY,
  longest = Math.max(2, ...tracks.map((track) => track.length >> 1)),
): void {
  context.lineCap = 'round';
  for (const track of tracks) {
    const count = track.length >> 1;
    if (count === 0) continue;
    const color = strengthColor((count - 1) / Math.max(1, longest - 1));
    for (const outline of [true, false]) {
      for (let n = 1; n < count; n++) {
        const presence = 0.15 + 0.85 * (n / (count - 1));
        context.beginPath();
        context.moveTo(...position(track, n - 1, placement));
        context.lineTo(...position(track, n, placement));
        context.lineWidth = radius * (outline ? 1.2 : 0.7);
        context.strokeStyle = outline ? `rgba(8, 12, 20, ${0.35 * presence})` : cssColor(color, presence);
        context.stroke();
      }
    }
    const [x, y] = position(track, count - 1, placement);
    paintDot(context, x, y, radius, cssColor(color));
  }
}

/** The outline of a flat thing in the picture, [K, 2] its corners in order, with a faint veil inside. */
export function paintOutline(
  context: Context2D,
  outline: ArrayLike<number>,
  width: number,
  placement: Placement = IDENTITY,
): void {
  context.beginPath();
  for (let n = 0; 2 * n < outline.length; n++) context.lineTo(...position(outline, n, placement));
  context.closePath();
  context.lineJoin = 'round';
  context.fillStyle = cssColor(OUTLINE_COLOR, 0.08);
  context.fill();
  context.lineWidth = 2 * width;
  context.strokeStyle = OUTLINE;
  context.stroke();
  context.lineWidth = width;
  context.strokeStyle = cssColor(OUTLINE_COLOR);
  context.stroke();
}

export interface DrawTracksOptions extends DrawOptions {
  /** Points at which a track gets the warmest colour. @default those of the longest */
  readonly longest?: number;
  /** Corners of something found in the frame (see `paintOutline`). */
  readonly outline?: ArrayLike<number> | null;
}

/** A frame with its point tracks (see `paintTracks`). */
export function drawTracks(
  image: GrayImage | RgbaImage,
  tracks: readonly ArrayLike<number>[],
  { scale = 1, radius, longest, outline }: DrawTracksOptions = {},
): RgbaImage {
  const placement = { left: 0, top: 0, scale };
  const canvas = createCanvas(Math.round(image.width * scale), Math.round(image.height * scale));
  const context = canvas.getContext('2d');
  paintImage(context, image, placement);
  if (outline) paintOutline(context, outline, 2.5 * markUnit(canvas, scale), placement);
  paintTracks(context, tracks, radius ?? 2.2 * markUnit(canvas, scale), placement, longest);
  return pixelsOf(canvas);
}

/**
 * A heatmap laid over its picture, dimmed: cold is transparent, hot is bright.
 * @param heatmap [height, width], at least 0.
 * @param options `maximum`: the heat of the brightest colour, by default the heatmap's largest value.
 */
export function drawHeatmap(
  image: GrayImage,
  heatmap: ArrayLike<number>,
  { maximum = largest(heatmap) }: { readonly maximum?: number } = {},
): RgbaImage {
  const overlay = rgbaFromGray(image);
  const { data } = overlay;
  for (let i = 0, at = 0; i < heatmap.length; i++, at += 4) {
    // the square root brings faint heat out; heat is concentrated in few pixels
    const heat = Math.sqrt(Math.min(Math.max(heatmap[i] / maximum, 0), 1));
    const [red, green, blue] = heatColor(heat);
    const cover = Math.min(1, 1.8 * heat);
    data[at] = (1 - cover) * 0.5 * data[at] + cover * red;
    data[at + 1] = (1 - cover) * 0.5 * data[at + 1] + cover * green;
    data[at + 2] = (1 - cover) * 0.5 * data[at + 2] + cover * blue;
  }
  return overlay;
}

/** The largest value, or the smallest number above 0 where all are 0. */
function largest(values: ArrayLike<number>): number {
  let maximum = Number.MIN_VALUE;
  for (let i = 0; i < values.length; i++) maximum = Math.max(maximum, values[i]);
  return maximum;
}
