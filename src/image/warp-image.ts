/**
 * Pictures and masks under a homography. The matrix handed in always maps points of the input picture
 * to points of the output; the loops walk the output and look back through its inverse.
 */
import { facing, rowWithin } from '../geometry/half-planes.js';
import {
  type Homography,
  invertHomography,
  multiplyHomographies,
  scaleHomography,
  warpPoints,
} from '../geometry/homography.js';
import { type GrayImage, grayImage } from './image.js';
import { resizeImage } from './resize.js';

/** Input pixels per output pixel from which a plain bilinear sample would skip pixels visibly. */
const ALIASING_STEP = 1.6;
/** Step that is left to the bilinear sampler after shrinking: a little sharper than a step of 1. */
const RESIDUAL_STEP = 1.2;

/** Output → input, scaled such that the third coordinate is positive where the input is in front. */
function backwardHomography(H_inputToOutput: Homography, inWidth: number, inHeight: number): Homography {
  return facing(invertHomography(H_inputToOutput), H_inputToOutput, inWidth, inHeight);
}

/**
 * The input picture's four edges as half-planes of the output: a·x + b·y + c >= 0 is inside, with
 * (a, b) of length 1 so that the value is a distance in output pixels. [4, 3]
 */
function pictureEdges(H_outputToInput: Homography, inWidth: number, inHeight: number): Float64Array {
  const h = H_outputToInput;
  const edges = new Float64Array(12);
  for (let k = 0; k < 3; k++) {
    edges[k] = h[k] + 0.5 * h[6 + k];
    edges[3 + k] = (inWidth - 0.5) * h[6 + k] - h[k];
    edges[6 + k] = h[3 + k] + 0.5 * h[6 + k];
    edges[9 + k] = (inHeight - 0.5) * h[6 + k] - h[3 + k];
  }
  for (let edge = 0; edge < 12; edge += 3) {
    // an edge at infinity has no direction: every pixel is infinitely far on one side of it
    const length = Math.hypot(edges[edge], edges[edge + 1]) || Number.MIN_VALUE;
    for (let k = 0; k < 3; k++) edges[edge + k] /= length;
  }
  return edges;
}

/** Median over a grid of the output of the input pixels that one output pixel steps over. */
function samplingStep(
  H_outputToInput: Homography,
  edges: Float64Array,
  outWidth: number,
  outHeight: number,
): number {
  const steps: number[] = [];
  for (let row = 0.5; row < 7; row++) {
    const y = Math.floor((row * outHeight) / 7);
    const [start, end] = rowWithin(edges, y, outWidth);
    if (start === end) continue;
    for (let column = 0.5; column < 7; column++) {
      const x = start + ((end - start) * column) / 7;
      const p = warpPoints(H_outputToInput, [x, y, x + 0.5, y, x, y + 0.5]);
      const area = (p[2] - p[0]) * (p[5] - p[1]) - (p[3] - p[1]) * (p[4] - p[0]);
      steps.push(2 * Math.sqrt(Math.abs(area)));
    }
  }
  steps.sort((a, b) => a - b);
  return steps.length > 0 ? steps[steps.length >> 1] : 1;
}

/** Bilinear samples along output row y, pixels [start, end); coordinates are clamped to the input. */
function sampleRow(
  image: GrayImage,
  H_outputToInput: Homography,
  y: number,
  start: number,
  end: number,
  row: Float32Array,
): void {
  const { width, height, data } = image;
  const h = H_outputToInput;
  const right = width - 1;
  const bottom = height - 1;
  const nx = h[1] * y + h[2];
  const ny = h[4] * y + h[5];
  const nw = h[7] * y + h[8];
  for (let x = start; x < end; x++) {
    const depth = h[6] * x + nw;
    if (depth <= 0) continue;
    let u = (h[0] * x + nx) / depth;
    let v = (h[3] * x + ny) / depth;
    u = Math.min(Math.max(u, 0), right);
    v = Math.min(Math.max(v, 0), bottom);
    const left = u | 0;
    const top = v | 0;
    const fx = u - left;
    const fy = v - top;
    const here = top * width + left;
    // on the last column or row the fraction is 0, so the neighbour may be the pixel itself
    const stepX = left < right ? 1 : 0;
    const below = here + (top < bottom ? width : 0);
    const upper = data[here] + fx * (data[here + stepX] - data[here]);
    const lower = data[below] + fx * (data[below + stepX] - data[below]);
    row[x] = upper + fy * (lower - upper);
  }
}

/** How to fill what the input picture does not cover. */
export interface WarpOptions {
  /** Zero, or the nearest edge pixel. Beyond the horizon it is zero in both. @default 'zero' */
  readonly border?: 'zero' | 'replicate';
}

/**
 * The picture seen through a homography: bilinear; where the view shrinks the picture to less than
 * about 0.6, the picture is averaged down first, so that nothing aliases.
 * With `border: 'zero'` exactly the pixels of `warpMask` are filled.
 * @param H_inputToOutput maps points of `image` to points of the output.
 * @throws RangeError if the homography is singular or a size is not a positive whole number.
 */
export function warpImage(
  image: GrayImage,
  H_inputToOutput: Homography,
  outWidth: number,
  outHeight: number,
  { border = 'zero' }: WarpOptions = {},
): GrayImage {
  const output = grayImage(outWidth, outHeight);
  const edgeH = backwardHomography(H_inputToOutput, image.width, image.height);
  const edges = pictureEdges(edgeH, image.width, image.height);
  const step = samplingStep(edgeH, edges, outWidth, outHeight);
  let source = image;
  let H_outputToSource = edgeH;
  if (step > ALIASING_STEP) {
    const shrink = Math.min(1, RESIDUAL_STEP / step);
    const width = Math.max(1, Math.round(image.width * shrink));
    const height = Math.max(1, Math.round(image.height * shrink));
    source = resizeImage(image, width, height);
    H_outputToSource = multiplyHomographies(
      scaleHomography(width / image.width, height / image.height),
      edgeH,
    );
  }
  for (let y = 0; y < outHeight; y++) {
    const [start, end] = border === 'zero' ? rowWithin(edges, y, outWidth) : [0, outWidth];
    const row = output.data.subarray(y * outWidth, (y + 1) * outWidth);
    sampleRow(source, H_outputToSource, y, start, end, row);
  }
  return output;
}

/**
 * Which pixels of the output see the input picture: [outHeight, outWidth], 1 = yes, 0 = no.
 * @param H_inputToOutput maps points of the input picture to points of the output.
 * @param erosion pixels of the output by which the picture's edges move inwards (a disc of that radius).
 * @throws RangeError if the homography is singular.
 */
export function warpMask(
  inWidth: number,
  inHeight: number,
  H_inputToOutput: Homography,
  outWidth: number,
  outHeight: number,
  erosion = 0,
): Uint8Array {
  const edges = pictureEdges(backwardHomography(H_inputToOutput, inWidth, inHeight), inWidth, inHeight);
  const mask = new Uint8Array(outWidth * outHeight);
  for (let y = 0; y < outHeight; y++) {
    // eroding an intersection of half-planes is shifting each of them: exact, and no filter to run
    const [start, end] = rowWithin(edges, y, outWidth, erosion);
    mask.fill(1, y * outWidth + start, y * outWidth + end);
  }
  return mask;
}
