/**
 * Homographic Adaptation (§5 of DeTone et al. 2018): the network looks at a photograph through many
 * random homographies, and the heatmaps, brought back into the photograph, are averaged. What is a corner
 * from most viewpoints stays; what was a chance of one pixel grid fades.
 */
import type { Homography } from '../geometry/homography.js';
import {
  ADAPTATION_HOMOGRAPHIES,
  type HomographySampling,
  sampleHomography,
} from '../geometry/sample-homography.js';
import type { GrayImage } from '../image/image.js';
import { warpImage } from '../image/warp-image.js';
import { checkNetworkInput } from '../network/network-input.js';
import type { Random } from '../random.js';
import {
  addPlainHeatmap,
  addWarpedHeatmap,
  emptyHeatmapSum,
  type HeatmapSum,
  meanHeatmap,
} from './unwarp.js';

/** Heatmaps [height, width] of pictures that all have the same size, as `Network.heatmaps` gives them. */
export type HeatmapDetector = (views: readonly GrayImage[]) => Promise<Float32Array[]>;

export interface AdaptationOptions {
  /** Views, the photograph itself included; 1 is the network's plain heatmap. @default 100 */
  readonly warps?: number;
  /** What the other views look like. @default ADAPTATION_HOMOGRAPHIES */
  readonly homographies?: HomographySampling;
  /**
   * Pixels of a view that count for nothing along its frame and along the photograph's edges in it:
   * there the network sees corners that the photograph does not have. @default 6
   */
  readonly erosion?: number;
  /**
   * Pixels seen by fewer views are held to be cold in the missing ones; 1 is the paper's plain mean, which
   * finds three times as many keypoints along the edges as elsewhere. @default an eighth of the views
   */
  readonly minViews?: number;
  /**
   * Views that go through the network at a time: a graphics card wants many, a CPU is as fast with one.
   * @default 1
   */
  readonly batch?: number;
  /** Asked between two batches: the promise is rejected with its reason once it is aborted. */
  readonly signal?: AbortSignal;
}

/** One more view of a photograph. */
export interface AdaptedView {
  readonly view: GrayImage;
  /** [height, width] what the network saw in it. */
  readonly heatmap: Float32Array;
  /** The sums over all views so far: the same object for each view, which goes on changing. */
  readonly sum: HeatmapSum;
}

/**
 * The mean heatmap of a photograph over many views of it. Memory: two maps of the photograph's size and
 * one batch of views, whatever the number of views.
 *
 * @param random where the homographies come from; the same photograph, network and generator give the
 *   same heatmap, whatever the batch.
 * @returns [height, width] in [0, 1].
 * @throws RangeError for options out of range, or a photograph below 8x8 pixels or not in [0, 1].
 */
export async function adaptImage(
  detect: HeatmapDetector,
  photo: GrayImage,
  random: Random,
  options: AdaptationOptions = {},
): Promise<Float32Array> {
  const { warps = 100 } = options;
  const { minViews = Math.ceil(warps / 8) } = options;
  checkOptions({ warps, minViews }, 0);
  let last: HeatmapSum | undefined;
  for await (const { sum } of adaptViews(detect, photo, random, { ...options, warps })) last = sum;
  return meanHeatmap(last as HeatmapSum, minViews);
}

/**
 * As `adaptImage`, view by view, the photograph itself first; `meanHeatmap` of the sums is the mean so far.
 * @throws as `adaptImage`.
 */
export async function* adaptViews(
  detect: HeatmapDetector,
  photo: GrayImage,
  random: Random,
  options: AdaptationOptions = {},
): AsyncGenerator<AdaptedView, void, undefined> {
  const { width, height } = photo;
  const { warps = 100, homographies = ADAPTATION_HOMOGRAPHIES, erosion = 6, batch = 1, signal } = options;
  checkOptions({ warps, batch }, erosion);
  checkNetworkInput(photo);

  const sum = emptyHeatmapSum(width, height);
  const [plain] = await detect([photo]);
  addPlainHeatmap(sum, plain);
  yield { view: photo, heatmap: plain, sum };
  for (let done = 1; done < warps; done += batch) {
    signal?.throwIfAborted();
    const count = Math.min(batch, warps - done);
    const H_photoToViews: Homography[] = Array.from({ length: count }, () =>
      sampleHomography(random, width, height, homographies),
    );
    // Repeating the edge keeps the network from seeing the strongest line of all where the photograph ends.
    const views = H_photoToViews.map((H) => warpImage(photo, H, width, height, { border: 'replicate' }));
    const heatmaps = await detect(views);
    for (const [n, H_photoToView] of H_photoToViews.entries()) {
      addWarpedHeatmap(sum, heatmaps[n], H_photoToView, width, height, erosion);
      yield { view: views[n], heatmap: heatmaps[n], sum };
    }
  }
}

function checkOptions(counts: Record<string, number>, erosion: number): void {
  for (const [name, value] of Object.entries(counts)) {
    if (!(Number.isInteger(value) && value >= 1)) {
      throw new RangeError(`expected ${name} to be a whole number of at least 1, got ${value}`);
    }
  }
  if (!(erosion >= 0 && Number.isFinite(erosion))) {
    throw new RangeError(`expected erosion to be a number of pixels >= 0, got ${erosion}`);
  }
}
