/** Changes of light as the world and a camera make them: gamma, an edge of shadow, glare, vignetting. */
import { type GrayImage, grayImage } from './image.js';

/** Each pixel to the power of `exponent`, above 0: below 1 brightens, above 1 darkens. Pixels in [0, 1]. */
export function changeGamma({ width, height, data }: GrayImage, exponent: number): GrayImage {
  if (!(exponent > 0)) throw new RangeError(`expected an exponent above 0, got ${exponent}`);
  return grayImage(
    width,
    height,
    data.map((value) => Math.max(value, 0) ** exponent),
  );
}

/** A shadow with a straight edge. */
export interface ShadowEdge {
  /** Light on the dark side, as a share of the light on the other, in [0, 1]. */
  readonly light: number;
  /** A point of the edge, pixels. */
  readonly x: number;
  readonly y: number;
  /** Direction across the edge, towards the light, radians. */
  readonly angle: number;
  /** Pixels over which the shadow fades, above 0: small is a sharp edge. */
  readonly softness: number;
}

/** The picture with the dark side of the edge in shadow. */
export function castShadow({ width, height, data }: GrayImage, shadow: ShadowEdge): GrayImage {
  const { light, x: edgeX, y: edgeY, angle, softness } = shadow;
  const [acrossX, acrossY] = [Math.cos(angle) / softness, Math.sin(angle) / softness];
  const [middle, half] = [(1 + light) / 2, (1 - light) / 2];
  const shadowed = new Float32Array(data.length);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const across = (x - edgeX) * acrossX + (y - edgeY) * acrossY;
      shadowed[at] = data[at] * (middle + half * Math.tanh(across));
    }
  }
  return grayImage(width, height, shadowed);
}

/** A spot of reflected light. */
export interface Glare {
  /** Its centre, pixels. */
  readonly x: number;
  readonly y: number;
  /** Deviation of the spot, pixels, above 0. */
  readonly size: number;
  /** Light added at the centre, where 1 is white. */
  readonly strength: number;
}

/** The picture with a round spot of light added. The result is not clipped. */
export function addGlare(
  { width, height, data }: GrayImage,
  { x: centreX, y: centreY, size, strength }: Glare,
): GrayImage {
  const profile = (length: number, centre: number) =>
    Float32Array.from({ length }, (_, i) => Math.exp(-((i - centre) ** 2) / (2 * size * size)));
  const [across, down] = [profile(width, centreX), profile(height, centreY)];
  const lit = new Float32Array(data.length);
  for (let y = 0, at = 0; y < height; y++) {
    const row = strength * down[y];
    for (let x = 0; x < width; x++, at++) lit[at] = data[at] + row * across[x];
  }
  return grayImage(width, height, lit);
}

/**
 * Corners darker than the centre.
 * @param loss share of the light that is missing in the corners, in [0, 1]; it grows with the square of
 *   the distance from the centre.
 */
export function vignette({ width, height, data }: GrayImage, loss: number): GrayImage {
  const [centreX, centreY] = [(width - 1) / 2, (height - 1) / 2];
  const scale = loss / Math.max(centreX * centreX + centreY * centreY, 1);
  const dimmed = new Float32Array(data.length);
  for (let y = 0, at = 0; y < height; y++) {
    const row = 1 - scale * (y - centreY) ** 2;
    for (let x = 0; x < width; x++, at++) dimmed[at] = data[at] * (row - scale * (x - centreX) ** 2);
  }
  return grayImage(width, height, dimmed);
}
