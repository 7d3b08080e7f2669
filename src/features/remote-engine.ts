/** A network in a worker of its own: the calls to it, and a new worker where one has died. */
import { startEngine } from '#start-engine';
import type { AnyImage } from '../image/any-image.js';
import type { GrayImage, ImageSize } from '../image/image.js';
import type { ModelSource } from '../network/model-file.js';
import { buffersIn, Caller } from '../threads/calls.js';
import type { EngineFacts, EngineOptions, NetworkEngine } from './engine.js';
import { keypointOptions } from './extract-keypoints.js';
import { packImage, packModel } from './image-parcel.js';
import type { Look, LookKeypoints, LookOptions, Mask, Points } from './look.js';
import { type DescriptorOptions, descriptorOptions } from './sample-descriptors.js';
import type { ScaleOptions } from './scales.js';

/** What the worker tells of a look. */
interface LookFacts extends ImageSize {
  readonly id: number;
  readonly descriptorDim: number;
  readonly sizes: readonly ImageSize[];
}

/** Ends the worker of an engine, or frees a look, that nobody can reach any more. */
const forgotten = new FinalizationRegistry<() => void>((release) => release());

/** The engine of another thread. */
export class RemoteEngine implements NetworkEngine {
  readonly facts: EngineFacts;
  readonly #open: () => Promise<Caller>;
  #caller: Promise<Caller>;
  #disposed = false;

  private constructor(facts: EngineFacts, caller: Caller, open: () => Promise<Caller>) {
    this.facts = facts;
    this.#open = open;
    this.#caller = Promise.resolve(caller);
    forgotten.register(this, () => end(caller), this);
  }

  /** @throws NoWorkerError where no worker can be started; as `Engine.open` otherwise. */
  static async open(source: ModelSource, options: EngineOptions): Promise<RemoteEngine> {
    const { device, threads } = options;
    const load = async ({ signal, onProgress }: EngineOptions) => {
      const model = await packModel(source);
      const caller = await Caller.start(startEngine, 'the worker of the network');
      try {
        const argument = { model, device, threads };
        const facts = await caller.call<EngineFacts>('load', argument, { signal, onWord: onProgress });
        return { caller, facts };
      } catch (error) {
        end(caller);
        throw error;
      }
    };
    const { caller, facts } = await load(options);
    return new RemoteEngine(facts, caller, async () => (await load({})).caller);
  }

  async look(image: AnyImage, scales: Required<ScaleOptions>, signal?: AbortSignal): Promise<Look> {
    const parcel = await packImage(image);
    const caller = await this.#living();
    const release = ({ id }: LookFacts) => free(caller, id);
    const moved = 'drawable' in parcel ? [] : buffersIn(parcel);
    const argument = { image: parcel, scales };
    const facts = await caller.call<LookFacts>('look', argument, { signal, moved, discard: release });
    const look = new RemoteLook(this, caller, facts);
    forgotten.register(look, () => release(facts), look);
    return look;
  }

  async heatmaps(images: readonly GrayImage[]): Promise<Float32Array[]> {
    const copies = images.map(({ width, height, data }) => ({ width, height, data: data.slice() }));
    return (await this.#living()).call('heatmaps', copies, { moved: buffersIn(copies) });
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    forgotten.unregister(this);
    const caller = await this.#caller.catch(() => undefined);
    if (caller && !caller.ended) await end(caller);
  }

  /** Says whether it was disposed of: then its looks answer nothing either. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /** The worker, or the next one where it has died. */
  async #living(): Promise<Caller> {
    const current = this.#caller;
    const caller = await current.catch(() => undefined);
    if (caller && !caller.ended) return caller;
    // The first call that notices starts it for all.
    if (this.#caller === current) {
      this.#caller = this.#open();
      forgotten.unregister(this);
      const next = await this.#caller;
      forgotten.register(this, () => end(next), this);
    }
    return this.#caller;
  }
}

/** A look that a worker holds. */
class RemoteLook implements Look {
  readonly width: number;
  readonly height: number;
  readonly descriptorDim: number;
  readonly sizes: readonly ImageSize[];
  /** Its number, and as much memory as the worker holds, never touched and so never there: for the collector to see. */
  readonly #held: { readonly id: number; readonly weight: ArrayBuffer };
  readonly #caller: Caller;
  readonly #engine: RemoteEngine;

  constructor(engine: RemoteEngine, caller: Caller, { id, width, height, descriptorDim, sizes }: LookFacts) {
    this.#engine = engine;
    this.#caller = caller;
    this.width = width;
    this.height = height;
    this.descriptorDim = descriptorDim;
    this.sizes = sizes;
    const pixels = sizes.reduce((sum, size) => sum + size.width * size.height, 0);
    this.#held = { id, weight: new ArrayBuffer(Math.ceil(pixels * (8 + descriptorDim / 16))) };
  }

  async keypoints({ mask, ...options }: LookOptions = {}): Promise<LookKeypoints> {
    const argument = { options: keypointOptions(options), mask: mask && packMask(mask) };
    return this.#ask('keypoints', argument);
  }

  async describe({ keypoints, sizes }: Points, options: DescriptorOptions = {}): Promise<Float32Array> {
    const points = { keypoints: keypoints.slice(), sizes: sizes?.slice() };
    return this.#ask('describe', { points, options: descriptorOptions(options) });
  }

  async heatmap(size = 0): Promise<GrayImage> {
    return this.#ask('heatmap', { size });
  }

  dispose(): void {
    forgotten.unregister(this);
    free(this.#caller, this.#held.id);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #ask<Reply>(method: string, argument: object): Promise<Reply> {
    if (this.#engine.disposed) throw new Error('expected a network in use, got one that was disposed of');
    return this.#caller.call(method, { id: this.#held.id, ...argument }, { moved: buffersIn(argument) });
  }
}

/** A mask as bytes. */
function packMask({ width, height, data }: Mask): Mask {
  return { width, height, data: Uint8Array.from(data, (value) => (value === 0 ? 0 : 1)) };
}

/** A look is no longer needed. */
function free(caller: Caller, id: number): void {
  caller.call('release', id).catch(() => {});
}

/** Ends a worker once what is running has ended. */
async function end(caller: Caller): Promise<void> {
  await caller.call('dispose').catch(() => {});
}
