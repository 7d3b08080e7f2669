/** The detectors that the paper names: Harris, Shi-Tomasi, FAST and random points (§4.4 and §7.1). */
import type { Features } from '../../features/features.js';
import { greedyNms } from '../../features/nms.js';
import type { GrayImage } from '../../image/image.js';
import { Random } from '../../random.js';
import { detectionsOnly, type ExtractionSettings, type Method } from './method.js';
import { bytesMat, floatMat, type Keep, type Mat, type OpenCv, openCvVersion, withOpenCv } from './opencv.js';

/** Harris: neighbourhood, Sobel aperture and k of the usual comparisons. */
const HARRIS = { blockSize: 4, aperture: 3, k: 0.04 };
const SHI_TOMASI = { blockSize: 3, aperture: 3 };
/** Low, so that a protocol's number of points is reached; the response ranks them. */
const FAST_THRESHOLD = 5;

/** Best points of a map of responses, those above zero. */
function fromResponses(image: GrayImage, responses: Float32Array, settings: ExtractionSettings): Features {
  const { width, height } = image;
  const { nmsRadius, maxKeypoints } = settings;
  const indices = greedyNms(responses, width, height, nmsRadius, 0, { maxKeypoints });
  const keypoints = new Float32Array(2 * indices.length);
  for (const [n, index] of indices.entries()) {
    keypoints[2 * n] = index % width;
    keypoints[2 * n + 1] = Math.floor(index / width);
  }
  return detectionsOnly(
    image,
    keypoints,
    Float32Array.from(indices, (index) => responses[index]),
  );
}

/** A method whose responses OpenCV computes. */
async function responseMethod(
  name: string,
  settings: Method['settings'],
  respond: (cv: OpenCv, keep: Keep, image: GrayImage) => Float32Array,
): Promise<Method> {
  const version = await withOpenCv(openCvVersion);
  return {
    name,
    describes: false,
    settings: { ...settings, library: `OpenCV ${version}` },
    async extract(image, extraction) {
      const responses = await withOpenCv((cv, keep) => respond(cv, keep, image));
      return fromResponses(image, responses, extraction);
    },
  };
}

function cornerResponses(
  keep: Keep,
  cv: OpenCv,
  image: GrayImage,
  compute: (input: Mat, response: Mat) => void,
): Float32Array {
  const response = keep(new cv.Mat());
  compute(keep(floatMat(cv, image)), response);
  return response.data32F.slice();
}

/** Harris corners: det - k trace² of the structure tensor. */
export function harris(): Promise<Method> {
  return responseMethod('Harris', HARRIS, (cv, keep, image) =>
    cornerResponses(keep, cv, image, (input, response) =>
      cv.cornerHarris(input, response, HARRIS.blockSize, HARRIS.aperture, HARRIS.k),
    ),
  );
}

/** Shi-Tomasi corners: the smaller eigenvalue of the structure tensor. */
export function shiTomasi(): Promise<Method> {
  return responseMethod('Shi-Tomasi', SHI_TOMASI, (cv, keep, image) =>
    cornerResponses(keep, cv, image, (input, response) =>
      cv.cornerMinEigenVal(input, response, SHI_TOMASI.blockSize, SHI_TOMASI.aperture),
    ),
  );
}

/** FAST-9 corners with OpenCV's own 3x3 suppression, ranked by its score. */
export function fast(): Promise<Method> {
  return responseMethod('FAST', { threshold: FAST_THRESHOLD, type: '9_16' }, (cv, keep, image) => {
    const detector = keep(new cv.FastFeatureDetector());
    detector.setThreshold(FAST_THRESHOLD);
    const found = keep(new cv.KeyPointVector());
    detector.detect(keep(bytesMat(cv, image)), found);
    const responses = new Float32Array(image.width * image.height);
    for (let n = 0; n < found.size(); n++) {
      const { pt, response } = found.get(n);
      responses[pt.y * image.width + pt.x] = response;
    }
    return responses;
  });
}

/** Uniformly random points: what chance alone reaches. */
export function randomPoints(seed: number): Method {
  return {
    name: 'Random',
    describes: false,
    settings: { seed },
    async extract(image, { maxKeypoints }, key) {
      const random = new Random(seed).fork('random-points', key, image.width, image.height);
      const keypoints = new Float32Array(2 * maxKeypoints);
      for (let n = 0; n < maxKeypoints; n++) {
        keypoints[2 * n] = random.integer(0, image.width - 1);
        keypoints[2 * n + 1] = random.integer(0, image.height - 1);
      }
      const scores = Float32Array.from({ length: maxKeypoints }, (_, n) => 1 - n / maxKeypoints);
      return detectionsOnly(image, keypoints, scores);
    },
  };
}
