/// <reference lib="esnext.disposable" preserve="true" />
/** One network, one way in: looks at pictures; a look is then asked for keypoints, descriptors and heatmap. */
import type { FetchOptions } from '../files/fetch-bytes.js';
import { createSession, type Device, type Session } from '../graph/session.js';
import { type AnyImage, asGrayImage } from '../image/any-image.js';
import type { GrayImage } from '../image/image.js';
import { type ModelSource, readModel } from '../network/model-file.js';
import { checkNetworkInput } from '../network/network-input.js';
import { WorkQueue } from '../threads/work-queue.js';
import { CandidateFinder } from './candidates.js';
import { denseModel } from './dense-graph.js';
import { batchHeatmaps, denseMaps } from './dense-maps.js';
import { Look, type View } from './look.js';
import { picturesAtScales, type ScaleOptions, scaleOptions } from './scales.js';

export interface NetworkOptions extends FetchOptions {
  /** What computes. @default 'cpu', in the browser WebAssembly */
  readonly device?: Device;
  /** Threads of the CPU. @default all cores */
  readonly threads?: number;
}

export interface LookSettings extends ScaleOptions {
  /** Ends the look with its reason soon after it is aborted: between two sizes or tiles. */
  readonly signal?: AbortSignal;
}

/** SuperPoint or MagicPoint, ready to run. */
export class Network {
  /** The name or file of the model, for messages. */
  readonly name: string;
  /** Length of a descriptor; 0 for a network that describes nothing (MagicPoint). */
  readonly descriptorDim: number;
  /** What really runs it. */
  readonly device: Device;
  /** Why that is not the device that was asked for, in one line; undefined where it is. */
  readonly fallback: string | undefined;
  readonly #session: Session;
  readonly #finder: CandidateFinder;
  readonly #queue = new WorkQueue();
  #disposed = false;

  /** Use `Network.load`. */
  private constructor(name: string, descriptorDim: number, session: Session, threads?: number) {
    this.name = name;
    this.descriptorDim = descriptorDim;
    this.device = session.device;
    this.fallback = session.fallback;
    this.#session = session;
    this.#finder = new CandidateFinder(this.#queue, threads);
  }

  /**
   * Reads a model and prepares it.
   * @throws FormatError in one line if the model cannot be read or is none, RangeError for an unknown device or
   * number of threads, the signal's reason once it is aborted.
   */
  static async load(
    source: ModelSource = 'superpoint',
    { device, threads, signal, onProgress }: NetworkOptions = {},
  ): Promise<Network> {
    if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
      throw new RangeError(`expected threads to be a whole number > 0, got ${threads}`);
    }
    signal?.throwIfAborted();
    const model = await readModel(source, { signal, onProgress });
    signal?.throwIfAborted();
    const session = await createSession(denseModel(model), { device, threads });
    if (signal?.aborted) await session.release();
    signal?.throwIfAborted();
    return new Network(model.name, model.descriptorDim, session, threads);
  }

  /**
   * Runs the network on a picture, at one size or several; one that is large in tiles.
   * @throws RangeError for a picture below 8x8 pixels or with values outside [0, 1], or options out of range; what
   * `asGrayImage` throws; the signal's reason once it is aborted.
   */
  async look(image: AnyImage, settings: LookSettings = {}): Promise<Look> {
    scaleOptions(settings);
    const { signal } = settings;
    signal?.throwIfAborted();
    const picture = await asGrayImage(image);
    const inputs = picturesAtScales(picture, settings);
    for (const input of inputs) checkNetworkInput(input);
    const views = await this.#run(async (session) => {
      const seen: View[] = [];
      for (const input of inputs) {
        seen.push({ image: input, ...(await denseMaps(session, input, this.descriptorDim, signal)) });
      }
      return seen;
    });
    return new Look(picture.width, picture.height, views, this.#finder);
  }

  /**
   * The probabilities of an interest point, [height, width], for each of several pictures of one size, at that size
   * alone: what Homographic Adaptation asks for. Small ones run as one batch.
   * @throws RangeError for pictures of different sizes, or as `look`.
   */
  async heatmaps(images: readonly GrayImage[]): Promise<Float32Array[]> {
    for (const image of images) {
      checkNetworkInput(image);
      const [first] = images;
      if (image.width !== first.width || image.height !== first.height) {
        throw new RangeError(
          `expected pictures of one size, got ${first.width}x${first.height} and ${image.width}x${image.height}`,
        );
      }
    }
    if (images.length === 0) return [];
    return this.#run((session) => batchHeatmaps(session, images, this.descriptorDim));
  }

  /** Frees the memory once what is running has ended; nothing can be looked at, and no look be asked, afterwards. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#queue.run(() => this.#session.release());
    await this.#finder.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #run<T>(work: (session: Session) => Promise<T>): Promise<T> {
    if (this.#disposed) throw new Error('expected a network in use, got one that was disposed of');
    return this.#queue.run(() => work(this.#session));
  }
}
