/** One photograph after the other: decode, adapt, find the keypoints, in the photograph's own pixels. */
import { join } from 'node:path';
import { cornerStrength, snapToCorners } from '../features/corners.js';
import { extractKeypoints, type Keypoints, pickKeypoints } from '../features/extract-keypoints.js';
import { Network } from '../features/network.js';
import type { HomographySampling } from '../geometry/sample-homography.js';
import type { Device } from '../graph/session.js';
import { readImage } from '../image/codec.js';
import type { GrayImage } from '../image/image.js';
import { fitWithin } from '../image/resize.js';
import { checkNetworkInput } from '../network/network-input.js';
import { Random } from '../random.js';
import type { Service } from '../threads/thread.js';
import { adaptImage, type HeatmapDetector } from './adapt-image.js';
import { photographDigest } from './growing-labels.js';
import type { PhotoLabels } from './labels.js';

/** One round of labelling: how often a network looks, and which of its points become labels. Plain JSON. */
export interface AdaptationRound {
  /** Views a photograph, the photograph itself included. */
  readonly warps: number;
  readonly homographies: HomographySampling;
  /** Smallest mean probability of a label, in [0, 1]. */
  readonly detectionThreshold: number;
  readonly nmsRadius: number;
  /** Labels are the picture's corners within so many pixels of the points, and only those; 0: the points. */
  readonly cornerRadius: number;
  /** The best so many; absent for all. */
  readonly maxKeypoints?: number | undefined;
  /** Photographs with a longer side are shrunk to this many pixels first; absent for none. */
  readonly longestSide?: number | undefined;
}

/** What labels depend on besides the network and the photograph. Plain JSON. */
export interface LabelSettings {
  readonly round: AdaptationRound;
  readonly seed: number;
  /** Spread each photograph's values over black to white. @default false */
  readonly stretch?: boolean;
  /** Views that go through the network at a time; default as in `adaptImage`. */
  readonly batch?: number;
}

/** All that a labelling thread needs to start. Plain data. */
export interface LabellerSpec extends LabelSettings {
  /** The folder that photographs' names are relative to. */
  readonly photos: string;
  /** The network as an ONNX file's bytes. */
  readonly model: Uint8Array;
  readonly device: Device;
  readonly threads?: number;
}

/** The labels of a photograph, or why it has none; with the digest of its file, null where it cannot be read. */
export type LabelReply = { readonly digest: string | null } & (
  | { readonly labels: PhotoLabels }
  | { readonly problem: string }
);

/** Keypoints nearer to the photograph's edge than this come from the network's padding, not from it. */
const BORDER_MARGIN = 4;

/**
 * The keypoints of a photograph.
 *
 * @param file its name: with the seed it decides on the views, so neither the order of photographs nor
 *   their distribution over machines changes a label.
 */
export async function labelImage(
  detect: HeatmapDetector,
  file: string,
  photo: GrayImage,
  { round, seed, batch }: LabelSettings,
  signal?: AbortSignal,
): Promise<PhotoLabels> {
  const { warps, homographies, detectionThreshold, nmsRadius, maxKeypoints, longestSide, cornerRadius } =
    round;
  const image = longestSide === undefined ? photo : fitWithin(photo, longestSide);
  const random = new Random(seed).fork('adaptation', file);
  const heatmap = await adaptImage(detect, image, random, { warps, homographies, batch, signal });
  const found = extractKeypoints(heatmap, image.width, image.height, {
    detectionThreshold,
    nmsRadius,
    maxKeypoints,
    borderMargin: BORDER_MARGIN,
  });
  const { keypoints, scores } =
    cornerRadius === 0 ? found : cornersNear(found, image, cornerRadius, nmsRadius);
  const scale = [photo.width / image.width, photo.height / image.height];
  return {
    file,
    width: photo.width,
    height: photo.height,
    keypoints: keypoints.map((value, i) => (value + 0.5) * scale[i % 2] - 0.5),
    scores,
  };
}

/**
 * The corners of a picture that keypoints climb to. A keypoint without one is left out: nothing in the
 * picture says where exactly it is, and another view would put it elsewhere. Of corners nearer than the
 * suppression allows the best stays.
 */
function cornersNear(
  { keypoints, scores }: Keypoints,
  image: GrayImage,
  radius: number,
  nmsRadius: number,
): Keypoints {
  const corners = snapToCorners(cornerStrength(image), image.width, image.height, keypoints, radius);
  const kept: number[] = [];
  for (let n = 0; n < scores.length; n++) {
    const [x, y] = corners.keypoints.subarray(2 * n, 2 * n + 2);
    const isInside =
      Math.min(x, y) > BORDER_MARGIN - 0.5 &&
      x < image.width - BORDER_MARGIN - 0.5 &&
      y < image.height - BORDER_MARGIN - 0.5;
    const isFree = kept.every(
      (k) =>
        Math.abs(corners.keypoints[2 * k] - x) >= nmsRadius - 0.5 ||
        Math.abs(corners.keypoints[2 * k + 1] - y) >= nmsRadius - 0.5,
    );
    if (corners.found[n] === 1 && isInside && isFree) kept.push(n);
  }
  return pickKeypoints(corners.keypoints, scores, kept);
}

/**
 * Labels photographs by their names with one session of its own.
 * @throws RangeError for a device that this platform does not have.
 */
export async function openLabeller(spec: LabellerSpec): Promise<Service<string, LabelReply>> {
  const network = await Network.load(spec.model, {
    device: spec.device,
    threads: spec.threads,
    thread: false,
  });
  const detect: HeatmapDetector = (views) => network.heatmaps(views);
  return {
    async answer(file, signal) {
      const path = join(spec.photos, file);
      // First of all: where the photograph changes under our hands, the next run sees that it has.
      const digest = await photographDigest(path);
      let photo: GrayImage;
      try {
        photo = await readImage(path, { stretch: spec.stretch });
        checkNetworkInput(photo);
      } catch (error) {
        return { digest, problem: messageOf(error) };
      }
      return { digest, labels: await labelImage(detect, file, photo, spec, signal) };
    },
    close: () => network.dispose(),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
