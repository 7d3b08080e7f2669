/** How images are read from files. */

export interface ReadOptions {
  /**
   * Largest image that is decoded, in pixels; a header that claims more is refused before anything is decoded.
   * @default 200e6, which takes 1.4 GB
   */
  readonly maxPixels?: number;
  /**
   * `ignore` leaves an image as it is stored where its EXIF says how to turn it, as COLMAP and OpenCV's
   * IMREAD_IGNORE_ORIENTATION do. AVIF's own turning is part of the image and always applies. @default 'apply'
   */
  readonly exif?: 'apply' | 'ignore';
  /**
   * Spreads the values over [0, 1], from the 0.1st to the 99.9th percentile: for images in a narrow band of 16
   * bits, and for the floats and signed numbers of TIFF on any scale. @default false
   */
  readonly stretch?: boolean;
}
