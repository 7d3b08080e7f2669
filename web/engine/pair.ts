/** The two pictures of Match and what the networks and the geometry say about them. */
import type { Features } from '../../src/features/features.js';
import { encodeNpz } from '../../src/files/npz.js';
import { encodeFeaturesJson } from '../../src/formats/features-json.js';
import { estimateHomography, type HomographyEstimate } from '../../src/geometry/estimate-homography.js';
import {
  type Homography,
  invertHomography,
  multiplyHomographies,
  scaleHomography,
} from '../../src/geometry/homography.js';
import { fitWithin } from '../../src/image/resize.js';
import { matchFeatures } from '../../src/matching/match-features.js';
import type { Matches } from '../../src/matching/matches.js';
import { featuresFrom, type Networks, type Sight } from './network.js';
import { bitmapFrom, type Picture, warpColors } from './pictures.js';

/** 0 the first picture, 1 the second. */
export type Side = 0 | 1;

export interface DetectionSettings {
  /** Longest side at which the network sees a picture, pixels. */
  readonly size: number;
  readonly detectionThreshold: number;
  readonly nmsRadius: number;
  readonly maxKeypoints: number;
}

export interface MatchSettings extends DetectionSettings {
  readonly minSimilarity: number;
  /** Largest error of an inlier, in pixels at the network's size. */
  readonly inlierDistance: number;
}

/** Points without their descriptors, which stay in the worker. */
export type Points = Omit<Features, 'descriptors'>;

/** What Match shows. */
export interface Comparison extends HomographyEstimate {
  readonly points: readonly [Points, Points];
  readonly matches: Matches;
  /** Why there are no matches, if there cannot be any. */
  readonly remark?: string;
  readonly milliseconds: { readonly network: number; readonly rest: number };
}

const NO_MATCHES: Matches = {
  count: 0,
  indices0: new Int32Array(),
  indices1: new Int32Array(),
  similarities: new Float32Array(),
};

function withoutDescriptors({ descriptors: _, ...points }: Features): Points {
  return points;
}

/** Pixels of the file per pixel of what is kept of it. */
function homographyToFile({ width, height, colors }: Picture): Homography {
  return scaleHomography(width / colors.width, height / colors.height);
}

/**
 * Matches and judges.
 * @param scale pixels of the second picture per pixel of what was looked at.
 * @param milliseconds that the looking took.
 */
async function judge(
  features: readonly [Features, Features],
  { minSimilarity, inlierDistance }: MatchSettings,
  scale: number,
  milliseconds: number,
): Promise<Comparison> {
  const start = performance.now();
  const [first, second] = features;
  const isDescribed = first.descriptorDim > 0;
  const matches = isDescribed
    ? await matchFeatures(first, second, { minSimilarity, thread: false })
    : NO_MATCHES;
  const homography = estimateHomography(first, second, matches, { threshold: inlierDistance * scale });
  return {
    points: [withoutDescriptors(first), withoutDescriptors(second)],
    matches,
    ...homography,
    milliseconds: { network: milliseconds, rest: performance.now() - start },
  };
}

/** ORB by OpenCV, which is loaded when it is first asked for, at the size at which a network would look. */
async function orbFeatures({ gray, width, height }: Picture, settings: MatchSettings): Promise<Features> {
  const { orb } = await import('../../src/evaluation/rivals/binary-features.js');
  const image = fitWithin(gray, settings.size);
  const found = await (await orb()).extract(image, settings, '');
  const ratio = [width / image.width, height / image.height];
  const length = Math.sqrt(found.descriptorDim);
  return {
    ...found,
    width,
    height,
    keypoints: found.keypoints.map((value, i) => (value + 0.5) * ratio[i % 2] - 0.5),
    // Of length 1, as similarities are shown.
    descriptors: found.descriptors.map((value) => value / length),
  };
}

interface Entry {
  readonly picture: Picture;
  seen?: { readonly networks: Networks; readonly size: number; readonly sight: Sight };
}

export class Pair {
  readonly #entries: (Entry | undefined)[] = [undefined, undefined];
  #result: { features: [Features, Features]; comparison: Comparison } | undefined;

  put(side: Side, picture: Picture): void {
    this.#entries[side] = { picture };
    this.#result = undefined;
  }

  swap(): void {
    this.#entries.reverse();
    this.#result = undefined;
  }

