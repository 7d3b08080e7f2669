/** The networks of the page: weights to sessions, pictures to dense maps, dense maps to features. */
import { denseMaps } from '../../src/features/dense-maps.js';
import { extractKeypoints, type KeypointOptions } from '../../src/features/extract-keypoints.js';
import type { Features } from '../../src/features/features.js';
import { cropHeatmap, heatmapFromLogits } from '../../src/features/heatmap.js';
import { sampleDescriptors } from '../../src/features/sample-descriptors.js';
import { featuresAtSize } from '../../src/features/scales.js';
import { createSession, type Device, type Session } from '../../src/graph/session.js';
import type { GrayImage } from '../../src/image/image.js';
import { CELL } from '../../src/network/architecture.js';
import { onnxModel } from '../../src/network/model.js';
import { readModel } from '../../src/network/model-file.js';

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

/** A detector and what describes its points: itself, or another network where it cannot. */
export class Network {
  readonly #detector: Session;
  readonly #describer: Session;

  private constructor(detector: Session, describer: Session) {
    this.#detector = detector;
    this.#describer = describer;
  }

  /** @throws Error for bytes that hold no weights of such a network, nor a model of this project. */
  static async load(
    bytes: Uint8Array,
    describerBytes: Uint8Array | undefined,
    device: Device,
  ): Promise<Network> {
    const detector = await createSession(onnxModel(await readModel(bytes)), { device });
    if (!describerBytes) return new Network(detector, detector);
    const describer = await createSession(onnxModel(await readModel(describerBytes)), { device });
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
  const seen = { width: image.width, height: image.height };
  const features = { ...seen, count, keypoints, scores, descriptors: sampled, descriptorDim };
  return featuresAtSize(features, width, height);
}
