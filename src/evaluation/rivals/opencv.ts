/**
 * The part of OpenCV that the comparisons use, typed, and pictures in and out of its memory. OpenCV runs as
 * WebAssembly and frees nothing by itself: what is made here is made inside `withOpenCv` and freed after it.
 */
import { MissingPackageError } from '../../files/missing-package.js';
import type { GrayImage } from '../../image/image.js';

/** A matrix in OpenCV's memory; the views are valid until the next allocation. */
export interface Mat {
  readonly rows: number;
  readonly cols: number;
  readonly data: Uint8Array;
  readonly data32F: Float32Array;
  readonly data64F: Float64Array;
  delete(): void;
}

/** A keypoint as OpenCV hands it out. */
export interface CvKeypoint {
  readonly pt: { readonly x: number; readonly y: number };
  readonly response: number;
}

export interface KeypointVector {
  size(): number;
  get(index: number): CvKeypoint;
  delete(): void;
}

/** A detector with descriptors. */
export interface CvFeature {
  detect(image: Mat, keypoints: KeypointVector): void;
  detectAndCompute(image: Mat, mask: Mat, keypoints: KeypointVector, descriptors: Mat): void;
  setThreshold(threshold: number): void;
  delete(): void;
}

/** The functions and classes of OpenCV's JavaScript build that are used here. */
export interface OpenCv {
  readonly CV_8UC1: number;
  readonly CV_32FC1: number;
  readonly CV_64FC2: number;
  readonly RANSAC: number;
  /** Missing in builds without USAC. */
  readonly USAC_MAGSAC?: number;
  readonly INTER_LINEAR: number;
  readonly INTER_NEAREST: number;
  readonly BORDER_DEFAULT: number;
  readonly Mat: { new (): Mat; new (rows: number, columns: number, type: number): Mat };
  readonly Size: new (width: number, height: number) => object;
  readonly KeyPointVector: new () => KeypointVector;
  readonly ORB: new (maxFeatures: number) => CvFeature;
  readonly AKAZE: new () => CvFeature;
  readonly FastFeatureDetector: new () => CvFeature;
  cornerHarris(image: Mat, response: Mat, blockSize: number, aperture: number, k: number): void;
  cornerMinEigenVal(image: Mat, response: Mat, blockSize: number, aperture: number): void;
  GaussianBlur(
    image: Mat,
    blurred: Mat,
    kernel: object,
    sigmaX: number,
    sigmaY: number,
    border: number,
  ): void;
  resize(image: Mat, resized: Mat, size: object, fx: number, fy: number, interpolation: number): void;
  findHomography(
    points0: Mat,
    points1: Mat,
    method: number,
    threshold: number,
    mask: Mat,
    maxIterations: number,
    confidence: number,
  ): Mat;
  getBuildInformation(): string;
}

let library: Promise<OpenCv> | undefined;

/**
 * OpenCV, loaded once (11 MB of WebAssembly).
 * @throws MissingPackageError where the package is not installed.
 */
export function loadOpenCv(): Promise<OpenCv> {
  library ??= import('@opencvjs/node').then(
    ({ loadOpenCV }) => loadOpenCV() as unknown as Promise<OpenCv>,
    (error: Error) => {
      throw new MissingPackageError('a comparison with OpenCV', ['@opencvjs/node'], { cause: error });
    },
  );
  return library;
}

/** OpenCV where it was loaded before: nothing is loaded. */
export function loadedOpenCv(): Promise<OpenCv> | undefined {
  return library;
}

/** The version that `getBuildInformation` states, such as 4.13.0. */
export function openCvVersion(cv: OpenCv): string {
  return /OpenCV (\d+\.\d+\.\d+)/.exec(cv.getBuildInformation())?.[1] ?? 'unknown';
}

/** Remembers what to free. */
export type Keep = <T extends { delete(): void }>(made: T) => T;

/** Runs `work` and frees everything that it handed to `keep`. */
export async function withOpenCv<T>(work: (cv: OpenCv, keep: Keep) => T): Promise<T> {
  const cv = await loadOpenCv();
  const made: { delete(): void }[] = [];
  try {
    return work(cv, (item) => {
      made.push(item);
      return item;
    });
  } finally {
    for (const item of made) item.delete();
  }
}

/** The picture in 8 bits, as OpenCV's detectors want it. */
export function bytesMat(cv: OpenCv, { width, height, data }: GrayImage): Mat {
  const mat = new cv.Mat(height, width, cv.CV_8UC1);
  const bytes = mat.data;
  for (let n = 0; n < data.length; n++) bytes[n] = Math.round(255 * data[n]);
  return mat;
}

/** The picture in 8-bit steps as floats 0 … 255, which gives the corner responses of 8-bit input. */
export function floatMat(cv: OpenCv, { width, height, data }: GrayImage): Mat {
  const mat = new cv.Mat(height, width, cv.CV_32FC1);
  const values = mat.data32F;
  for (let n = 0; n < data.length; n++) values[n] = Math.round(255 * data[n]);
  return mat;
}
