/**
 * Where overlapping pictures lie in one flat panorama: the best pairwise homographies form a tree, one
 * picture's frame becomes the panorama's, and pictures that the flat frame would stretch too far stay out.
 */
import {
  type Homography,
  identityHomography,
  invertHomography,
  multiplyHomographies,
  normaliseHomography,
  outerCorners,
  warpPoints,
} from './homography.js';

/** Two pictures that show a plane in common, or were taken from one place. */
export interface PictureLink {
  /** Numbers of the two pictures. */
  readonly first: number;
  readonly second: number;
  readonly H_firstToSecond: Homography;
  /** Matches that agree on it, which say how far it can be trusted. */
  readonly inlierCount: number;
}

export interface PanoramaLimits {
  /** Panorama pixels across one pixel of the most stretched corner, at most; > 1. @default 4 */
  readonly maxStretch?: number;
  /** Of the panorama; a larger one is made smaller. @default 25e6 */
  readonly maxPixels?: number;
}

/** Why a picture is not in the panorama: no way of links leads to it, or it would be stretched too far. */
export type LeftOut = 'apart' | 'stretched';

export interface PanoramaLayout {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** The picture whose frame the panorama has, up to its scale. */
  readonly reference: number;
  /** [pictures] maps points of each picture to the panorama, or says why it is left out. */
  readonly places: readonly (Homography | LeftOut)[];
}

type Size = { readonly width: number; readonly height: number };

/** For each picture, the links of the tree that end at it, with the homography to the other end. */
type Tree = readonly (readonly { readonly to: number; readonly H: Homography }[])[];

/** The spanning forest of the links with the most inliers (Kruskal), in both directions. */
function spanningTree(count: number, links: readonly PictureLink[]): Tree {
  const group = Array.from({ length: count }, (_, n) => n);
  const tree: { to: number; H: Homography }[][] = group.map(() => []);
  for (const { first, second, H_firstToSecond } of [...links].sort((a, b) => b.inlierCount - a.inlierCount)) {
    const [kept, joined] = [group[first], group[second]];
    if (kept === joined) continue;
    for (let n = 0; n < count; n++) if (group[n] === joined) group[n] = kept;
    tree[first].push({ to: second, H: H_firstToSecond });
    tree[second].push({ to: first, H: invertHomography(H_firstToSecond) });
  }
  return tree;
}

/** Each reachable picture's homography to `reference`, along the tree. */
function placesFrom(reference: number, tree: Tree): Map<number, Homography> {
  const places = new Map([[reference, identityHomography()]]);
  // A map's iteration also visits what is added on the way.
  for (const [at, H_atToReference] of places) {
    for (const { to, H } of tree[at]) {
      if (!places.has(to)) places.set(to, multiplyHomographies(H_atToReference, invertHomography(H)));
    }
  }
  return places;
}

/**
 * How far a homography stretches a picture at the corner where it does least and where it does most: square roots
 * of ratios of areas; infinite where a corner lies on or behind the horizon, or the picture is mirrored.
 */
function stretchOf(
  H: Homography,
  { width, height }: Size,
): { readonly least: number; readonly most: number } {
  const [a, b, c, d, e, f, g, h, i] = H;
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const corners = outerCorners(width, height);
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (let n = 0; n < 8; n += 2) {
    const depth = g * corners[n] + h * corners[n + 1] + i;
    const area = depth * i > 0 ? determinant / depth ** 3 : Number.NaN;
    const stretch = area > 0 ? Math.sqrt(area) : Number.POSITIVE_INFINITY;
    least = Math.min(least, stretch);
    most = Math.max(most, stretch);
  }
  return { least, most };
}

/**
 * Lays pictures out. The frame is that of the picture that has to leave out the fewest others, then that
 * in which the scale differs least from corner to corner.
 * @throws RangeError for no picture, a link that names none, or limits out of range.
 */
export function layOutPanorama(
  sizes: readonly Size[],
  links: readonly PictureLink[],
  { maxStretch = 4, maxPixels = 25e6 }: PanoramaLimits = {},
): PanoramaLayout {
  if (sizes.length === 0) throw new RangeError('expected at least one picture, got none');
  if (!(maxStretch > 1)) throw new RangeError(`expected maxStretch to be a number > 1, got ${maxStretch}`);
  if (!(maxPixels >= 1)) throw new RangeError(`expected maxPixels to be a number >= 1, got ${maxPixels}`);
  for (const { first, second } of links) {
    if (!(first in sizes && second in sizes && first !== second)) {
      throw new RangeError(`expected links of ${sizes.length} pictures, got one of ${first} and ${second}`);
    }
  }
  const tree = spanningTree(sizes.length, links);
  const candidates = sizes.map((_, reference) => {
    const reached = placesFrom(reference, tree);
    const stretches = [...reached].map(([n, H]) => ({ n, H, ...stretchOf(H, sizes[n]) }));
    const kept = stretches.filter(({ most }) => most <= maxStretch);
    const most = Math.max(...kept.map((stretch) => stretch.most));
    const least = Math.min(...kept.map((stretch) => stretch.least));
    return { reference, reached, kept: new Map(kept.map(({ n, H }) => [n, H])), spread: most / least };
  });
  const [{ reference, reached, kept }] = candidates.sort(
    (a, b) => b.kept.size - a.kept.size || a.spread - b.spread || a.reference - b.reference,
  );
  const corners = [...kept].flatMap(([n, H]) => [
    ...warpPoints(H, outerCorners(sizes[n].width, sizes[n].height)),
  ]);
  const xs = corners.filter((_, i) => i % 2 === 0);
  const ys = corners.filter((_, i) => i % 2 === 1);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [wide, high] = [Math.max(...xs) - left, Math.max(...ys) - top];
  const scale = Math.min(1, Math.sqrt(maxPixels / (wide * high)));
  // The outer corner (left, top) becomes that of the panorama's first pixel.
  const H_referenceToPanorama = Float64Array.of(
    scale,
    0,
    -scale * left - 0.5,
    0,
    scale,
    -scale * top - 0.5,
    0,
    0,
    1,
  );
  const places = sizes.map((_, n): Homography | LeftOut => {
    const H = kept.get(n);
    if (H) return normaliseHomography(multiplyHomographies(H_referenceToPanorama, H));
    return reached.has(n) ? 'stretched' : 'apart';
  });
  // Rounding must not add a row for a pixel's thousandth.
  const [width, height] = [wide, high].map((length) => Math.max(1, Math.ceil(scale * length - 1e-3)));
  return { width, height, reference, places };
}
