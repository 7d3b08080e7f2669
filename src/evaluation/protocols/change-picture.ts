/**
 * Changes that a camera and its files make to a picture: blur, light, noise, loss. Each by a stated amount,
 * the rest (direction, place, noise) drawn. For Node, whose codec writes JPEG.
 */
import { gaussianBlur, lowerResolution, motionBlur } from '../../image/blur.js';
import { readImage } from '../../image/codec.js';
import { clip, type GrayImage, grayImage } from '../../image/image.js';
import { addGlare, castShadow, changeGamma } from '../../image/light.js';
import { encodeJpeg } from '../../image/lossy.js';
import { addNoise, addShotNoise } from '../../image/noise.js';
import type { Random } from '../../random.js';
import type { Change, ChangeOf, Kind } from './category.js';

/** Changes of the picture alone, not of the viewpoint. */
export type PictureKind = Exclude<Kind, 'mixed' | 'rotation' | 'scale' | 'view'>;

type Operation<K extends PictureKind> = (
  image: GrayImage,
  change: ChangeOf<K>,
  random: Random,
) => GrayImage | Promise<GrayImage>;

/** Pixels over which a shadow begins. */
const PENUMBRA = 3;
/** Deviation of a glare, as a share of the picture's shorter side. */
const GLARE_WIDTH = 0.25;

const OPERATIONS: { readonly [K in PictureKind]: Operation<K> } = {
  blur: (image, { sigma }) => gaussianBlur(image, sigma),
  motion: (image, { length }, random) => motionBlur(image, length, random.between(0, Math.PI)),
  gamma: (image, { gamma }) => changeGamma(image, gamma),
  shadow: (image, { light }, random) => {
    const angle = random.between(0, 2 * Math.PI);
    return castShadow(image, { ...innerPlace(image, random), light, angle, softness: PENUMBRA });
  },
  glare: (image, { strength }, random) => {
    const size = GLARE_WIDTH * Math.min(image.width, image.height);
    return addGlare(image, { ...innerPlace(image, random), size, strength });
  },
  dark: (image, { gain, deviation }, random) => {
    const dark = grayImage(
      image.width,
      image.height,
      image.data.map((value) => gain * value),
    );
    addShotNoise(dark.data, random, deviation / 255);
    return dark;
  },
  noise: ({ width, height, data }, { deviation }, random) => {
    const noisy = grayImage(width, height, data.slice());
    addNoise(noisy.data, random, deviation / 255);
    return noisy;
  },
  jpeg: async (image, { quality }) => readImage(await encodeJpeg(image, quality)),
  resolution: (image, { factor }) => lowerResolution(image, factor),
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
  const changed = await operation(image, change, random);
  clip(changed.data);
  return changed;
}

/** A place in the inner half of the picture, pixels. */
function innerPlace({ width, height }: GrayImage, random: Random): { x: number; y: number } {
  return { x: width * random.between(0.25, 0.75), y: height * random.between(0.25, 0.75) };
}
