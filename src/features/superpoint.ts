/// <reference lib="esnext.disposable" preserve="true" />
/** The network ready for use: pictures in, keypoints with descriptors out. */
import type { AnyImage } from '../image/any-image.js';
import { kindOf } from '../image/image-source.js';
import type { ModelSource } from '../network/model-file.js';
import { readAhead } from '../threads/read-ahead.js';
import { keypointOptions } from './extract-keypoints.js';
import type { Features } from './features.js';
import type { LookOptions } from './look.js';
import { type LookSettings, Network, type NetworkOptions } from './network.js';
import { type DescriptorOptions, descriptorOptions } from './sample-descriptors.js';
import { scaleOptions } from './scales.js';

export interface LoadOptions extends NetworkOptions {
  /**
   * What `readModel` reads: a file, tensors, or the name of weights that come with the package: `superpoint`;
   * `superpoint-small` with descriptors of 128 numbers, several times faster; `superpoint-tiny` with 64, for video;
   * each with `-int8`, the same in int8, faster still on a CPU; `magicpoint`, trained on shapes alone.
   * @default 'superpoint'
   */
  readonly model?: ModelSource;
}

export interface DetectOptions extends LookOptions, DescriptorOptions, LookSettings {}

/** SuperPoint (DeTone, Malisiewicz and Rabinovich 2018): detects and describes interest points. */
export class SuperPoint {
  /** What it runs: for looks that are asked more than once. */
  readonly network: Network;
  readonly #running = new Set<Promise<unknown>>();
  #disposed = false;

  /** Use `SuperPoint.load`. */
  private constructor(network: Network) {
    this.network = network;
  }

  /** Reads the weights and prepares the network. @throws as `Network.load`; TypeError for a model outside of options. */
  static async load(given: LoadOptions = {}): Promise<SuperPoint> {
    // `Network.load` takes the model first; who does so here would get the default one without a word.
    const kind = kindOf(given);
    if (kind !== 'Object') throw new TypeError(`expected options such as { model: … }, got a ${kind}`);
    const { model, ...options } = given;
    return new SuperPoint(await Network.load(model, options));
  }

  /**
   * Keypoints of one picture with their descriptors, by descending score.
   * @throws RangeError for a picture below 8x8 pixels or with values outside [0, 1], or options out of range; what
   * `asGrayImage` throws; the signal's reason soon after it is aborted.
   */
  async detect(image: AnyImage, options: DetectOptions = {}): Promise<Features> {
    if (this.#disposed) throw new Error('expected a SuperPoint in use, got one that was disposed of');
    // Mistakes in the options come before the work.
    keypointOptions(options);
    descriptorOptions(options);
    scaleOptions(options);
    const work = this.#detect(image, options);
    const settled = work.catch(() => {}).finally(() => this.#running.delete(settled));
    this.#running.add(settled);
    return work;
  }

  async #detect(image: AnyImage, options: DetectOptions): Promise<Features> {
    const look = await this.network.look(image, options);
    const { width, height, descriptorDim } = look;
    try {
      const { sizes, ...found } = await look.keypoints(options);
      const descriptors = await look.describe({ keypoints: found.keypoints, sizes }, options);
      return { width, height, ...found, descriptors, descriptorDim };
    } finally {
      look.dispose();
    }
  }

  /**
   * The features of many pictures, in their order. The next two pictures are fetched, decoded and
   * computed while the features of the last are used, and never more than that.
   * @throws what `detect` or the pictures' source throws, the signal's reason among it, after the features of all
   * pictures before.
   */
  async *detectAll(
    images: AsyncIterable<AnyImage> | Iterable<AnyImage>,
    options: DetectOptions = {},
  ): AsyncGenerator<Features, void, undefined> {
    for await (const { result } of readAhead(images, (image) => this.detect(image, options), 2)) {
      yield await result;
    }
  }

  /** The probability of an interest point at each pixel: [height, width] of the picture. @throws as `detect`. */
  async heatmap(image: AnyImage): Promise<Float32Array> {
    const look = await this.network.look(image, { scales: [1] });
    try {
      return (await look.heatmap()).data;
    } finally {
      look.dispose();
    }
  }

  /** Frees the network's memory once what is running has ended; nothing can be detected afterwards. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await Promise.all(this.#running);
    await this.network.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
