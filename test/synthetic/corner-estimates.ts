/**
 * Independent estimates of where a drawn corner lies, from the pixels alone.
 */
import { type GrayImage, grayImage } from '../../src/image/image.js';
import { soften } from '../../src/synthetic/texture.js';

/** The ring around a corner in which its edges are judged, radii in pixels. */
const INNER = 11;
export const OUTER = 20;

/** Edges wide enough that sampling their gradients at whole pixels is exact; straight ones do not move. */
export function blurred({ width, height, data }: GrayImage): GrayImage {
  const copy = data.slice();
  for (let pass = 0; pass < 14; pass++) soften(copy, width, height, 0.25);
  return grayImage(width, height, copy);
}

/**
 * The point that the edges around (x, y) meet in: every edge pixel's gradient g at p says
 * g · (corner - p) = 0; least squares over a ring, which leaves out the rounded tip itself.
 * `spread` is the weighted mean square distance of the edge pixels from the lines through that point:
 * that of one soft edge (about 1) if nothing else crosses the ring. `crossing` in [0, 1] tells how
 * squarely the edges meet.
 * @param image `blurred`
 */
export function meetingPointOfEdges(
  image: GrayImage,
  x: number,
  y: number,
): { x: number; y: number; spread: number; crossing: number } {
  const { width, data } = image;
  let [xx, xy, yy, bx, by, squares] = [0, 0, 0, 0, 0, 0];
  for (let v = Math.round(y) - OUTER; v <= Math.round(y) + OUTER; v++) {
    for (let u = Math.round(x) - OUTER; u <= Math.round(x) + OUTER; u++) {
      const distance = Math.hypot(u - x, v - y);
      if (distance < INNER || distance > OUTER) continue;
      const at = v * width + u;
      const gx = data[at + 1] - data[at - 1];
      const gy = data[at + width] - data[at - width];
      const along = gx * (u - x) + gy * (v - y);
      xx += gx * gx;
      xy += gx * gy;
      yy += gy * gy;
      bx += gx * along;
      by += gy * along;
      squares += along * along;
    }
  }
  const determinant = xx * yy - xy * xy;
  const dx = (yy * bx - xy * by) / determinant;
  const dy = (xx * by - xy * bx) / determinant;
  return {
    x: x + dx,
    y: y + dy,
    spread: (squares - dx * bx - dy * by) / (xx + yy),
    crossing: (4 * determinant) / (xx + yy) ** 2,
  };
}

/**
 * Area, centre and variances of what stands out from a flat backdrop (the top left pixel's shade);
 * the area counts the most different shade as 1.
 */
export function momentsOf({ width, height, data }: GrayImage) {
  const weights = data.map((value) => Math.abs(value - data[0]));
  const full = weights.reduce((most, weight) => Math.max(most, weight), 0);
  let [mass, mx, my, mxx, mxy, myy] = [0, 0, 0, 0, 0, 0];
  let frameIsClear = true;
  weights.forEach((weight, i) => {
    const x = i % width;
    const y = Math.floor(i / width);
    mass += weight;
    mx += weight * x;
    my += weight * y;
    mxx += weight * x * x;
    mxy += weight * x * y;
    myy += weight * y * y;
    const onFrame = x === 0 || y === 0 || x === width - 1 || y === height - 1;
    if (onFrame && weight > 0.01) frameIsClear = false;
  });
  const [x, y] = [mx / mass, my / mass];
  return {
    area: mass / full,
    x,
    y,
    xx: mxx / mass - x * x,
    xy: mxy / mass - x * y,
    yy: myy / mass - y * y,
    frameIsClear,
  };
}

/** Both ends of the only line in a picture of flat backdrop. */
export function endsOfLine(image: GrayImage): number[] {
  const { x, y, xx, xy, yy } = momentsOf(image);
  const angle = Math.atan2(2 * xy, xx - yy) / 2;
  const along = (xx + yy) / 2 + Math.hypot((xx - yy) / 2, xy);
  // A bar of length L has variance L² / 12; a pixel and the soft edges add about a quarter.
  const half = Math.sqrt(12 * (along - 0.24)) / 2;
  const [dx, dy] = [half * Math.cos(angle), half * Math.sin(angle)];
  return [x - dx, y - dy, x + dx, y + dy];
}
