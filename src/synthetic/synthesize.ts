/**
 * Synthetic Shapes (§4 of DeTone et al. 2018): pictures of simple shapes whose corners are known
 * without a doubt. Picture `index` of `seed` is the same whatever was made before it.
 */
import { type Homography, identityHomography, warpPoints } from '../geometry/homography.js';
import {
  type HomographySampling,
  SYNTHETIC_HOMOGRAPHIES,
  sampleHomography,
} from '../geometry/sample-homography.js';
import { type Photometry, photometricAugment, SYNTHETIC_PHOTOMETRY } from '../image/photometric.js';
import { Random } from '../random.js';
import { checkerboard, stripes } from './boards.js';
import { cube } from './cube.js';
import { ellipses, multiplePolygons, polygon } from './polygons.js';
import { rasterise } from './rasterise.js';
import { SHAPE_KINDS, type ShapeKind, type SyntheticSample } from './sample.js';
import type { Scene, Stage } from './scene.js';
import { lines, star } from './strokes.js';
import { hideCorners } from './visibility.js';

/** What to draw. */
export interface ShapeSettings {
  /** Size in pixels, each at least 48. @default 160 */
  readonly width?: number;
  /** @default 120 */
  readonly height?: number;
  /** Draw only this kind. */
  readonly kind?: ShapeKind;
  /** How often each kind comes, relative to the others; what is not named keeps its default of 1. */
  readonly weights?: Partial<Record<ShapeKind, number>>;
  /** Strength of the textures of backdrop and figures in [0, 1], 0 for flat shades. @default 1 */
  readonly texture?: number;
}

/** What to draw and how to change it. */
export interface SynthesizeSettings extends ShapeSettings {
  /** Range of the viewpoints; null for the shape as it was drawn. @default SYNTHETIC_VIEWS */
  readonly homography?: HomographySampling | null;
  /** Range of the changes of light; null for none. @default SYNTHETIC_PHOTOMETRY */
  readonly photometry?: Photometry | null;
}

/** Viewpoints for Synthetic Shapes: as usual (§4), with more variety of scale, from 1.5 times to half size. */
export const SYNTHETIC_VIEWS: HomographySampling = { ...SYNTHETIC_HOMOGRAPHIES, scaling: [0.8, 2.4] };

const SMALLEST_SIZE = 48;
/** Two corners nearer than this, in pixels, cannot be told apart. */
const SMALLEST_GAP = 2.5;
const MAX_TRIES = 40;
/** Steps of the golden ratio fill [0, 1) evenly, however many there are. */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

const BUILDERS: Record<ShapeKind, (stage: Stage) => Scene> = {
  lines,
  polygon,
  multiplePolygons,
  ellipses,
  star,
  checkerboard,
  stripes,
  cube,
  gaussianNoise: ({ random, backdrop }) => ({
    backdrop: { ...backdrop, amplitude: random.between(0.1, 0.9), spacing: random.between(1, 3) },
    figures: [],
    corners: [],
  }),
};

/** The kind of picture `index`: any stretch of indices holds the kinds in the proportion of the weights. */
function chooseKind(seed: number | string, index: number, { kind, weights = {} }: ShapeSettings): ShapeKind {
  if (kind !== undefined) {
    if (!SHAPE_KINDS.includes(kind)) {
      throw new RangeError(`expected a kind of shape, one of ${SHAPE_KINDS.join(', ')}; got ${kind}`);
    }
    return kind;
  }
  const shares = SHAPE_KINDS.map((name) => weights[name] ?? 1);
  const total = shares.reduce((sum, share) => sum + share, 0);
  if (!(total > 0) || shares.some((share) => share < 0)) {
    throw new RangeError(`expected weights of at least 0, one above, got ${JSON.stringify(weights)}`);
  }
  const start = new Random(seed).fork('kind').uniform();
  let rest = ((start + index * GOLDEN_RATIO) % 1) * total;
  const chosen = SHAPE_KINDS.find((_, k) => {
    rest -= shares[k];
    return rest < 0;
  });
  return chosen ?? SHAPE_KINDS[shares.findLastIndex((share) => share > 0)];
}

function sizeOf({ width = 160, height = 120 }: ShapeSettings): { width: number; height: number } {
  const fits = (size: number) => Number.isInteger(size) && size >= SMALLEST_SIZE;
  if (!fits(width) || !fits(height)) {
    throw new RangeError(
      `expected a whole width and height of at least ${SMALLEST_SIZE}, got ${width}x${height}`,
    );
  }
  return { width, height };
}

