/** Random views of labelled photographs: which photograph, which part of it, and what a view shows. */
import { type Homography, warpPoints } from '../geometry/homography.js';
import { fitsInside } from '../geometry/sample-homography.js';
import { type CameraChanges, cameraView } from '../image/camera.js';
import type { GrayImage } from '../image/image.js';
import { type Photometry, photometricAugment } from '../image/photometric.js';
import { warpImage, warpMask } from '../image/warp-image.js';
import { Random } from '../random.js';
import type { Example } from './batches.js';

/** What all views of photographs have in common. */
export interface PhotoViewSettings {
  readonly seed: number;
  /** Size of a view in pixels, multiples of 8. */
  readonly width: number;
  readonly height: number;
  /** Photographs a batch. */
  readonly batch: number;
  /** Labels below this score are left out. @default 0 */
  readonly minScore?: number;
  /**
   * Smallest and largest size of the crop's pixels against the photograph's, drawn log-uniformly: 0.5
   * shows twice as much at half the size. Raised where the photograph would not fill the crop.
   */
  readonly cropScale: readonly [number, number];
  /** Changes of light and sensor; null for none. */
  readonly photometry: Photometry | null;
  /** What a camera does to a view; takes the place of `photometry`. @default none */
  readonly camera?: CameraChanges;
  /** Pixels by which the part of a view that counts ends before the photograph does. @default 2 */
  readonly maskErosion?: number;
}

/**
 * The photographs of a step: each epoch visits all of them once, in an order of its own, whatever the
 * size of the batch.
 */
export function photosOfStep(seed: number, photographs: number, step: number, batch: number): number[] {
  const chosen: number[] = [];
  let order: Uint32Array | undefined;
  for (let item = step * batch; item < (step + 1) * batch; item++) {
    const place = item % photographs;
    if (order === undefined || place === 0) {
      const epoch = Math.floor(item / photographs);
      order = new Random(seed)
        .fork('epoch', epoch)
        .shuffle(Uint32Array.from({ length: photographs }, (_, i) => i));
    }
    chosen.push(order[place]);
  }
  return chosen;
}

/**
 * A random upright crop of a photograph.
 *
 * @returns H_photoToCrop, a scaling and a shift; the crop lies inside the photograph.
 */
export function sampleCrop(random: Random, photo: GrayImage, settings: PhotoViewSettings): Homography {
  const { width, height, cropScale } = settings;
  const fill = Math.max(width / photo.width, height / photo.height);
  const drawn = cropScale[0] * (cropScale[1] / cropScale[0]) ** random.uniform();
  const scale = Math.max(drawn, fill);
  // The crop's outer edge goes from -0.5 to at most the photograph's; see `scaleHomography` for the halves.
  const left = random.uniform() * (scale * photo.width - width);
  const top = random.uniform() * (scale * photo.height - height);
  const shift = (scale - 1) / 2;
  return Float64Array.of(scale, 0, shift - left, 0, scale, shift - top, 0, 0, 1);
}

function changedView(view: GrayImage, random: Random, settings: PhotoViewSettings): GrayImage {
  const { photometry, camera } = settings;
  if (camera) return cameraView(view, random, camera);
  return photometry === null ? view : photometricAugment(view, random, photometry);
}

/** What a view shows of a photograph, with its labels; points outside the view are left to the targets. */
export function viewExample(
  random: Random,
  photo: GrayImage,
  keypoints: ArrayLike<number>,
  H_photoToView: Homography,
  settings: PhotoViewSettings,
): Example {
  const { width, height, maskErosion = 2 } = settings;
  const plain = warpImage(photo, H_photoToView, width, height);
  // Where the photograph ends at the view's own border, or beyond it, there is no false edge to hide.
  const whole = fitsInside(H_photoToView, photo.width, photo.height, width, height);
  return {
    image: changedView(plain, random, settings),
    clean: plain,
    keypoints: warpPoints(H_photoToView, keypoints),
    mask: whole
      ? new Uint8Array(width * height).fill(1)
      : warpMask(photo.width, photo.height, H_photoToView, width, height, maskErosion),
  };
}
