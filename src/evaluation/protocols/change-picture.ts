/**
 * Changes that a camera and its files make to a picture: blur, light, noise, loss. Each by a stated amount,
 * the rest (direction, place, noise) drawn. For Node, whose codec writes JPEG.
 */
import { readImage } from '../../image/codec.js';
import { type GrayImage, grayImage } from '../../image/image.js';
import { encodeJpeg } from '../../image/lossy.js';
import { resizeImage } from '../../image/resize.js';
import type { Random } from '../../random.js';
import type { Change, ChangeOf, Kind } from './category.js';

/** Changes of the picture alone, not of the viewpoint. */
export type PictureKind = Exclude<Kind, 'mixed' | 'rotation' | 'scale' | 'view'>;

type Operation<K extends PictureKind> = (
  image: GrayImage,
  change: ChangeOf<K>,
  random: Random,
) => GrayImage | Promise<GrayImage>;

const OPERATIONS: { readonly [K in PictureKind]: Operation<K> } = {
  blur: (image, { sigma }) => gaussianBlur(image, sigma),
  motion: (image, { length }, random) => motionBlur(image, length, random.between(0, Math.PI)),
  gamma: (image, { gamma }) => perPixel(image, (value) => value ** gamma),
  shadow: (image, { light }, random) => castShadow(image, light, random),
  glare: (image, { strength }, random) => addGlare(image, strength, random),
  dark: (image, { gain, deviation }, random) =>
    perPixel(image, (value) => {
      // The variance grows with the light, as the number of photons does, above the sensor's own.
      const noise = (deviation / 255) * Math.sqrt(0.25 + 0.75 * value);
      return gain * value + random.normal(0, noise);
    }),
  noise: (image, { deviation }, random) =>
    perPixel(image, (value) => value + random.normal(0, deviation / 255)),
  jpeg: async (image, { quality }) => readImage(await encodeJpeg(image, quality)),
  resolution: (image, { factor }) => {
    const { width, height } = image;
    const small = resizeImage(image, Math.ceil(width / factor), Math.ceil(height / factor));
    return resizeImage(small, width, height);
  },
};

/** Whether a change is one of the picture alone. */
export function isPictureChange(change: Change): change is ChangeOf<PictureKind> {
  return Object.hasOwn(OPERATIONS, change.kind);
}

/**
 * A copy of the picture so changed, in [0, 1].
 * @param random equal generators give equal pictures, and the same direction and place for any amount.
 */
export async function changePicture(
  image: GrayImage,
  change: ChangeOf<PictureKind>,
  random: Random,
): Promise<GrayImage> {
  const operation = OPERATIONS[change.kind] as Operation<PictureKind>;
  return perPixel(await operation(image, change, random), (value) => Math.min(Math.max(value, 0), 1));
}

/** A picture whose every pixel follows from the same one of `image`. */
function perPixel(
  { width, height, data }: GrayImage,
  value: (before: number, x: number, y: number) => number,
): GrayImage {
  const changed = grayImage(width, height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) changed.data[at] = value(data[at], x, y);
  }
  return changed;
}

function clamp(value: number, largest: number): number {
  return Math.min(Math.max(value, 0), largest);
}

/** Deviations that a Gaussian kernel reaches to either side. */
const REACH = 4;

/** Gaussian blur, the edge repeated. */
export function gaussianBlur(image: GrayImage, sigma: number): GrayImage {
  const reach = Math.ceil(REACH * sigma);
  const kernel = Float64Array.from({ length: 2 * reach + 1 }, (_, n) =>
    Math.exp(-((n - reach) ** 2) / (2 * sigma ** 2)),
  );
  const sum = kernel.reduce((total, weight) => total + weight);
  const { width, height } = image;
  const along = (from: GrayImage, stepX: number, stepY: number) =>
    perPixel(from, (_, x, y) => {
      let blurred = 0;
      for (let n = -reach; n <= reach; n++) {
        const at = clamp(y + n * stepY, height - 1) * width + clamp(x + n * stepX, width - 1);
        blurred += kernel[n + reach] * from.data[at];
      }
      return blurred / sum;
    });
  return along(along(image, 1, 0), 0, 1);
}

/** The mean over a straight line of `length` pixels at this angle. */
function motionBlur(image: GrayImage, length: number, angle: number): GrayImage {
  const [stepX, stepY] = [Math.cos(angle), Math.sin(angle)];
  return perPixel(image, (_, x, y) => {
    let sum = 0;
    for (let n = 0; n < length; n++) {
      const along = n - (length - 1) / 2;
      sum += interpolate(image, x + along * stepX, y + along * stepY);
    }
    return sum / length;
  });
}

/** The bilinear value at a place, the edge repeated. */
function interpolate({ width, height, data }: GrayImage, x: number, y: number): number {
  const [u, v] = [clamp(x, width - 1), clamp(y, height - 1)];
  const left = Math.min(Math.floor(u), width - 2);
  const top = Math.min(Math.floor(v), height - 2);
  const [right, low] = [u - left, v - top];
  const at = top * width + left;
  const above = data[at] * (1 - right) + data[at + 1] * right;
  const below = data[at + width] * (1 - right) + data[at + width + 1] * right;
  return above * (1 - low) + below * low;
}

/** Pixels over which a shadow begins. */
const PENUMBRA = 6;

/** Darkens one side of a straight edge through the inner half of the picture. */
function castShadow(image: GrayImage, light: number, random: Random): GrayImage {
  const angle = random.between(0, 2 * Math.PI);
  const [normalX, normalY] = [Math.cos(angle), Math.sin(angle)];
  const [atX, atY] = innerPlace(image, random);
  return perPixel(image, (value, x, y) => {
    const distance = (x - atX) * normalX + (y - atY) * normalY;
    const shadow = clamp(0.5 + distance / PENUMBRA, 1);
    return value * (1 - shadow * (1 - light));
  });
}

/** Deviation of a glare, as a share of the picture's shorter side. */
const GLARE_WIDTH = 0.25;

/** Stray light around a place in the inner half of the picture. */
function addGlare(image: GrayImage, strength: number, random: Random): GrayImage {
  const [atX, atY] = innerPlace(image, random);
  const spread = 2 * (GLARE_WIDTH * Math.min(image.width, image.height)) ** 2;
  return perPixel(image, (value, x, y) => {
    const glare = strength * Math.exp(-((x - atX) ** 2 + (y - atY) ** 2) / spread);
    return value + glare * (1 - value);
  });
}

function innerPlace({ width, height }: GrayImage, random: Random): [number, number] {
  return [width * random.between(0.25, 0.75), height * random.between(0.25, 0.75)];
}
