/**
 * The bundled sequence: a camera that moves in front of a photograph, so the page has something to track
 * without a file, and the truth about every point's motion is known.
 */
import {
  type Homography,
  multiplyHomographies,
  normaliseHomography,
  translationHomography,
} from '../../src/geometry/homography.js';

/** Frames until the camera is back at its beginning. */
export const SEQUENCE_LENGTH = 360;
export const FRAME_WIDTH = 640;
export const FRAME_HEIGHT = 480;

/** Focal length in pixels: a field of view of 53 degrees. */
const FOCAL_LENGTH = 640;

/** From pixels of a photograph of `width` x `height` to pixels of frame n. */
export function homographyOfFrame(n: number, width: number, height: number): Homography {
  const phase = (2 * Math.PI * n) / SEQUENCE_LENGTH;
  const pan = 0.42 * Math.sin(phase);
  const tilt = 0.22 * Math.sin(2 * phase);
  const roll = 0.2 * Math.sin(phase + 0.8) - 0.14;
  // The photograph is a little wider than the view at this distance.
  const distance = FOCAL_LENGTH * (width / FRAME_WIDTH) * (0.8 - 0.2 * Math.cos(phase));
  const [sideways, upwards] = [0.08 * width * Math.sin(3 * phase), 0.05 * height * Math.cos(2 * phase)];
  const [cosPan, sinPan] = [Math.cos(pan), Math.sin(pan)];
  const [cosTilt, sinTilt] = [Math.cos(tilt), Math.sin(tilt)];
  const [cosRoll, sinRoll] = [Math.cos(roll), Math.sin(roll)];
  // The columns of roll * tilt * pan that the plane z = 0 needs, then the translation.
  const across = [cosPan, sinTilt * sinPan, -cosTilt * sinPan];
  const down = [0, cosTilt, sinTilt];
  const turned = ([x, y, z]: number[]) => [cosRoll * x - sinRoll * y, sinRoll * x + cosRoll * y, z];
  const [[r0, r1, r2], [s0, s1, s2]] = [turned(across), turned(down)];
  const H_planeToCamera = Float64Array.of(r0, s0, sideways, r1, s1, upwards, r2, s2, distance);
  const centre = [(FRAME_WIDTH - 1) / 2, (FRAME_HEIGHT - 1) / 2];
  const K = Float64Array.of(FOCAL_LENGTH, 0, centre[0], 0, FOCAL_LENGTH, centre[1], 0, 0, 1);
  const H_pictureToPlane = translationHomography(-(width - 1) / 2, -(height - 1) / 2);
  return normaliseHomography(
    multiplyHomographies(K, multiplyHomographies(H_planeToCamera, H_pictureToPlane)),
  );
}