  /** What was seen of a picture; the networks run only where they have not seen it at this size. */
  async #sight(side: Side, networks: Networks, size: number): Promise<Sight> {
    const entry = this.#entries[side];
    if (!entry) throw new Error('expected two pictures');
    if (entry.seen?.networks !== networks || entry.seen.size !== size) {
      entry.seen = { networks, size, sight: await networks.look(entry.picture.gray, { resize: size }) };
    }
    return entry.seen.sight;
  }

  async compare(networks: Networks, settings: MatchSettings): Promise<Comparison> {
    const { features, comparison } = await this.#lookAndJudge(networks, settings);
    this.#result = { features, comparison };
    return comparison;
  }

  /** What another method makes of the same two pictures; what `compare` found stays. */
  async beside(method: 'orb' | Networks, settings: MatchSettings): Promise<Comparison> {
    if (method !== 'orb') return (await this.#lookAndJudge(method, settings)).comparison;
    const start = performance.now();
    const features: [Features, Features] = [
      await orbFeatures(this.#picture(0), settings),
      await orbFeatures(this.#picture(1), settings),
    ];
    const milliseconds = performance.now() - start;
    const scale = Math.max(1, Math.max(features[1].width, features[1].height) / settings.size);
    return judge(features, { ...settings, minSimilarity: -1 }, scale, milliseconds);
  }

  #picture(side: Side): Picture {
    const entry = this.#entries[side];
    if (!entry) throw new Error('expected two pictures');
    return entry.picture;
  }

  async #lookAndJudge(
    networks: Networks,
    settings: MatchSettings,
  ): Promise<{ features: [Features, Features]; comparison: Comparison }> {
    const start = performance.now();
    const sights = [
      await this.#sight(0, networks, settings.size),
      await this.#sight(1, networks, settings.size),
    ];
    const milliseconds = performance.now() - start;
    const featuresOf = (side: Side) => {
      const { width, height } = this.#picture(side);
      return featuresFrom(sights[side], settings, width, height);
    };
    const features: [Features, Features] = [await featuresOf(0), await featuresOf(1)];
    const scale = features[1].width / sights[1].detected.sizes[0].width;
    const comparison = await judge(features, settings, scale, milliseconds);
    if (networks.describes) return { features, comparison };
    const remark = 'This model detects points but does not describe them.';
    return { features, comparison: { ...comparison, remark } };
  }

  /** The second picture as the first one's camera would see it; null without a homography. */
  async overlay(): Promise<ImageBitmap | null> {
    const H_0to1 = this.#result?.comparison.H_0to1;
    const [first, second] = this.#entries;
    if (!H_0to1 || !first || !second) return null;
    const H_secondToFirst = multiplyHomographies(
      invertHomography(homographyToFile(first.picture)),
      multiplyHomographies(invertHomography(H_0to1), homographyToFile(second.picture)),
    );
    const { width, height } = first.picture.colors;
    return bitmapFrom(warpColors(second.picture.colors, H_secondToFirst, width, height));
  }

  /** Features, matches and homography as a file: JSON of both pictures' features, or NPZ with all. */
  async file(kind: 'json' | 'npz'): Promise<Blob> {
    if (!this.#result) throw new Error('expected two pictures that have been compared');
    const { features, comparison } = this.#result;
    if (kind === 'json') {
      const named = features.map((one, side) => ({
        name: this.#entries[side]!.picture.name,
        features: one,
      }));
      const pieces: string[] = [];
      for await (const piece of encodeFeaturesJson(named)) pieces.push(piece);
      return new Blob(pieces, { type: 'application/json' });
    }
    const arrays = features.map((one, side) => ({
      [`keypoints${side}`]: { dims: [one.count, 2], data: one.keypoints },
      [`scores${side}`]: { dims: [one.count], data: one.scores },
      [`descriptors${side}`]: { dims: [one.count, one.descriptorDim], data: one.descriptors },
      [`image_size${side}`]: { dims: [2], data: Int32Array.of(one.width, one.height) },
    }));
    const { matches, H_0to1, inliers } = comparison;
    const pairs = Int32Array.from({ length: 2 * matches.count }, (_, n) =>
      n % 2 === 0 ? matches.indices0[n >> 1] : matches.indices1[n >> 1],
    );
    const npz = encodeNpz({
      ...arrays[0],
      ...arrays[1],
      matches: { dims: [matches.count, 2], data: pairs },
      similarities: { dims: [matches.count], data: matches.similarities },
      inliers: { dims: [matches.count], data: inliers },
      ...(H_0to1 ? { H_0to1: { dims: [3, 3], data: H_0to1 } } : {}),
    });
    return new Blob([npz as Uint8Array<ArrayBuffer>], { type: 'application/zip' });
  }
}
