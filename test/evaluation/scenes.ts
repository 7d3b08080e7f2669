/** Small sequences with known homographies, made anew for each test. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Homography,
  multiplyHomographies,
  translationHomography,
} from '../../src/geometry/homography.js';
import { encodePng } from '../../src/image/codec.js';
import { type GrayImage, grayImage } from '../../src/image/image.js';
import { warpImage } from '../../src/image/warp-image.js';
import { Random } from '../../src/random.js';

/** A picture with structure at all scales: many overlapping rectangles. */
export function clutter(seed: string, width: number, height: number): GrayImage {
  const random = new Random(seed);
  const image = grayImage(width, height);
  for (let n = 0; n < 150; n++) {
    const [left, top] = [random.integer(0, width - 1), random.integer(0, height - 1)];
    const [wide, high] = [random.integer(3, width / 6), random.integer(3, height / 6)];
    const shade = random.uniform();
    for (let y = top; y < Math.min(height, top + high); y++) {
      image.data.fill(shade, y * width + left, y * width + Math.min(width, left + wide));
    }
  }
  return image;
}

/** Maps picture 1 to picture k of `writeSequence`: a turn and a shift that grow with k. */
export function trueHomography(k: number, width: number, height: number): Homography {
  const angle = 0.04 * (k - 1);
  const [x, y] = [width / 2, height / 2];
  const turn = Float64Array.of(
    Math.cos(angle),
    -Math.sin(angle),
    0,
    Math.sin(angle),
    Math.cos(angle),
    0,
    0,
    0,
    1,
  );
  return multiplyHomographies(
    translationHomography(x + 3 * (k - 1), y - 2 * (k - 1)),
    multiplyHomographies(turn, translationHomography(-x, -y)),
  );
}

/** Writes `<folder>/<name>/1.png …` and the homographies. */
export async function writeSequence(
  folder: string,
  name: string,
  { count = 3, width = 400, height = 260 }: { count?: number; width?: number; height?: number } = {},
): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  const first = clutter(name, width, height);
  await writeFile(join(folder, name, '1.png'), await encodePng(first));
  for (let k = 2; k <= count; k++) {
    const H_1toK = trueHomography(k, width, height);
    const view = warpImage(first, H_1toK, width, height, { border: 'replicate' });
    await writeFile(join(folder, name, `${k}.png`), await encodePng(view));
    await writeFile(join(folder, name, `H_1_${k}`), Array.from(H_1toK).join(' '));
  }
}
