/** Shapes on the page: what the network trains on, and what it finds in others. */

import { drawHeatmap } from '../../src/drawing/draw.js';
import { rgbaFromGray } from '../../src/image/convert.js';
import type { RgbaImage } from '../../src/image/image.js';
import type { ShapeKind } from '../../src/synthetic/sample.js';
import { element } from '../page/dom.js';
import { surfaceOf } from '../page/surface.js';
import type { Tile } from './look.js';
import { BATCH } from './settings.js';

const { width, height } = BATCH;
/** Heat that gets the brightest colour: a corner's is spread over the pixels around it. */
const BRIGHTEST = 0.5;
const CAPTIONS: Readonly<Record<ShapeKind, string>> = {
  lines: 'lines',
  polygon: 'polygon',
  multiplePolygons: 'polygons',
  ellipses: 'ellipses: no corners',
  star: 'star',
  checkerboard: 'checkerboard',
  stripes: 'stripes',
  cube: 'cube',
  gaussianNoise: 'noise: no corners',
};

function canvasOf({ data }: RgbaImage): HTMLCanvasElement {
  const canvas = element('canvas', { width, height });
  canvas
    .getContext('2d')
    ?.putImageData(new ImageData(data as Uint8ClampedArray<ArrayBuffer>, width, height), 0, 0);
  return canvas;
}

/** Shows the pictures of a batch, [batch, height, width]. */
export function showBatch(container: HTMLElement, images: Float32Array): void {
  const pixels = width * height;
  const pictures = Array.from({ length: images.length / pixels }, (_, n) =>
    canvasOf(rgbaFromGray({ width, height, data: images.subarray(n * pixels, (n + 1) * pixels) })),
  );
  container.replaceChildren(...pictures);
}

function paintTile(canvas: HTMLCanvasElement, { image, heatmap, truth, found }: Tile): void {
  const surface = surfaceOf(canvas);
  const wide = canvas.parentElement?.clientWidth || 200;
  const scale = wide / width;
  surface.resize(wide, height * scale);
  const { context } = surface;
  context.imageSmoothingEnabled = true;
  const heated = drawHeatmap({ width, height, data: image }, heatmap, { maximum: BRIGHTEST });
  context.drawImage(canvasOf(heated), 0, 0, wide, height * scale);
  const rings = (points: Float32Array, radius: number, paint: (path: Path2D) => void) => {
    for (let n = 0; n < points.length; n += 2) {
      const path = new Path2D();
      path.arc((points[n] + 0.5) * scale, (points[n + 1] + 0.5) * scale, radius, 0, 2 * Math.PI);
      paint(path);
    }
  };
  rings(truth, 5.5, (path) => {
    context.lineWidth = 2;
    context.strokeStyle = '#3aa0ff';
    context.stroke(path);
  });
  rings(found, 2.4, (path) => {
    context.lineWidth = 1.6;
    context.strokeStyle = '#1b1d21';
    context.stroke(path);
    context.fillStyle = '#7ee07a';
    context.fill(path);
  });
}

/** Shows what the network makes of each kind of shape. */
export function showTiles(container: HTMLElement, tiles: readonly Tile[]): void {
  if (container.childElementCount !== tiles.length) {
    container.replaceChildren(
      ...tiles.map(({ kind }) =>
        element('figure', {}, element('canvas'), element('figcaption', {}, CAPTIONS[kind])),
      ),
    );
  }
  const canvases = container.querySelectorAll('canvas');
  tiles.forEach((tile, n) => {
    canvases[n].setAttribute('role', 'img');
    const count = (points: Float32Array) => points.length / 2;
    canvases[n].setAttribute(
      'aria-label',
      `${CAPTIONS[tile.kind]}, ${count(tile.truth)} true corners, ${count(tile.found)} found`,
    );
    paintTile(canvases[n], tile);
  });
}
