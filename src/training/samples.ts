/** A sheet of validation pictures, each beside its heatmap, for a look at how a run does. */
import type { RgbaImage } from '../image/image.js';

const COLUMNS = 4;
const ROWS = 6;

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
            const gray = 255 * image[y * tileWidth + x]!;
            const heat = 255 * heatmap[y * tileWidth + x]!;
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
