/** The networks of the page: weights to sessions, pictures to dense maps, dense maps to features. */
import { denseMaps } from '../../src/features/dense-maps.js';
import { extractKeypoints, type KeypointOptions } from '../../src/features/extract-keypoints.js';
import type { Features } from '../../src/features/features.js';
import { cropHeatmap, heatmapFromLogits } from '../../src/features/heatmap.js';
import { sampleDescriptors } from '../../src/features/sample-descriptors.js';
import { decodeSafetensors } from '../../src/formats/safetensors.js';
import { createSession, type Device, type Session } from '../../src/graph/session.js';
import type { GrayImage } from '../../src/image/image.js';
import { CELL } from '../../src/network/architecture.js';
import { inferenceModel } from '../../src/network/inference.js';
import type { Weights } from '../../src/network/weights.js';

/** What the network says about each pixel and cell of a picture. */
export interface Maps {
  /** As the network saw it. */
  readonly image: GrayImage;
  /** [height, width] */
  readonly heatmap: Float32Array;
  readonly cellsHigh: number;
  readonly cellsWide: number;
  /** [descriptorDim, cellsHigh, cellsWide] */
  readonly descriptors: Float32Array;
  /** 0 where no network describes. */
  readonly descriptorDim: number;
}

/** The tensors of a safetensors file. @throws Error where it holds anything but floats. */
export function weightsFrom(bytes: Uint8Array): Weights {
  const tensors = Object.entries(decodeSafetensors(bytes).tensors).map(([name, { dims, data }]) => {
    if (!(data instanceof Float32Array)) throw new Error(`expected ${name} to consist of floats`);
    return [name, { dims, data }] as const;
  });
  return Object.fromEntries(tensors);
}

/** A detector and what describes its points: itself, or another network where it cannot. */
export class Network {
  readonly #detector: Session;
  readonly #describer: Session;

  private constructor(detector: Session, describer: Session) {
    this.#detector = detector;
    this.#describer = describer;
  }

  /** @throws Error for bytes that hold no weights of such a network. */
  static async load(
    bytes: Uint8Array,
    describerBytes: Uint8Array | undefined,
    device: Device,
  ): Promise<Network> {
    const detector = await createSession(inferenceModel(weightsFrom(bytes)), { device });
    if (!describerBytes) return new Network(detector, detector);
    const describer = await createSession(inferenceModel(weightsFrom(describerBytes)), { device });
    return new Network(detector, describer);
  }

  /** Whether the points have descriptors, so that they can be matched. */
  get describes(): boolean {
    return this.#describer.outputNames.includes('descriptors');
  }

  async maps(image: GrayImage): Promise<Maps> {
    const { width, height } = image;
    const detected = await denseMaps(this.#detector, image);
    const described = this.#describer === this.#detector ? detected : await denseMaps(this.#describer, image);
    const { cellsHigh, cellsWide, logits } = detected;
    const padded = heatmapFromLogits(logits, cellsHigh, cellsWide);
    const { descriptors, descriptorDim } = described;
    const heatmap = cropHeatmap(padded, CELL * cellsWide, width, height);
    return { image, heatmap, cellsHigh, cellsWide, descriptors, descriptorDim };
  }

  async release(): Promise<void> {
    await this.#detector.release();
    if (this.#describer !== this.#detector) await this.#describer.release();
  }
}

/** The features of a picture of `width` x `height` pixels that the network saw at the size of `maps`. */
export function featuresFrom(maps: Maps, options: KeypointOptions, width: number, height: number): Features {
  const { image, heatmap, descriptors, descriptorDim, cellsHigh, cellsWide } = maps;
  const { count, keypoints, scores } = extractKeypoints(heatmap, image.width, image.height, options, image);
  const sampled = sampleDescriptors(descriptors, descriptorDim, cellsHigh, cellsWide, keypoints);
  const scale = [width / image.width, height / image.height];
  for (let i = 0; i < keypoints.length; i++) keypoints[i] = (keypoints[i] + 0.5) * scale[i % 2] - 0.5;
  return { width, height, count, keypoints, scores, descriptors: sampled, descriptorDim };
}
