/** What stands on a picture that is followed: a little house, or a picture laid on it. */
import type { Homography } from '../../src/geometry/homography.js';
import { type Camera, type Pose, projectPoints } from '../../src/geometry/picture-pose.js';

/** A flat face of the house: corners x, y, z in shares of the picture's shorter side, and its colour. */
interface Face {
  readonly corners: readonly (readonly [number, number, number])[];
  readonly hue: number;
}

const [HALF, WALL, ROOF] = [0.11, -0.12, -0.2];
const HUES = { wall: 40, roof: 8, door: 210 };
const around = [
  [-HALF, -HALF],
  [HALF, -HALF],
  [HALF, HALF],
  [-HALF, HALF],
] as const;
const walls: Face[] = around.map(([x0, y0], n) => {
  const [x1, y1] = around[(n + 1) % 4];
  return {
    hue: HUES.wall,
    corners: [
      [x0, y0, 0],
      [x1, y1, 0],
      [x1, y1, WALL],
      [x0, y0, WALL],
    ],
  };
});
const roof: Face[] = around.map(([x0, y0], n) => {
  const [x1, y1] = around[(n + 1) % 4];
  return {
    hue: HUES.roof,
    corners: [
      [1.2 * x0, 1.2 * y0, WALL],
      [1.2 * x1, 1.2 * y1, WALL],
      [0, 0, ROOF],
    ],
  };
});
const door: Face = {
  hue: HUES.door,
  corners: [
    [-0.03, HALF + 0.001, 0],
    [0.03, HALF + 0.001, 0],
    [0.03, HALF + 0.001, -0.075],
    [-0.03, HALF + 0.001, -0.075],
  ],
};
const HOUSE: readonly Face[] = [...walls, door, ...roof];
/** Towards the light, on the picture. */
const LIGHT = [-0.4, -0.5, -0.77];

/** How bright a face is, from 0 to 1: lit from one side, never dark. */
function brightness([a, b, c]: Face['corners']): number {
  const [u, v] = [a.map((value, i) => b[i] - value), a.map((value, i) => c[i] - value)];
  const normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
  // Outwards: away from the middle of the house.
  const outwards = a[0] * normal[0] + a[1] * normal[1] + (a[2] - WALL / 2) * normal[2];
  const length = Math.hypot(...normal) * Math.sign(outwards);
  const cosine = normal.reduce((sum, value, i) => sum + value * LIGHT[i], 0) / length;
  return 0.55 + 0.45 * Math.max(0, cosine);
}

/**
 * Paints a house that stands on the picture.
 * @param side the picture's shorter side, in its pixels. @param scale of the canvas, in its units per frame pixel.
 */
export function paintHouse(
  context: CanvasRenderingContext2D,
  pose: Pose,
  camera: Camera,
  side: number,
  scale: number,
): void {
  const { rotation: r, translation: t } = pose;
  const seen = HOUSE.map((face) => {
    const corners = face.corners.flatMap((corner) => corner.map((value) => value * side));
    const middle = [0, 1, 2].map(
      (axis) => face.corners.reduce((sum, corner) => sum + corner[axis] * side, 0) / face.corners.length,
    );
    const position = [0, 3, 6].map(
      (row) => r[row] * middle[0] + r[row + 1] * middle[1] + r[row + 2] * middle[2] + t[row / 3],
    );
    return { face, points: projectPoints(pose, camera, corners), distance: Math.hypot(...position) };
  });
  context.lineJoin = 'round';
  for (const { face, points } of seen.sort((a, b) => b.distance - a.distance)) {
    if (!points.every(Number.isFinite)) continue;
    context.beginPath();
    for (let n = 0; n < points.length; n += 2) {
      context.lineTo((points[n] + 0.5) * scale, (points[n + 1] + 0.5) * scale);
    }
    context.closePath();
    context.fillStyle = `hsl(${face.hue} 62% ${Math.round(62 * brightness(face.corners))}%)`;
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = 'rgb(20 18 16 / 0.75)';
    context.stroke();
  }
}

/**
 * The CSS transform that lays an element whose corner is at the frame's over the picture.
 * @param H from the element's pixels to those of the frame on the page; both count from corners.
 */
export function cssTransform(H: Homography): string {
  const [a, b, c, d, e, f, g, h, i] = H;
  return `matrix3d(${[a, d, 0, g, b, e, 0, h, 0, 0, 1, 0, c, f, 0, i].map((value) => value / i).join(',')})`;
}

/** Paints what is laid on the picture while the user has chosen nothing. */
export function paintCard(canvas: HTMLCanvasElement): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const { width, height } = canvas;
  const gradient = context.createLinearGradient(0, 0, width, height);
  gradient.addColorStop(0, '#0b6b57');
  gradient.addColorStop(1, '#5fd6ae');
  context.fillStyle = gradient;
  context.fillRect(0, 0, width, height);
  context.fillStyle = '#fff';
  context.font = `600 ${height / 6}px system-ui, sans-serif`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText('SuperPoint', width / 2, height / 2);
}
