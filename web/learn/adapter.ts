/** Homographic Adaptation of one photograph, view by view (§5 of DeTone et al. 2018). */
import { type AdaptedView, adaptViews } from '../../src/adaptation/adapt-image.js';
import { meanHeatmap } from '../../src/adaptation/unwarp.js';
import { extractKeypoints } from '../../src/features/extract-keypoints.js';
import { Network } from '../../src/features/network.js';
import type { GrayImage } from '../../src/image/image.js';
import { Random } from '../../src/random.js';

/** What one more view has shown. */
export interface AdaptationReport {
  /** Views so far, the photograph itself included. */
  readonly views: number;
  readonly width: number;
  readonly height: number;
  /** [height, width] each: the photograph, the view, its heatmap, and the mean of all, in the photograph. */
  readonly photo: Float32Array;
  readonly view: Float32Array;
  readonly heatmap: Float32Array;
  readonly mean: Float32Array;
  /** [N, 2] what the photograph's own heatmap gives, and what the mean does. */
  readonly plain: Float32Array;
  readonly labels: Float32Array;
}

/** Heat of a label, and pixels between two, as the project's recipes have them. */
const LABEL = { detectionThreshold: 0.015, nmsRadius: 4, borderMargin: 4, maxKeypoints: 400 };
const SEED = 1;

export class Adapter {
  readonly #photo: GrayImage;
  readonly #network: Network;
  readonly #views: AsyncGenerator<AdaptedView, void, undefined>;
  #count = 0;
  #plain: Float32Array = new Float32Array();

  private constructor(photo: GrayImage, network: Network, views: number) {
    this.#photo = photo;
    this.#network = network;
    const detect = (pictures: readonly GrayImage[]) => network.heatmaps(pictures);
    this.#views = adaptViews(detect, photo, new Random(SEED), { warps: views });
  }

  /**
   * @param weights of the detector, as a file's bytes.
   * @param views that the mean shall have, the photograph itself included.
   */
  static async open(photo: GrayImage, weights: Uint8Array, views: number): Promise<Adapter> {
    const network = await Network.load(weights, { thread: false });
    return new Adapter(photo, network, views);
  }

  /** Looks at one more view; null once all have been seen. */
  async next(): Promise<AdaptationReport | null> {
    const { value, done } = await this.#views.next();
    if (done || !value) return null;
    const { width, height, data: photo } = this.#photo;
    const pick = (heatmap: Float32Array) => extractKeypoints(heatmap, width, height, LABEL).keypoints;
    if (++this.#count === 1) this.#plain = pick(value.heatmap);
    const mean = meanHeatmap(value.sum, Math.max(1, Math.ceil(this.#count / 8)));
    return {
      views: this.#count,
      width,
      height,
      photo,
      view: value.view.data,
      heatmap: value.heatmap,
      mean,
      plain: this.#plain,
      labels: pick(mean),
    };
  }

  async release(): Promise<void> {
    await this.#network.dispose();
  }
}
