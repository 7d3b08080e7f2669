/** A sheet of validation pictures, each beside its heatmap, for a look at how a run does. */
import type { RgbaImage } from '../image/image.js';

const COLUMNS = 4;
const ROWS = 6;

/** Probability that is shown as full red: a peak of a soft target seldom passes it. */
const FULL_HEAT = 0.3;

/** The largest value of the 3 x 3 pixels around (x, y): a peak of one pixel would hardly be seen. */
function widened(map: Float32Array, width: number, height: number, x: number, y: number): number {
  let most = 0;
  for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
    for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
      most = Math.max(most, map[v * width + u]);
    }
  }
  return most;
}

/** Collects the first pictures that are added and lays them out. */
export function contactSheet() {
  const tiles: { image: Float32Array; heatmap: Float32Array }[] = [];
  let [tileWidth, tileHeight] = [1, 1];
  return {
    add(image: Float32Array, heatmap: Float32Array, width: number, height: number): void {
      if (tiles.length >= COLUMNS * ROWS) return;
      [tileWidth, tileHeight] = [width, height];
      tiles.push({ image, heatmap });
    },
    /** Each tile is the picture and, to its right, the picture darkened with the heatmap in red. */
    picture(): RgbaImage {
      const width = 2 * COLUMNS * tileWidth;
      const height = Math.max(1, Math.ceil(tiles.length / COLUMNS)) * tileHeight;
      const data = new Uint8ClampedArray(4 * width * height).fill(255);
      tiles.forEach(({ image, heatmap }, i) => {
        const left = 2 * (i % COLUMNS) * tileWidth;
        const top = Math.floor(i / COLUMNS) * tileHeight;
        for (let y = 0; y < tileHeight; y++) {
          for (let x = 0; x < tileWidth; x++) {
            const gray = 255 * image[y * tileWidth + x];
            const heat = (255 * widened(heatmap, tileWidth, tileHeight, x, y)) / FULL_HEAT;
            const at = 4 * ((top + y) * width + left + x);
            data.fill(gray, at, at + 3);
            const beside = at + 4 * tileWidth;
            data[beside] = Math.max(gray / 3, heat);
            data[beside + 1] = gray / 3;
            data[beside + 2] = gray / 3;
          }
        }
      });
      return { width, height, data };
    },
  };
}
