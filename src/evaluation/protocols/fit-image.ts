/** Brings pictures to a protocol's size and homographies along, for the resize and for the crop. */
import {
  type Homography,
  invertHomography,
  multiplyHomographies,
  scaleHomography,
  translationHomography,
} from '../../geometry/homography.js';
import type { GrayImage } from '../../image/image.js';
import { cropImage, resizeImage } from '../../image/resize.js';
import type { Size } from '../metrics/detection-metrics.js';
import type { Fit } from './profiles.js';

/** The size of a picture once fitted, and where its points go. */
export interface Fitted extends Size {
  readonly H_originalToFitted: Homography;
}

/** Where the points of a picture of `size` go; the same as `fitImage` does with the picture. */
export function fittedSize(size: Size, fit: Fit): Fitted {
  const { width, height, wide, high, left, top } = layout(size, fit);
  return {
    width,
    height,
    // the rounded size, not the ratio asked for: the two differ by up to half a pixel at the far edge
    H_originalToFitted: multiplyHomographies(
      translationHomography(-left, -top),
      scaleHomography(wide / size.width, high / size.height),
    ),
  };
}

/** The resized picture's size, and the part of it that stays. */
function layout(size: Size, fit: Fit) {
  const ratio =
    fit.kind === 'crop'
      ? Math.max(fit.width / size.width, fit.height / size.height)
      : fit.shortSide / Math.min(size.width, size.height);
  const wide = Math.round(size.width * ratio);
  const high = Math.round(size.height * ratio);
  if (fit.kind === 'shortSide') return { width: wide, height: high, wide, high, left: 0, top: 0 };
  const { width, height } = fit;
  return {
    width,
    height,
    wide,
    high,
    left: Math.floor((wide - width) / 2),
    top: Math.floor((high - height) / 2),
  };
}

/** The picture at the protocol's size. */
export function fitImage(image: GrayImage, fit: Fit): GrayImage {
  const { width, height, wide, high, left, top } = layout(image, fit);
  return cropImage(resizeImage(image, wide, high), left, top, width, height);
}

/** The homography between two fitted pictures, from the one between the originals. */
export function fittedHomography(H_0to1: Homography, fitted0: Fitted, fitted1: Fitted): Homography {
  const back = invertHomography(fitted0.H_originalToFitted);
  return multiplyHomographies(fitted1.H_originalToFitted, multiplyHomographies(H_0to1, back));
}
