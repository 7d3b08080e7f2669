/** A panorama of overlapping photographs: every pair is matched and judged, and what belongs together is laid out and blended. */
import type { Features } from '../features/features.js';
import { estimateHomography } from '../geometry/estimate-homography.js';
import { type Homography, multiplyHomographies, translationHomography } from '../geometry/homography.js';
import {
  type LeftOut,
  layOutPanorama,
  type PanoramaLimits,
  type PictureLink,
} from '../geometry/panorama-layout.js';
import { type BlendOptions, blendPictures } from '../image/blend-pictures.js';
import type { RgbaImage } from '../image/image.js';
import { cropRgba, largestRectangle } from '../image/largest-rectangle.js';
import { countProgress, type OnProgress } from '../progress.js';
import { matchFeatures } from './match-features.js';

export interface StitchOptions extends PanoramaLimits, BlendOptions {
  /** Largest error of an inlier, in pixels. @default 3 */
  readonly threshold?: number;
  /** Matches that agree, at least, for two pictures to be joined. @default 15 */
  readonly minInliers?: number;
  /** Whether the ragged edge is cut off. @default true */
  readonly crop?: boolean;
  /** Told after each pair that has been matched. */
  readonly onProgress?: OnProgress;
}

export interface Panorama {
  /** Transparent where no picture reaches, unless it was cropped. */
  readonly picture: RgbaImage;
  /** [pictures] Maps points of each picture to `picture`, or says why it is left out. */
  readonly places: readonly (Homography | LeftOut)[];
  /** The picture whose frame the panorama has. */
  readonly reference: number;
  /** The pairs that belong together. */
  readonly links: readonly PictureLink[];
}

/**
 * Stitches two or more pictures.
 * @param features of each picture, in its own pixels.
 * @returns null where no two pictures belong together within the limits.
 * @throws RangeError for fewer than two pictures, features of other sizes than the pictures', options out of
 *   range, and as `matchFeatures`.
 */
export async function stitchPictures(
  pictures: readonly RgbaImage[],
  features: readonly Features[],
  { threshold = 3, minInliers = 15, crop = true, onProgress, ...options }: StitchOptions = {},
): Promise<Panorama | null> {
  if (pictures.length < 2 || features.length !== pictures.length) {
    throw new RangeError(
      `expected two pictures or more, with the features of each, got ${pictures.length} and ${features.length}`,
    );
  }
  for (const [n, { width, height }] of pictures.entries()) {
    if (features[n].width === width && features[n].height === height) continue;
    const of = `${features[n].width}x${features[n].height}`;
    throw new RangeError(`expected features of picture ${n} at its ${width}x${height} pixels, got ${of}`);
  }
  const links = await linkPictures(features, { threshold, minInliers, onProgress });
  const { width, height, places, reference } = layOutPanorama(pictures, links, options);
  const placed = places.flatMap((place, n) => (typeof place === 'string' ? [] : [{ n, H: place }]));
  if (placed.length < 2) return null;
  const blended = blendPictures(
    placed.map(({ n }) => pictures[n]),
    placed.map(({ H }) => H),
    width,
    height,
    options,
  );
  if (!crop) return { picture: blended, places, reference, links };
  const rectangle = largestRectangle(blended);
  const toCrop = translationHomography(-rectangle.left, -rectangle.top);
  const moved = places.map((place) =>
    typeof place === 'string' ? place : multiplyHomographies(toCrop, place),
  );
  return { picture: cropRgba(blended, rectangle), places: moved, reference, links };
}

/** The pairs of pictures that a homography joins, more than chance would. */
async function linkPictures(
  features: readonly Features[],
  {
    threshold,
    minInliers,
    onProgress,
  }: Required<Pick<StitchOptions, 'threshold' | 'minInliers'>> & Pick<StitchOptions, 'onProgress'>,
): Promise<PictureLink[]> {
  const links: PictureLink[] = [];
  const of = (features.length * (features.length - 1)) / 2;
  const onPair = countProgress(onProgress, 'pairs of pictures', { of });
  for (let first = 0; first < features.length; first++) {
    for (let second = first + 1; second < features.length; second++) {
      const matches = await matchFeatures(features[first], features[second]);
      const { H_0to1, inlierCount } = estimateHomography(features[first], features[second], matches, {
        threshold,
      });
      if (H_0to1 && inlierCount >= minInliers) {
        links.push({ first, second, H_firstToSecond: H_0to1, inlierCount });
      }
      onPair();
    }
  }
  return links;
}
