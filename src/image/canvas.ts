/** What Node's and the browser's canvas have in common: shapes and overlays are drawn on this. */

/** Canvas 2D drawing commands, the same on both platforms. */
export type Context2D = OffscreenCanvasRenderingContext2D;

/** A drawing surface of fixed size. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  getContext(kind: '2d'): Context2D;
}