/** The corners of the scene that the view shows, x, y each, or undefined if it is no fair view. */
function cornersInView(scene: Scene, H_sceneToView: Homography, width: number, height: number) {
  const [, , , , , , g, h, i] = H_sceneToView;
  const atCentre = (g * width) / 2 + (h * height) / 2 + i;
  for (const { outline } of scene.figures) {
    for (let k = 0; k < outline.length; k += 2) {
      // Near the horizon or behind it a figure turns inside out.
      if ((g * outline[k] + h * outline[k + 1] + i) / atCentre < 0.2) return undefined;
    }
  }
  const warped = warpPoints(H_sceneToView, scene.corners);
  const inside: number[] = [];
  for (let k = 0; k < warped.length; k += 2) {
    const x = warped[k];
    const y = warped[k + 1];
    if (x < 0 || y < 0 || x > width - 1 || y > height - 1) continue;
    for (let other = 0; other < inside.length; other += 2) {
      if ((x - inside[other]) ** 2 + (y - inside[other + 1]) ** 2 < SMALLEST_GAP ** 2) return undefined;
    }
    inside.push(x, y);
  }
  return inside.length >= Math.min(4, scene.corners.length) ? inside : undefined;
}

/** Draws `make(attempt)` until it succeeds, a limited number of times. */
function firstOf<T>(make: (attempt: number) => T | undefined): T | undefined {
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const made = make(attempt);
    if (made !== undefined) return made;
  }
  return undefined;
}

/**
 * Picture `index` of `seed`, augmented: another viewpoint and another light (§4).
 * The viewpoint changes the drawing, not its pixels, so edges stay sharp and the view has no borders.
 * @param seed any number or text
 * @param index which picture of the seed, 0, 1, 2 …
 * @throws RangeError if a size is below 48, the kind unknown, a weight negative or the texture not in [0, 1].
 */
export function synthesize(
  seed: number | string,
  index: number,
  settings: SynthesizeSettings = {},
): SyntheticSample {
  const { texture = 1, homography = SYNTHETIC_VIEWS, photometry = SYNTHETIC_PHOTOMETRY } = settings;
  const { width, height } = sizeOf(settings);
  const kind = chooseKind(seed, index, settings);
  if (!(texture >= 0 && texture <= 1)) throw new RangeError(`expected a texture in [0, 1], got ${texture}`);
  const random = new Random(seed).fork(index);
  const side = Math.min(width, height);
  const ground = random.fork('backdrop');
  const backdrop = {
    shade: ground.uniform(),
    amplitude: ground.between(0, 0.09) * texture,
    spacing: side * ground.between(0.05, 0.4),
  };

  const drawn = firstOf((attempt) => {
    const stage = { random: random.fork('scene', attempt), width, height, side, backdrop, texture };
    const scene = BUILDERS[kind](stage);
    const corners = cornersInView(scene, identityHomography(), width, height);
    return corners && { scene, corners };
  });
  if (drawn === undefined) throw new Error(`no ${kind} found for picture ${index} of seed ${seed}`);
  const seen =
    homography &&
    firstOf((attempt) => {
      const H_sceneToView = sampleHomography(random.fork('view', attempt), width, height, homography);
      const corners = cornersInView(drawn.scene, H_sceneToView, width, height);
      return corners && { scene: warpScene(drawn.scene, H_sceneToView), corners };
    });
  const { scene, corners } = seen ?? drawn;

  const drawing = random.fork('drawing');
  const spread = photometry ? drawing.between(0.02, 0.2) : drawing.between(0.05, 0.1);
  const clean = rasterise(scene, width, height, drawing, spread);
  const mask = new Uint8Array(width * height).fill(1);
  if (!photometry) return { image: clean, keypoints: Float32Array.from(corners), mask, kind };
  const image = photometricAugment(clean, random.fork('light'), photometry);
  return { image, keypoints: hideCorners(clean, image, corners, mask), mask, kind };
}

function warpScene(scene: Scene, H_sceneToView: Homography): Scene {
  const figures = scene.figures.map(({ outline, paint }) => ({
    outline: warpPoints(H_sceneToView, outline),
    paint,
  }));
  return { ...scene, figures };
}

/** Picture `index` of `seed` as it was drawn, without augmentation: the clean protocol. */
export function renderShape(
  seed: number | string,
  index: number,
  settings: ShapeSettings = {},
): SyntheticSample {
  return synthesize(seed, index, { ...settings, homography: null, photometry: null });
}
