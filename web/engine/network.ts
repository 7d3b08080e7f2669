/** The networks of the page: one that detects, and one that describes where it cannot. */
import type { KeypointOptions } from '../../src/features/extract-keypoints.js';
import type { Features } from '../../src/features/features.js';
import type { Look } from '../../src/features/look.js';
import { type LookSettings, Network } from '../../src/features/network.js';
import type { Device } from '../../src/graph/session.js';
import type { GrayImage } from '../../src/image/image.js';

/** Where weights are: a file of this page, or bytes at hand. */
export interface ModelFile {
  readonly name: string;
  readonly url: string;
  readonly bytes: number;
}
export type ModelSource = ModelFile | { readonly name: string; readonly data: Uint8Array };

/** What both networks saw in a picture. */
export interface Sight {
  readonly detected: Look;
  readonly described: Look;
}

/** A detector and what describes its points: itself, or another network where it cannot. */
export class Networks {
  readonly #detector: Network;
  readonly #describer: Network;

  private constructor(detector: Network, describer: Network) {
    this.#detector = detector;
    this.#describer = describer;
  }

  /**
   * @param describer bytes of the network that describes where the detector cannot.
   * @throws FormatError for bytes that hold no weights of such a network.
   */
  static async load(
    bytes: Uint8Array,
    describer: (() => Promise<Uint8Array>) | undefined,
    device: Device,
  ): Promise<Networks> {
    const detector = await Network.load(bytes, { device, thread: false });
    if (detector.descriptorDim > 0 || !describer) return new Networks(detector, detector);
    return new Networks(detector, await Network.load(await describer(), { device, thread: false }));
  }

  /** Whether the points have descriptors, so that they can be matched. */
  get describes(): boolean {
    return this.#describer.descriptorDim > 0;
  }

  async look(image: GrayImage, settings: LookSettings): Promise<Sight> {
    const detected = await this.#detector.look(image, settings);
    if (this.#describer === this.#detector) return { detected, described: detected };
    return { detected, described: await this.#describer.look(image, settings) };
  }

  async dispose(): Promise<void> {
    await this.#detector.dispose();
    await this.#describer.dispose();
  }
}

/** Networks kept ready: what two pictures ask for, what a stream does, and one to compare with. */
const KEPT = 3;

/** The networks last used, so that going from view to view loads none anew. */
export class LoadedNetworks {
  readonly #bytesOf: (source: ModelSource) => Promise<Uint8Array>;
  /** The last used at the end. */
  readonly #networks = new Map<string, Networks>();

  constructor(bytesOf: (source: ModelSource) => Promise<Uint8Array>) {
    this.#bytesOf = bytesOf;
  }

  /**
   * @param describer describes the points of a model that only detects.
   * @param inUse stays loaded, however long ago it was asked for.
   * @throws as `Networks.load`.
   */
  async get(
    model: ModelSource,
    describer: ModelSource | undefined,
    device: Device,
    inUse?: Networks,
  ): Promise<Networks> {
    const key = `${model.name}/${describer?.name}`;
    // Weights from elsewhere may have changed under the same name.
    const kept = 'url' in model ? this.#networks.get(key) : undefined;
    const bytesOf = this.#bytesOf;
    const networks =
      kept ?? (await Networks.load(await bytesOf(model), describer && (() => bytesOf(describer)), device));
    const last = this.#networks.get(key);
    if (last !== networks) await last?.dispose();
    this.#networks.delete(key);
    this.#networks.set(key, networks);
    for (const [oldest, unused] of this.#networks) {
      if (this.#networks.size <= KEPT) break;
      if (unused === inUse) continue;
      this.#networks.delete(oldest);
      await unused.dispose();
    }
    return networks;
  }
}

/** The features of a picture of `width` x `height` pixels, of which the networks saw a smaller copy. */
export async function featuresFrom(
  { detected, described }: Sight,
  options: KeypointOptions,
  width = detected.width,
  height = detected.height,
): Promise<Features> {
  const { sizes, ...found } = await detected.keypoints(options);
  const descriptors = await described.describe({ keypoints: found.keypoints, sizes });
  const ratio = [width / detected.width, height / detected.height];
  const keypoints = found.keypoints.map((value, i) => (value + 0.5) * ratio[i % 2] - 0.5);
  return { ...found, width, height, keypoints, descriptors, descriptorDim: described.descriptorDim };
}
