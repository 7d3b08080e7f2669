/**
 * Draws a scene. Each pixel is sampled at 4 x 8 places; a sample belongs to exactly one figure, the
 * topmost. So edges are soft and exact to a few hundredths of a pixel, neighbours that share an edge
 * leave no seam of the background between them, and the result is the same bits on every platform
 * (canvases differ between browsers, and blend where two edges share a pixel).
 */
import { type GrayImage, grayImage } from '../image/image.js';
import type { Random } from '../random.js';
import type { Figure, Scene } from './scene.js';
import { smoothNoise, soften } from './texture.js';

/** Samples across a pixel: four bytes, which are compared as one 32-bit word. */
const ACROSS = 4;
const DOWN = 8;
/** Each of the eight rows of samples is shifted by its own share of a sample, so upright edges have 32 levels. */
const ROW_SHIFT = [1, 9, 5, 13, 3, 11, 7, 15].map((sixteenths) => sixteenths / 16);
const UNIFORM = 0x01010101;

/** Crossings of the polygon's edges with the horizontal line at y, ascending. */
function crossingsAt(outline: ArrayLike<number>, y: number, crossings: number[]): void {
  crossings.length = 0;
  for (let i = 0, j = outline.length - 2; i < outline.length; j = i, i += 2) {
    const y0 = outline[j + 1];
    const y1 = outline[i + 1];
    if (y0 > y === y1 > y) continue;
    crossings.push(outline[j] + ((y - y0) / (y1 - y0)) * (outline[i] - outline[j]));
  }
  if (crossings.length > 2) crossings.sort((a, b) => a - b);
  else if (crossings[0] > crossings[1]) crossings.reverse();
}

/** Marks the samples inside the outline with `label`. */
function fillOutline(
  samples: Uint8Array,
  width: number,
  height: number,
  outline: ArrayLike<number>,
  label: number,
) {
  let top = Infinity;
  let bottom = -Infinity;
  for (let i = 1; i < outline.length; i += 2) {
    top = Math.min(top, outline[i]);
    bottom = Math.max(bottom, outline[i]);
  }
  const stride = width * ACROSS;
  const first = Math.max(0, Math.floor((top + 0.5) * DOWN));
  const last = Math.min(height * DOWN - 1, Math.ceil((bottom + 0.5) * DOWN));
  const crossings: number[] = [];
  for (let row = first; row <= last; row++) {
    crossingsAt(outline, (row + 0.5) / DOWN - 0.5, crossings);
    const shift = ROW_SHIFT[row % DOWN];
    for (let k = 0; k + 1 < crossings.length; k += 2) {
      const from = Math.max(0, Math.ceil((crossings[k] + 0.5) * ACROSS - shift));
      const to = Math.min(stride, Math.ceil((crossings[k + 1] + 0.5) * ACROSS - shift));
      if (from < to) samples.fill(label, row * stride + from, row * stride + to);
    }
  }
}

/** Which figure each sample sees: 0 the backdrop, k + 1 the figure k; `[8 * height, 4 * width]`. */
function sampleFigures(figures: readonly Figure[], width: number, height: number): Uint8Array {
  if (figures.length > 255) throw new RangeError(`expected at most 255 figures, got ${figures.length}`);
  const samples = new Uint8Array(width * ACROSS * height * DOWN);
  figures.forEach(({ outline }, k) => {
    fillOutline(samples, width, height, outline, k + 1);
  });
  return samples;
}

/**
 * Draws the scene in [0, 1].
 * @param random draws the textures
 * @param spread softness of the edges, see `soften`; 0 keeps the plain average over each pixel
 */
export function rasterise(
  scene: Scene,
  width: number,
  height: number,
  random: Random,
  spread: number,
): GrayImage {
  const { backdrop, figures } = scene;
  const behind = smoothNoise(random, width, height, backdrop.spacing);
  const grained = figures.some(({ paint }) => paint.grain > 0);
  const grain = grained
    ? smoothNoise(random, width, height, random.between(2, 8))
    : new Float32Array(width * height);
  const shadeOf = Float32Array.from([backdrop.shade, ...figures.map(({ paint }) => paint.shade)]);
  const grainOf = Float32Array.from([0, ...figures.map(({ paint }) => paint.grain)]);

  const samples = sampleFigures(figures, width, height);
  const words = new Uint32Array(samples.buffer);
  const image = grayImage(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      const first = y * DOWN * width + x;
      const texture = backdrop.amplitude * behind[pixel];
      const label = samples[ACROSS * first];
      let same = words[first] === label * UNIFORM;
      for (let row = 1; same && row < DOWN; row++) same = words[first + row * width] === words[first];
      if (same) {
        image.data[pixel] = shadeOf[label] + (label === 0 ? texture : grainOf[label] * grain[pixel]);
        continue;
      }
      let shade = 0;
      let grainGain = 0;
      let open = 0;
      for (let row = 0; row < DOWN; row++) {
        const start = ACROSS * (first + row * width);
        for (let k = start; k < start + ACROSS; k++) {
          const sample = samples[k];
          shade += shadeOf[sample];
          grainGain += grainOf[sample];
          if (sample === 0) open++;
        }
      }
      image.data[pixel] = (shade + grainGain * grain[pixel] + open * texture) / (ACROSS * DOWN);
    }
  }
  if (spread > 0) soften(image.data, width, height, spread);
  for (let i = 0; i < image.data.length; i++) image.data[i] = Math.min(1, Math.max(0, image.data[i]));
  return image;
}
