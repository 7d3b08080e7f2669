/** The network ready for use: pictures in, keypoints with descriptors out. */
import { createSession, type Device, type Session } from '../graph/session.js';
import type { GrayImage } from '../image/image.js';
import { CELL } from '../network/architecture.js';
import { onnxModel } from '../network/model.js';
import { type ModelSource, readModel } from '../network/model-file.js';
import { checkNetworkInput } from '../network/network-input.js';
import { WorkQueue } from '../threads/work-queue.js';
import { batchLogits, denseMaps } from './dense-maps.js';
import { extractKeypoints, type KeypointOptions, keypointOptions } from './extract-keypoints.js';
import type { Features } from './features.js';
import { cropHeatmap, heatmapFromLogits } from './heatmap.js';
import { type DescriptorOptions, descriptorOptions, sampleDescriptors } from './sample-descriptors.js';
import { featuresAtSize, mergeFeatures, picturesAtScales, type ScaleOptions } from './scales.js';

export interface LoadOptions {
  /**
   * What `readModel` reads: a file, tensors, or the name of weights that come with the package: `superpoint`;
   * `superpoint-small` with descriptors of 128 numbers, several times faster; `superpoint-int8` and
   * `superpoint-small-int8`, the same in int8, faster still on a CPU; `magicpoint`, trained on shapes alone.
   * @default 'superpoint'
   */
  readonly model?: ModelSource;
  /** What computes. @default 'cpu', in the browser WebAssembly */
  readonly device?: Device;
  /** Threads of the CPU. @default all cores */
  readonly threads?: number;
}

export interface DetectOptions extends KeypointOptions, DescriptorOptions, ScaleOptions {}

/** SuperPoint (DeTone, Malisiewicz and Rabinovich 2018): detects and describes interest points. */
export class SuperPoint {
  readonly #session: Session;
  readonly #queue = new WorkQueue();
  #disposed = false;

  /** Use `SuperPoint.load`. */
  private constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Reads the weights and prepares the network.
   * @throws FormatError in one line if the model cannot be read or is none, RangeError for an unknown device.
   */
  static async load({ model = 'superpoint', device, threads }: LoadOptions = {}): Promise<SuperPoint> {
    if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
      throw new RangeError(`expected threads to be a whole number > 0, got ${threads}`);
    }
    const session = await createSession(onnxModel(await readModel(model)), { device, threads });
    return new SuperPoint(session);
  }

  /**
   * Keypoints of one picture with their descriptors, by descending score.
   * @throws RangeError for a picture below 8x8 pixels or with values outside [0, 1], or options out of range.
   */
  async detect(image: GrayImage, options: DetectOptions = {}): Promise<Features> {
    // Mistakes in the options come before the work.
    const { maxKeypoints } = keypointOptions(options);
    descriptorOptions(options);
    const inputs = picturesAtScales(image, options);
    for (const input of inputs) checkNetworkInput(input);
    // All sizes queue up at once: what has begun before `dispose` is finished.
    const parts = await Promise.all(inputs.map((input) => this.#detectAt(input, options)));
    const inPixels = parts.map((part) => featuresAtSize(part, image.width, image.height));
    return mergeFeatures(inPixels, maxKeypoints);
  }

  /** The features of a picture as it is, one that the network can take. */
  async #detectAt(image: GrayImage, options: KeypointOptions & DescriptorOptions): Promise<Features> {
    const { width, height } = image;
    const maps = await this.#run((session) => denseMaps(session, image));
    const { cellsHigh, cellsWide, logits, descriptorDim } = maps;
    const padded = heatmapFromLogits(logits, cellsHigh, cellsWide);
    const heatmap = cropHeatmap(padded, CELL * cellsWide, width, height);
    const found = extractKeypoints(heatmap, width, height, options, image);
    const descriptors = sampleDescriptors(
      maps.descriptors,
      descriptorDim,
      cellsHigh,
      cellsWide,
      found.keypoints,
      options,
    );
    return { width, height, ...found, descriptors, descriptorDim };
  }

  /**
   * The features of many pictures, in their order. The next picture is fetched and computed while the
   * features of the last are used, and never more than that.
   * @throws what `detect` or the pictures' source throws, after the features of all pictures before.
   */
  async *detectAll(
    images: AsyncIterable<GrayImage> | Iterable<GrayImage>,
    options: DetectOptions = {},
  ): AsyncGenerator<Features, void, undefined> {
    let pending: Promise<Features> | undefined;
    let failure: { readonly cause: unknown } | undefined;
    try {
      for await (const image of images) {
        const next = this.detect(image, options);
        // It is awaited one round later; until then its failure must not count as unhandled.
        next.catch(() => {});
        const last = pending;
        pending = undefined;
        if (last) yield await last;
        pending = next;
      }
    } catch (cause) {
      failure = { cause };
    }
    if (pending) yield await pending;
    if (failure) throw failure.cause;
  }

  /** The probability of an interest point at each pixel: [height, width] of the picture. @throws as `detect`. */
  async heatmap(image: GrayImage): Promise<Float32Array> {
    checkNetworkInput(image);
    const { logits, cellsHigh, cellsWide } = await this.#run((session) => denseMaps(session, image));
    const padded = heatmapFromLogits(logits, cellsHigh, cellsWide);
    return cropHeatmap(padded, CELL * cellsWide, image.width, image.height);
  }

  /**
   * The heatmaps of several pictures of one size, computed as one batch.
   * @throws RangeError for pictures of different sizes, or as `detect`.
   */
  async heatmaps(images: readonly GrayImage[]): Promise<Float32Array[]> {
    if (images.length === 0) return [];
    const { width, height } = images[0];
    for (const image of images) {
      checkNetworkInput(image);
      if (image.width !== width || image.height !== height) {
        throw new RangeError(
          `expected pictures of one size, got ${width}x${height} and ${image.width}x${image.height}`,
        );
      }
    }
    const logits = await this.#run((session) => batchLogits(session, images));
    const cellsWide = Math.ceil(width / CELL);
    const cellsHigh = Math.ceil(height / CELL);
    return logits.map((one) =>
      cropHeatmap(heatmapFromLogits(one, cellsHigh, cellsWide), CELL * cellsWide, width, height),
    );
  }

  /** Frees the network's memory once what is running has ended; nothing can be detected afterwards. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#queue.run(() => this.#session.release());
  }

  #run<T>(work: (session: Session) => Promise<T>): Promise<T> {
    if (this.#disposed) throw new Error('expected a SuperPoint in use, got one that was disposed of');
    return this.#queue.run(() => work(this.#session));
  }
}
