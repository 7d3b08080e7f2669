/** What Node's and the browser's canvas have in common: shapes and overlays are drawn on this. */

import type { RgbaImage } from './image.js';

/**
 * The drawing commands that are used here: any 2D context has them, of a canvas of the page, off it, or of a
 * package for Node. Styles are `unknown` as each platform has kinds of its own beside CSS colours.
 */
export interface Context2D {
  fillStyle: unknown;
  strokeStyle: unknown;
  lineWidth: number;
  lineCap: 'butt' | 'round' | 'square';
  lineJoin: 'bevel' | 'miter' | 'round';
  imageSmoothingEnabled: boolean;
  beginPath(): void;
  closePath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  arc(x: number, y: number, radius: number, startAngle: number, endAngle: number): void;
  fill(): void;
  stroke(): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  drawImage(image: unknown, x: number, y: number, width: number, height: number): void;
  createImageData(width: number, height: number): RgbaImage;
  getImageData(x: number, y: number, width: number, height: number): RgbaImage;
  putImageData(pixels: RgbaImage, x: number, y: number): void;
}

/** A drawing surface of fixed size. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  getContext(kind: '2d'): Context2D;
}
