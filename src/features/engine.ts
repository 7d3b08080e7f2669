/** A network in this thread: the sessions of its graphs, and the order in which they run. */
import type { FetchOptions } from '../files/fetch-bytes.js';
import { createSession, type Device, type Session } from '../graph/session.js';
import { type AnyImage, asGrayImage } from '../image/any-image.js';
import type { GrayImage } from '../image/image.js';
import { type ModelSource, readModel } from '../network/model-file.js';
import { checkNetworkInput } from '../network/network-input.js';
import { WorkQueue } from '../threads/work-queue.js';
import { denseModel } from './dense-graph.js';
import { batchHeatmaps, denseMaps } from './dense-maps.js';
import type { Look } from './look.js';
import { picturesAtScales, type ScaleOptions } from './scales.js';
import { Sight, type View } from './sight.js';

/** What a network needs to run. */
export interface EngineOptions extends FetchOptions {
  readonly device?: Device;
  readonly threads?: number;
}

/** What is known of a network that is ready to run; all of it is data. */
export interface EngineFacts {
  readonly name: string;
  readonly descriptorDim: number;
  readonly device: Device;
  readonly fallback: string | undefined;
}

/** What runs a network, in this thread or another. Options are checked by whoever asks. */
export interface NetworkEngine {
  readonly facts: EngineFacts;
  look(image: AnyImage, scales: Required<ScaleOptions>, signal?: AbortSignal): Promise<Look>;
  heatmaps(images: readonly GrayImage[]): Promise<Float32Array[]>;
  /** Called once: frees the memory when what is running has ended. */
  dispose(): Promise<void>;
}

/** The engine of this thread. */
export class Engine implements NetworkEngine {
  readonly facts: EngineFacts;
  readonly #session: Session;
  readonly #queue = new WorkQueue();

  private constructor(facts: EngineFacts, session: Session) {
    this.facts = facts;
    this.#session = session;
  }

  static async open(source: ModelSource, options: EngineOptions): Promise<Engine> {
    const { device, threads, signal, onProgress } = options;
    const model = await readModel(source, { signal, onProgress });
    signal?.throwIfAborted();
    const session = await createSession(denseModel(model), { device, threads });
    if (signal?.aborted) await session.release();
    signal?.throwIfAborted();
    const { name, descriptorDim } = model;
    const facts = { name, descriptorDim, device: session.device, fallback: session.fallback };
    return new Engine(facts, session);
  }

  async look(image: AnyImage, scales: Required<ScaleOptions>, signal?: AbortSignal): Promise<Sight> {
    const picture = await asGrayImage(image);
    const inputs = picturesAtScales(picture, scales);
    for (const input of inputs) checkNetworkInput(input);
    const views = await this.#queue.run(async () => {
      const seen: View[] = [];
      for (const input of inputs) {
        seen.push({
          image: input,
          ...(await denseMaps(this.#session, input, this.facts.descriptorDim, signal)),
        });
      }
      return seen;
    });
    return new Sight(picture.width, picture.height, views);
  }

  async heatmaps(images: readonly GrayImage[]): Promise<Float32Array[]> {
    for (const image of images) checkNetworkInput(image);
    return this.#queue.run(() => batchHeatmaps(this.#session, images, this.facts.descriptorDim));
  }

  async dispose(): Promise<void> {
    await this.#queue.run(() => this.#session.release());
  }
}
