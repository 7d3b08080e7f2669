/** Homographic Adaptation as a detector: keypoints of a heatmap averaged over N views (§5.2). For Node. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { adaptImage } from '../../adaptation/adapt-image.js';
import { extractKeypoints } from '../../features/extract-keypoints.js';
import { writeFileAtomic } from '../../files/atomic-file.js';
import { originOf } from '../../files/origin.js';
import { bytesOf } from '../../files/raw-numbers.js';
import type { Device } from '../../graph/session.js';
import type { ModelSource } from '../../network/model-file.js';
import { Random } from '../../random.js';
import { detectionsOnly, type Method } from './method.js';
import { lazyNetwork } from './network-method.js';

/** What to average, and over how many views. */
export interface AdaptedOptions {
  /** Name of the network; the row is named by it and N. @default SuperPoint or MagicPoint, by its heads */
  readonly name?: string;
  /** @default cpu */
  readonly device?: Device;
  /** Views N, the picture itself included. */
  readonly warps: number;
  readonly seed: number;
  /** The keypoints of each picture are kept here, so that a stopped run goes on where it was. */
  readonly folder: string;
}

/**
 * A network with Homographic Adaptation as a method.
 * @throws FormatError in one line if the model cannot be read or is none.
 */
export async function adaptedMethod(model: ModelSource, options: AdaptedOptions): Promise<Method> {
  const { device, warps, seed, folder } = options;
  const lazy = await lazyNetwork(model, device);
  const network = options.name ?? lazy.name;
  const settings = { network, ...lazy.settings, warps, seed };
  return {
    name: `${network}, N = ${warps}`,
    describes: false,
    settings,
    async extract(image, extraction, key) {
      const { nmsRadius, detectionThreshold, maxKeypoints } = extraction;
      const picture = createHash('sha256').update(bytesOf(image.data)).digest('hex');
      const choice = { ...settings, nmsRadius, detectionThreshold, maxKeypoints, key, picture };
      const path = join(folder, `${originOf('adapted', choice).hash}.json`);
      const kept = await readFile(path, 'utf8').catch(() => undefined);
      if (kept !== undefined) {
        const { keypoints, scores } = JSON.parse(kept) as { keypoints: number[]; scores: number[] };
        return detectionsOnly(image, Float32Array.from(keypoints), Float32Array.from(scores));
      }
      const { network: seen } = await lazy.open();
      const random = new Random(seed).fork('adaptation', key);
      const heatmap = await adaptImage((views) => seen.heatmaps(views), image, random, { warps });
      const { keypoints, scores } = extractKeypoints(heatmap, image.width, image.height, extraction);
      const text = JSON.stringify({ keypoints: Array.from(keypoints), scores: Array.from(scores) });
      await writeFileAtomic(path, text);
      return detectionsOnly(image, keypoints, scores);
    },
    dispose: () => lazy.dispose(),
  };
}
