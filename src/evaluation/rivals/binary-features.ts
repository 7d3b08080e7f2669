/** ORB and AKAZE through OpenCV: keypoints with binary descriptors. */
import type { Features } from '../../features/features.js';
import type { GrayImage } from '../../image/image.js';
import type { Method } from './method.js';
import { bytesMat, type CvFeature, type OpenCv, openCvVersion, withOpenCv } from './opencv.js';

/** Asking for more than are kept lets the response rank them over all levels of the pyramid. */
const ORB_SURPLUS = 3;
const AKAZE_THRESHOLD = 1e-4;

/** ORB (Rublee et al. 2011, DOI 10.1109/ICCV.2011.6126544), 256 bits. */
export async function orb(): Promise<Method> {
  return {
    name: 'ORB',
    describes: true,
    settings: { maxFeatures: `${ORB_SURPLUS} x points kept`, library: await libraryName() },
    extract: (image, { maxKeypoints }) =>
      binaryFeatures(image, maxKeypoints, (cv) => new cv.ORB(ORB_SURPLUS * maxKeypoints)),
  };
}

/** AKAZE (Alcantarilla et al. 2013, DOI 10.5244/C.27.13), MLDB descriptor of 486 bits. */
export async function akaze(): Promise<Method> {
  return {
    name: 'AKAZE',
    describes: true,
    settings: { threshold: AKAZE_THRESHOLD, library: await libraryName() },
    extract: (image, { maxKeypoints }) =>
      binaryFeatures(image, maxKeypoints, (cv) => {
        const detector = new cv.AKAZE();
        detector.setThreshold(AKAZE_THRESHOLD);
        return detector;
      }),
  };
}

async function libraryName(): Promise<string> {
  return `OpenCV ${await withOpenCv(openCvVersion)}`;
}

function binaryFeatures(
  image: GrayImage,
  maxKeypoints: number,
  makeDetector: (cv: OpenCv) => CvFeature,
): Promise<Features> {
  return withOpenCv((cv, keep) => {
    const found = keep(new cv.KeyPointVector());
    const described = keep(new cv.Mat());
    keep(makeDetector(cv)).detectAndCompute(keep(bytesMat(cv, image)), keep(new cv.Mat()), found, described);
    const points = Array.from({ length: found.size() }, (_, row) => ({ row, ...found.get(row) }));
    points.sort((a, b) => b.response - a.response || a.row - b.row);
    const kept = points.slice(0, maxKeypoints);
    const { width, height } = image;
    return {
      width,
      height,
      count: kept.length,
      keypoints: Float32Array.from(kept.flatMap(({ pt }) => [pt.x, pt.y])),
      scores: Float32Array.from(kept, ({ response }) => response),
      descriptors: signsOfBits(
        described.data,
        described.cols,
        kept.map(({ row }) => row),
      ),
      descriptorDim: 8 * described.cols,
    };
  });
}

/** Rows of bytes as rows of eight times as many numbers, +1 for a set bit and -1 for a clear one. */
export function signsOfBits(bytes: Uint8Array, bytesPerRow: number, rows: readonly number[]): Float32Array {
  const signs = new Float32Array(8 * bytesPerRow * rows.length);
  let at = 0;
  for (const row of rows) {
    for (let n = row * bytesPerRow; n < (row + 1) * bytesPerRow; n++) {
      for (let bit = 0; bit < 8; bit++) signs[at++] = (bytes[n] >> bit) & 1 ? 1 : -1;
    }
  }
  return signs;
}
