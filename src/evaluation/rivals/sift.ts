/**
 * SIFT (Lowe 2004) as OpenCV computes it by default: own code, because no build of OpenCV for JavaScript has
 * it. Positions carry OpenCV's quarter of a pixel from doubling the picture, like those it is compared by.
 */
import type { Features } from '../../features/features.js';
import type { GrayImage } from '../../image/image.js';
import type { Method } from './method.js';
import { type OpenCv, openCvVersion, withOpenCv } from './opencv.js';
import { SIFT_DIM, siftDescriptor } from './sift-descriptor.js';
import { siftKeypoints } from './sift-keypoints.js';
import { scaleSpace } from './sift-scale-space.js';

/** The best `maxKeypoints` SIFT features of a picture; descriptors are whole numbers 0 … 255. */
export function siftFeatures(image: GrayImage, maxKeypoints: number): Promise<Features> {
  return withOpenCv((cv: OpenCv, keep) => {
    const octaves = scaleSpace(cv, keep, image);
    const best = siftKeypoints(octaves)
      .sort((a, b) => b.response - a.response)
      .slice(0, maxKeypoints);
    const keypoints = new Float32Array(2 * best.length);
    const descriptors = new Float32Array(SIFT_DIM * best.length);
    for (const [n, keypoint] of best.entries()) {
      // Octave 0 is the doubled picture.
      const pixel = 2 ** (keypoint.octave - 1);
      keypoints[2 * n] = keypoint.x * pixel;
      keypoints[2 * n + 1] = keypoint.y * pixel;
      siftDescriptor(octaves[keypoint.octave].blurred[keypoint.layer], keypoint, descriptors, n * SIFT_DIM);
    }
    return {
      width: image.width,
      height: image.height,
      count: best.length,
      keypoints,
      scores: Float32Array.from(best, ({ response }) => response),
      descriptors,
      descriptorDim: SIFT_DIM,
    };
  });
}

/** SIFT as a row of the tables. */
export async function sift(): Promise<Method> {
  const version = await withOpenCv(openCvVersion);
  return {
    name: 'SIFT',
    describes: true,
    settings: { contrastThreshold: 0.04, edgeThreshold: 10, library: `own, on OpenCV ${version}'s blurring` },
    extract: (image, { maxKeypoints }) => siftFeatures(image, maxKeypoints),
  };
}
