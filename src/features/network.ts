/// <reference lib="esnext.disposable" preserve="true" />
/** One network, one way in: looks at pictures; a look is then asked for keypoints, descriptors and heatmap. */
import type { FetchOptions } from '../files/fetch-bytes.js';
import type { Device } from '../graph/session.js';
import type { AnyImage } from '../image/any-image.js';
import type { GrayImage } from '../image/image.js';
import type { ModelSource } from '../network/model-file.js';
import { NoWorkerError } from '../threads/calls.js';
import { Engine, type EngineOptions, type NetworkEngine } from './engine.js';
import type { Look } from './look.js';
import { RemoteEngine } from './remote-engine.js';
import { type ScaleOptions, scaleOptions } from './scales.js';

export interface NetworkOptions extends FetchOptions {
  /** What computes. @default 'cpu', in the browser WebAssembly */
  readonly device?: Device;
  /** Threads of the CPU. @default all cores */
  readonly threads?: number;
  /**
   * Whether it works in a worker of its own, so that the thread that asks stays free: pictures are decoded there,
   * the network runs there, and all that follows. `false` is for those who have a worker of their own. @default true
   */
  readonly thread?: boolean;
}

export interface LookSettings extends ScaleOptions {
  /** Ends the look with its reason once it is aborted; what the network is at stops between two sizes or tiles. */
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
  /** Whether it works in a worker of its own. */
  readonly thread: boolean;
  /** Why it works in the thread that asks though a worker was wanted, in one line; undefined otherwise. */
  readonly threadFallback: string | undefined;
  readonly #engine: NetworkEngine;
  #disposing: Promise<void> | undefined;

  /** Use `Network.load`. */
  private constructor(engine: NetworkEngine, threadFallback?: string) {
    const { name, descriptorDim, device, fallback } = engine.facts;
    this.name = name;
    this.descriptorDim = descriptorDim;
    this.device = device;
    this.fallback = fallback;
    this.thread = engine instanceof RemoteEngine;
    this.threadFallback = threadFallback;
    this.#engine = engine;
  }

  /**
   * Reads a model and prepares it.
   * @throws FormatError in one line if the model cannot be read or is none, RangeError for an unknown device or
   * number of threads, the signal's reason once it is aborted.
   */
  static async load(
    source: ModelSource = 'superpoint',
    { thread = true, ...options }: NetworkOptions = {},
  ): Promise<Network> {
    const { threads, signal } = options;
    if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
      throw new RangeError(`expected threads to be a whole number > 0, got ${threads}`);
    }
    signal?.throwIfAborted();
    return thread ? Network.#inWorker(source, options) : new Network(await Engine.open(source, options));
  }

  static async #inWorker(source: ModelSource, options: EngineOptions): Promise<Network> {
    try {
      return new Network(await RemoteEngine.open(source, options));
    } catch (error) {
      if (!(error instanceof NoWorkerError)) throw error;
      const why = `no worker can be started (${error.message}): the thread that asks computes instead`;
      return new Network(await Engine.open(source, options), why);
    }
  }

  /**
   * Runs the network on a picture, at one size or several; one that is large in tiles.
   * @throws RangeError for a picture below 8x8 pixels or with values outside [0, 1], or options out of range; what
   * `asGrayImage` throws; the signal's reason once it is aborted; Error in one line where the worker dies: the next
   * look starts a new one.
   */
  async look(image: AnyImage, settings: LookSettings = {}): Promise<Look> {
    const scales = scaleOptions(settings);
    this.#checkInUse();
    settings.signal?.throwIfAborted();
    return this.#engine.look(image, scales, settings.signal);
  }

  /**
   * The probabilities of an interest point, [height, width], for each of several pictures of one size, at that size
   * alone: what Homographic Adaptation asks for. Small ones run as one batch.
   * @throws RangeError for pictures of different sizes, or as `look`.
   */
  async heatmaps(images: readonly GrayImage[]): Promise<Float32Array[]> {
    this.#checkInUse();
    for (const { width, height } of images) {
      const [first] = images;
      if (width !== first.width || height !== first.height) {
        throw new RangeError(
          `expected pictures of one size, got ${first.width}x${first.height} and ${width}x${height}`,
        );
      }
    }
    return images.length === 0 ? [] : this.#engine.heatmaps(images);
  }

  /** Frees the memory once what is running has ended; nothing can be looked at, and no look be asked, afterwards. */
  dispose(): Promise<void> {
    this.#disposing ??= this.#engine.dispose();
    return this.#disposing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #checkInUse(): void {
    if (this.#disposing) throw new Error('expected a network in use, got one that was disposed of');
  }
}
