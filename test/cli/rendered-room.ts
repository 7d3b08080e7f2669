/** Views of a room with boxes, textured so that corners are everywhere: what structure from motion is tried on. */
import { type GrayImage, grayImage } from '../../src/image/image.js';

type Vector = readonly [number, number, number];

/** Least and greatest corner, and whether it is seen from inside. */
interface Box {
  readonly low: Vector;
  readonly high: Vector;
  readonly isRoom?: boolean;
}

const BOXES: readonly Box[] = [
  { low: [-4, -2.5, -6], high: [4, 1.5, 6], isRoom: true },
  { low: [-2.2, 0.2, 3], high: [-1, 1.5, 4.2] },
  { low: [0.2, -0.3, 3.6], high: [1.4, 1.5, 4.6] },
  { low: [-0.8, 0.8, 1.9], high: [0, 1.5, 2.6] },
  { low: [1.7, 0.5, 2.2], high: [2.6, 1.5, 3] },
];

export const VIEW = { width: 320, height: 240, focal: 330 };

/** A picture from a place on an arc before the room's far wall. @param at from 0 to 1. */
export function roomView(at: number): GrayImage {
  const { width, height, focal } = VIEW;
  const angle = (at - 0.5) * 0.9;
  const eye: Vector = [3.2 * Math.sin(angle), -0.4 - 0.5 * Math.sin(5 * at), 3.4 - 5.2 * Math.cos(angle)];
  const forward = unit([-eye[0], 0.5 - eye[1], 3.6 - eye[2]]);
  const right = unit([forward[2], 0, -forward[0]]);
  const down = cross(forward, right);
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // four rays a pixel
      for (const [dx, dy] of [
        [-0.25, -0.25],
        [0.25, -0.25],
        [-0.25, 0.25],
        [0.25, 0.25],
      ]) {
        const [u, v] = [(x + dx - (width - 1) / 2) / focal, (y + dy - (height - 1) / 2) / focal];
        const ray = [0, 1, 2].map((axis) => forward[axis] + u * right[axis] + v * down[axis]);
        data[y * width + x] += greyAlong(eye, ray as unknown as Vector) / 4;
      }
    }
  }
  return grayImage(width, height, data);
}

function greyAlong(eye: Vector, ray: Vector): number {
  let nearest = Number.POSITIVE_INFINITY;
  let grey = 0;
  for (const [index, { low, high, isRoom }] of BOXES.entries()) {
    let [enter, leave, entered, left] = [0, Number.POSITIVE_INFINITY, 0, 0];
    for (let axis = 0; axis < 3; axis++) {
      const [a, b] = [(low[axis] - eye[axis]) / ray[axis], (high[axis] - eye[axis]) / ray[axis]];
      if (Math.min(a, b) > enter) [enter, entered] = [Math.min(a, b), axis];
      if (Math.max(a, b) < leave) [leave, left] = [Math.max(a, b), axis];
    }
    const [distance, axis] = isRoom ? [leave, left] : [enter, entered];
    if (enter >= leave || distance >= nearest || distance <= 0) continue;
    nearest = distance;
    const place = ray.map((value, k) => eye[k] + distance * value);
    const [u, v] = place.filter((_, k) => k !== axis);
    grey = texture(u, v, 10 * index + axis + (ray[axis] > 0 ? 3 : 0));
  }
  return grey;
}

/** Blocks of four sizes, each with a grey of its own. */
function texture(u: number, v: number, face: number): number {
  let sum = 0;
  for (const [octave, size] of [0.9, 0.41, 0.19, 0.083].entries()) {
    sum +=
      hash(Math.floor(u / size + 0.3 * octave), Math.floor(v / size + 0.7 * octave), 100 * face + octave) / 4;
  }
  return sum;
}

/** A number in [0, 1) of three whole numbers. */
function hash(a: number, b: number, c: number): number {
  let bits = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35);
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  bits = Math.imul(bits ^ (bits >>> 12), 0x297a2d39);
  return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
}

function unit(vector: Vector): Vector {
  const length = Math.hypot(...vector);
  return [vector[0] / length, vector[1] / length, vector[2] / length];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
