/// <reference lib="esnext.disposable" preserve="true" />
/** The look of a network that runs in this thread. */
import { type GrayImage, grayImage, type ImageSize } from '../image/image.js';
import type { DenseMaps } from './dense-maps.js';
import {
  type Admits,
  cornerKeypoints,
  extractKeypoints,
  type Keypoints,
  keypointOptions,
} from './extract-keypoints.js';
import type { Look, LookKeypoints, LookOptions, Mask, Points } from './look.js';
import { pickRows } from './pick-features.js';
import { type DescriptorOptions, descriptorOptions, sampleDescriptors } from './sample-descriptors.js';

/** A picture at one size, and what the network says about it there. */
export interface View extends DenseMaps {
  readonly image: GrayImage;
}

/** Coordinates of one size, x or y, in pixels of another: the pixels' centres are halves. */
const rescaled = (value: number, ratio: number) => (value + 0.5) * ratio - 0.5;

/** One picture at all its sizes. */
export class Sight implements Look {
  readonly width: number;
  readonly height: number;
  readonly descriptorDim: number;
  readonly sizes: readonly ImageSize[];
  #views: readonly View[];

  /** @param views one or more, the largest first as a rule. */
  constructor(width: number, height: number, views: readonly View[]) {
    this.width = width;
    this.height = height;
    this.descriptorDim = views[0].cells.dim;
    this.sizes = views.map(({ image: { width, height } }) => ({ width, height }));
    this.#views = views;
  }

  async keypoints(options: LookOptions = {}): Promise<LookKeypoints> {
    const settings = keypointOptions(options);
    this.#checkInUse();
    this.#checkMask(options.mask);
    const parts: Keypoints[] = [];
    for (const view of this.#views) {
      const { image, heatmap } = view;
      const admits = options.mask && this.#admits(options.mask, image);
      parts.push(
        settings.subpixel && settings.cornerRadius > 0
          ? cornerKeypoints(image, heatmap, settings, admits)
          : extractKeypoints(heatmap, image.width, image.height, settings, admits),
      );
    }
    return this.#together(parts, settings.maxKeypoints);
  }

  async describe({ keypoints, sizes }: Points, options: DescriptorOptions = {}): Promise<Float32Array> {
    this.#checkInUse();
    descriptorOptions(options);
    const count = keypoints.length / 2;
    const dim = this.descriptorDim;
    if (!Number.isInteger(count)) {
      throw new RangeError(`expected pairs x, y, got ${keypoints.length} coordinates`);
    }
    if (sizes && sizes.length !== count) throw new RangeError(`expected ${count} sizes, got ${sizes.length}`);
    for (const size of sizes ?? []) this.#checkSize(size);
    if (this.#views.length === 1 || !sizes) {
      return sampleDescriptors(this.#views[0].cells, this.#atSize(keypoints, 0), options);
    }
    const descriptors = new Float32Array(count * dim);
    for (const [size, { cells }] of this.#views.entries()) {
      const places = [...sizes.keys()].filter((n) => sizes[n] === size);
      const own = this.#atSize(pickRows(keypoints, 2, places), size);
      const part = sampleDescriptors(cells, own, options);
      for (const [at, n] of places.entries()) {
        descriptors.set(part.subarray(at * dim, (at + 1) * dim), n * dim);
      }
    }
    return descriptors;
  }

  async heatmap(size = 0): Promise<GrayImage> {
    this.#checkInUse();
    this.#checkSize(size);
    const { image, heatmap } = this.#views[size];
    return grayImage(image.width, image.height, heatmap);
  }

  dispose(): void {
    this.#views = [];
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #checkInUse(): void {
    if (this.#views.length === 0) throw new Error('expected a look in use, got one that was disposed of');
  }

  #checkSize(size: number): void {
    if (!(size in this.#views)) {
      throw new RangeError(`expected a size below ${this.#views.length}, got ${size}`);
    }
  }

  /** Points of the picture in pixels of a size. */
  #atSize(keypoints: Float32Array, size: number): Float32Array {
    const { width, height } = this.#views[size].image;
    if (width === this.width && height === this.height) return keypoints;
    const ratio = [width / this.width, height / this.height];
    return keypoints.map((value, i) => rescaled(value, ratio[i % 2]));
  }

  /** The keypoints of each size, best first, in pixels of the picture. */
  #together(parts: readonly Keypoints[], maxKeypoints: number): LookKeypoints {
    const total = parts.reduce((sum, { count }) => sum + count, 0);
    const count = Math.min(total, maxKeypoints);
    const keypoints = new Float32Array(2 * count);
    const scores = new Float32Array(count);
    const sizes = new Uint8Array(count);
    const ratios = this.#views.map(({ image }) => [this.width / image.width, this.height / image.height]);
    const next = parts.map(() => 0);
    // A score is above 0.
    const head = (size: number) => (next[size] < parts[size].count ? parts[size].scores[next[size]] : 0);
    for (let at = 0; at < count; at++) {
      let size = 0;
      for (let other = 1; other < parts.length; other++) if (head(other) > head(size)) size = other;
      const n = next[size]++;
      scores[at] = parts[size].scores[n];
      sizes[at] = size;
      for (const axis of [0, 1]) {
        const value = parts[size].keypoints[2 * n + axis];
        keypoints[2 * at + axis] = ratios[size][axis] === 1 ? value : rescaled(value, ratios[size][axis]);
      }
    }
    return { count, keypoints, scores, sizes };
  }

  #checkMask(mask: Mask | undefined): void {
    if (!mask) return;
    const { width, height, data } = mask;
    if (width !== this.width || height !== this.height || data.length !== width * height) {
      throw new RangeError(
        `expected a mask of ${this.width}x${this.height} values, got ${data.length} for ${width}x${height}`,
      );
    }
  }

  /** Whether the mask lets a point of a size through. */
  #admits(mask: Mask, { width, height }: GrayImage): Admits {
    const nearest = (value: number, ratio: number, length: number) =>
      Math.min(length - 1, Math.max(0, Math.round(rescaled(value, ratio))));
    return (x, y) => {
      const column = nearest(x, mask.width / width, mask.width);
      return mask.data[nearest(y, mask.height / height, mask.height) * mask.width + column] !== 0;
    };
  }
}
