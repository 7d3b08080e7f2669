/**
 * A picture as a typed array. Coordinates everywhere: x right, y down, in pixels, and the centre of
 * the top-left pixel is (0, 0).
 */

/** In pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** A grey picture: `data[y * width + x]` in [0, 1]. */
export interface GrayImage {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** A colour picture for drawings and files: 8 bits, `data[4 * (y * width + x) + c]`, c = R G B A. */
export interface RgbaImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

const names = new WeakMap<GrayImage, string>();

/** The same image, known to error messages by `name`: its path, URL or file name. */
export function withName(image: GrayImage, name: string | undefined): GrayImage {
  if (name !== undefined) names.set(image, name);
  return image;
}

/** What to call an image in a message; undefined for one that was not read from anywhere. */
export function nameOfImage(image: GrayImage): string | undefined {
  return names.get(image);
}

/** An all-black grey picture, or one around `data` (row-major, length width * height). */
export function grayImage(width: number, height: number, data?: Float32Array): GrayImage {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new RangeError(`expected a positive whole width and height, got ${width}x${height}`);
  }
  const pixels = data ?? new Float32Array(width * height);
  if (pixels.length !== width * height) {
    throw new RangeError(`expected ${width * height} values for ${width}x${height}, got ${pixels.length}`);
  }
  return { width, height, data: pixels };
}

/** Values brought into [0, 1], in place. */
export function clip(data: Float32Array): void {
  for (let i = 0; i < data.length; i++) data[i] = Math.min(Math.max(data[i], 0), 1);
}
