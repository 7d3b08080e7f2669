/**
 * Warped pictures as one: their brightness brought together, each pixel taken from the picture that sees it
 * farthest from its edge, and the seams blended band by band, fine detail over a few pixels, light over many
 * (Burt and Adelson, ACM TOG 2, 1983; gains as in Brown and Lowe, IJCV 74, 2007).
 */
import {
  type Homography,
  multiplyHomographies,
  outerCorners,
  translationHomography,
  warpPoints,
} from '../geometry/homography.js';
import { clip, type GrayImage, grayImage, type ImageSize, type RgbaImage } from './image.js';
import { resizeImage } from './resize.js';
import { warpImage, warpMask } from './warp-image.js';

export interface BlendOptions {
  /** Bands of the blending: 1 cuts hard, each more doubles the width over which light blends. @default 6 */
  readonly bands?: number;
  /** Whether each picture's brightness is adapted to its neighbours'. @default true */
  readonly gains?: boolean;
}

/** Standard deviations of Brown and Lowe: of a pixel's brightness, and of a gain around 1. */
const BRIGHTNESS_DEVIATION = 10 / 255;
const GAIN_DEVIATION = 0.1;
/** Rounds of the gains' solution, which converges in fewer. */
const GAIN_ROUNDS = 100;

/** A picture's part of the panorama: from (left, top), and what is there. */
interface Piece {
  readonly left: number;
  readonly top: number;
  /** Red, green and blue; beyond the picture its edge goes on. */
  readonly planes: readonly GrayImage[];
  /** How far from the picture's edge each pixel is seen, in (0, 1]; 0 where it is not. */
  readonly depth: GrayImage;
}

/** 1 in the middle, falling to 0 at all edges. */
function tent({ width, height }: ImageSize): GrayImage {
  const image = grayImage(width, height);
  const across = (at: number, length: number) => 1 - Math.abs((2 * at + 1) / length - 1);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) image.data[y * width + x] = across(x, width) * across(y, height);
  }
  return image;
}

/** A picture in the panorama of `size`, with room of `margin` pixels around it; on whole multiples of `margin`. */
function pieceOf(
  picture: RgbaImage,
  H_pictureToPanorama: Homography,
  size: ImageSize,
  margin: number,
): Piece {
  const { width, height, data } = picture;
  const corners = warpPoints(H_pictureToPanorama, outerCorners(width, height));
  const range = (axis: number, length: number) => {
    const values = [0, 2, 4, 6].map((n) => corners[n + axis]);
    const low = Math.floor(Math.min(...values) / margin - 1) * margin;
    const high = Math.ceil(Math.max(...values) / margin + 1) * margin;
    return [Math.max(0, low), Math.min(length, high)];
  };
  const [left, right] = range(0, size.width);
  const [top, bottom] = range(1, size.height);
  const [wide, high] = [right - left, bottom - top];
  const H = multiplyHomographies(translationHomography(-left, -top), H_pictureToPanorama);
  const planes = [0, 1, 2].map((channel) => {
    const plane = Float32Array.from({ length: width * height }, (_, i) => data[4 * i + channel] / 255);
    return warpImage(grayImage(width, height, plane), H, wide, high, { border: 'replicate' });
  });
  const depth = warpImage(tent(picture), H, wide, high);
  const mask = warpMask(width, height, H, wide, high);
  for (let i = 0; i < mask.length; i++) if (mask[i]) depth.data[i] = Math.max(depth.data[i], 1e-6);
  return { left, top, planes, depth };
}

/** Calls `visit` with the indices in two pieces of each pixel that both see. */
function eachShared(a: Piece, b: Piece, visit: (inA: number, inB: number) => void): void {
  const [left, top] = [Math.max(a.left, b.left), Math.max(a.top, b.top)];
  const right = Math.min(a.left + a.depth.width, b.left + b.depth.width);
  const bottom = Math.min(a.top + a.depth.height, b.top + b.depth.height);
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const inA = (y - a.top) * a.depth.width + x - a.left;
      const inB = (y - b.top) * b.depth.width + x - b.left;
      if (a.depth.data[inA] > 0 && b.depth.data[inB] > 0) visit(inA, inB);
    }
  }
}

/** The factor of each piece that brings the brightness of overlaps together, none far from 1. */
function gainsOf(pieces: readonly Piece[]): number[] {
  const count = pieces.length;
  const shared = pieces.map((a) =>
    pieces.map((b) => {
      let [pixels, mine, theirs] = [0, 0, 0];
      if (a === b) return { pixels, mine, theirs };
      eachShared(a, b, (inA, inB) => {
        pixels++;
        mine += (a.planes[0].data[inA] + a.planes[1].data[inA] + a.planes[2].data[inA]) / 3;
        theirs += (b.planes[0].data[inB] + b.planes[1].data[inB] + b.planes[2].data[inB]) / 3;
      });
      return { pixels, mine: mine / Math.max(1, pixels), theirs: theirs / Math.max(1, pixels) };
    }),
  );
  const gains = new Array<number>(count).fill(1);
  for (let round = 0; round < GAIN_ROUNDS; round++) {
    for (let i = 0; i < count; i++) {
      let [weight, pull] = [0, 0];
      for (const [j, { pixels, mine, theirs }] of shared[i].entries()) {
        weight += pixels * (mine ** 2 / BRIGHTNESS_DEVIATION ** 2 + 1 / GAIN_DEVIATION ** 2);
        pull += pixels * ((gains[j] * mine * theirs) / BRIGHTNESS_DEVIATION ** 2 + 1 / GAIN_DEVIATION ** 2);
      }
      if (weight > 0) gains[i] = pull / weight;
    }
  }
  return gains;
}

