/** How images are read from files. */

export interface ReadOptions {
  /**
   * Largest image that is decoded, in pixels; a header that claims more is refused before anything is decoded.
   * @default 200e6, which takes 1.4 GB
   */
  readonly maxPixels?: number;
}
