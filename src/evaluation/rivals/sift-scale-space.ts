/**
 * SIFT's scale space (Lowe 2004, DOI 10.1023/B:VISI.0000029664.99615.94, §3): octaves of blurred pictures
 * and their differences. The picture is doubled first. Blurring and resizing are OpenCV's, whose builds for
 * JavaScript leave SIFT itself out; constants are those of its SIFT, so that the results are too.
 */
import type { GrayImage } from '../../image/image.js';
import { floatMat, type Keep, type Mat, type OpenCv } from './opencv.js';

/** Scales per octave that extrema are looked for in. */
export const LAYERS = 3;
/** Blur of the first picture of each octave, in its own pixels. */
export const BASE_SIGMA = 1.6;
/** Blur that the camera is taken to have left. */
const CAMERA_SIGMA = 0.5;

/** A picture of floats 0 … 255. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** One octave: LAYERS + 3 blurred pictures and the LAYERS + 2 differences of neighbours. */
export interface Octave {
  readonly blurred: readonly Plane[];
  readonly differences: readonly Plane[];
}

function plane(mat: Mat): Plane {
  return { width: mat.cols, height: mat.rows, data: mat.data32F.slice() };
}

function difference(a: Plane, b: Plane): Plane {
  const data = new Float32Array(a.data.length);
  for (let n = 0; n < data.length; n++) data[n] = b.data[n] - a.data[n];
  return { ...a, data };
}

/** All octaves of a picture; octave 0 has twice its size. */
export function scaleSpace(cv: OpenCv, keep: Keep, image: GrayImage): Octave[] {
  const blur = (input: Mat, sigma: number): Mat => {
    const output = keep(new cv.Mat());
    cv.GaussianBlur(input, output, new cv.Size(0, 0), sigma, sigma, cv.BORDER_DEFAULT);
    return output;
  };
  const resized = (input: Mat, width: number, height: number, interpolation: number): Mat => {
    const output = keep(new cv.Mat());
    cv.resize(input, output, new cv.Size(width, height), 0, 0, interpolation);
    return output;
  };
  const step = 2 ** (1 / LAYERS);
  // The blur to add to level n - 1 to come to level n.
  const increments = Array.from({ length: LAYERS + 3 }, (_, n) =>
    n === 0 ? 0 : BASE_SIGMA * step ** (n - 1) * Math.sqrt(step ** 2 - 1),
  );
  const doubled = resized(keep(floatMat(cv, image)), 2 * image.width, 2 * image.height, cv.INTER_LINEAR);
  let base = blur(doubled, Math.sqrt(BASE_SIGMA ** 2 - (2 * CAMERA_SIGMA) ** 2));
  const count = Math.round(Math.log2(Math.min(doubled.cols, doubled.rows)) - 2) + 1;
  const octaves: Octave[] = [];
  for (let octave = 0; octave < count; octave++) {
    const mats = [base];
    for (let n = 1; n < LAYERS + 3; n++) mats.push(blur(mats[n - 1], increments[n]));
    const blurred = mats.map(plane);
    octaves.push({ blurred, differences: blurred.slice(1).map((next, n) => difference(blurred[n], next)) });
    const width = Math.floor(base.cols / 2);
    const height = Math.floor(base.rows / 2);
    if (width < 1 || height < 1) break;
    base = resized(mats[LAYERS], width, height, cv.INTER_NEAREST);
  }
  return octaves;
}