/** [height, width] number of the piece that sees each pixel deepest; -1 where none does. */
function ownersOf(pieces: readonly Piece[], { width, height }: ImageSize): Int16Array {
  const owners = new Int16Array(width * height).fill(-1);
  const deepest = new Float32Array(width * height);
  for (const [n, { left, top, depth }] of pieces.entries()) {
    for (let y = 0; y < depth.height; y++) {
      for (let x = 0; x < depth.width; x++) {
        const value = depth.data[y * depth.width + x];
        const at = (top + y) * width + left + x;
        if (value <= deepest[at]) continue;
        deepest[at] = value;
        owners[at] = n;
      }
    }
  }
  return owners;
}

/** The picture, and the same at half the size, `levels` in all. */
function pyramid(image: GrayImage, levels: number): GrayImage[] {
  const result = [image];
  for (let level = 1; level < levels; level++) {
    const { width, height } = result[level - 1];
    result.push(resizeImage(result[level - 1], width / 2, height / 2));
  }
  return result;
}

/** Adds a part of the panorama to the whole, its top-left pixel at (left, top). */
function addPart(whole: GrayImage, part: GrayImage, left: number, top: number): void {
  for (let y = 0; y < part.height; y++) {
    const start = (top + y) * whole.width + left;
    for (let x = 0; x < part.width; x++) whole.data[start + x] += part.data[y * part.width + x];
  }
}

function combine(a: GrayImage, b: GrayImage, operation: (a: number, b: number) => number): GrayImage {
  return grayImage(
    a.width,
    a.height,
    a.data.map((value, i) => operation(value, b.data[i])),
  );
}

/** The bands of a picture, the finest first; the last is what is left. Their sum, each grown to the next, is the picture. */
function bandsOf(image: GrayImage, count: number): GrayImage[] {
  const levels = pyramid(image, count);
  return levels.map((level, n) => {
    const coarser = levels[n + 1];
    return coarser ? combine(level, resizeImage(coarser, level.width, level.height), (a, b) => a - b) : level;
  });
}

/** The mean of each band, and the sum of the bands. */
function collapse(sums: readonly GrayImage[], weights: readonly GrayImage[]): GrayImage {
  const means = sums.map((sum, n) => combine(sum, weights[n], (a, b) => (b > 0 ? a / b : 0)));
  return means.reduceRight((coarse, band) =>
    combine(band, resizeImage(coarse, band.width, band.height), (a, b) => a + b),
  );
}

/**
 * Blends pictures into a panorama.
 * @param H_pictureToPanorama one for each picture.
 * @returns `width` x `height` pixels, transparent where no picture reaches. Memory: some 60 bytes a pixel of
 *   it and of each picture's part.
 * @throws RangeError for options out of range, another number of homographies, or a singular one.
 */
export function blendPictures(
  pictures: readonly RgbaImage[],
  H_pictureToPanorama: readonly Homography[],
  width: number,
  height: number,
  { bands = 6, gains = true }: BlendOptions = {},
): RgbaImage {
  if (!(Number.isInteger(bands) && bands >= 1 && bands <= 10)) {
    throw new RangeError(`expected bands to be a whole number from 1 to 10, got ${bands}`);
  }
  if (pictures.length !== H_pictureToPanorama.length) {
    throw new RangeError(
      `expected a homography for each of ${pictures.length} pictures, got ${H_pictureToPanorama.length}`,
    );
  }
  // All bands of all pieces lie on whole pixels of the panorama's.
  const margin = 2 ** (bands - 1);
  const size = { width: Math.ceil(width / margin) * margin, height: Math.ceil(height / margin) * margin };
  const pieces = pictures.map((picture, n) => pieceOf(picture, H_pictureToPanorama[n], size, margin));
  const factors = gains ? gainsOf(pieces) : pieces.map(() => 1);
  const owners = ownersOf(pieces, size);
  const empty = () => pyramid(grayImage(size.width, size.height), bands);
  const weights = empty();
  const sums = [empty(), empty(), empty()];
  for (const [n, { left, top, planes, depth }] of pieces.entries()) {
    const mine = grayImage(depth.width, depth.height);
    for (let y = 0; y < mine.height; y++) {
      const start = (top + y) * size.width + left;
      for (let x = 0; x < mine.width; x++) {
        mine.data[y * mine.width + x] = owners[start + x] === n ? 1 : 0;
      }
    }
    const shares = pyramid(mine, bands);
    const add = (whole: GrayImage[], level: number, part: GrayImage) =>
      addPart(whole[level], part, left / 2 ** level, top / 2 ** level);
    for (const [level, share] of shares.entries()) add(weights, level, share);
    for (const [channel, plane] of planes.entries()) {
      for (const [level, band] of bandsOf(plane, bands).entries()) {
        add(
          sums[channel],
          level,
          combine(band, shares[level], (a, b) => factors[n] * a * b),
        );
      }
    }
  }
  const [red, green, blue] = sums.map((sum) => collapse(sum, weights));
  for (const plane of [red, green, blue]) clip(plane.data);
  const data = new Uint8ClampedArray(4 * width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      const from = y * size.width + x;
      if (owners[from] < 0) continue;
      data[at] = 255 * red.data[from];
      data[at + 1] = 255 * green.data[from];
      data[at + 2] = 255 * blue.data[from];
      data[at + 3] = 255;
    }
  }
  return { width, height, data };
}
