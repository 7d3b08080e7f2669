/** Detection in many pictures, into files that grow: what `detect`, `match` and `colmap` do first. */
import { join } from 'node:path';
import { type Shard, shardPlace, takeShard } from '../adaptation/shard.js';
import { drawKeypoints } from '../drawing/draw.js';
import type { Features } from '../features/features.js';
import type { SuperPoint } from '../features/superpoint.js';
import { fileDigest, originOf } from '../files/origin.js';
import {
  type FeaturesFormat,
  type FeaturesRun,
  type GrowingFeatures,
  openGrowingFeatures,
} from '../formats/growing-features.js';
import { readImage } from '../image/codec.js';
import type { GrayImage } from '../image/image.js';
import { readModel } from '../network/model-file.js';
import { countProgress } from '../progress.js';
import { readAhead } from '../threads/read-ahead.js';
import { ContrastCheck } from './contrast.js';
import { type Failure, failureOf, PartialFailureError, StoppedEarlyError } from './errors.js';
import type { ImageFile } from './find-images.js';
import { modelOrigin, openSuperPoint } from './model.js';
import {
  type DetectionOptions,
  detectionOf,
  type ModelOptions,
  type ReadingOptions,
  readingOf,
} from './options.js';
import { writePicture } from './output.js';
import { openProgressLine } from './progress-line.js';

/** Where the features go, and which. */
export interface DetectionTarget {
  /** A file, or a folder with `isFolder`. */
  readonly output: string;
  readonly isFolder: boolean;
  readonly format: FeaturesFormat;
  readonly half?: boolean;
  readonly shard?: Shard;
  /** Folder of drawings. Then nothing counts as up to date. */
  readonly draw?: string;
}

/** What a run over many pictures came to. */
export interface DetectionSummary {
  /** Pictures worked on, and the keypoints in them. */
  readonly images: number;
  readonly keypoints: number;
  /** Pictures whose features were there, made from the same. */
  readonly upToDate: number;
  readonly failures: readonly Failure[];
  readonly contrast: ContrastCheck;
}

/** Options of the network, of detection and of reading. */
export type DetectionSettings = ModelOptions & DetectionOptions & ReadingOptions;

/**
 * Features of many pictures. Those that fail are noted and left out.
 * @throws StoppedEarlyError after a signal, with everything kept; PartialFailureError where no picture is left; of
 * one picture alone, its error.
 */
export async function detectInto(
  images: readonly ImageFile[],
  target: DetectionTarget,
  settings: DetectionSettings,
  signal: AbortSignal,
): Promise<DetectionSummary> {
  const model = await readModel(settings.model);
  const { output, isFolder, format, half = false, draw } = target;
  const exif = settings.exif ?? (format === 'hloc' ? 'ignore' : 'apply');
  const names = images.map(({ name }) => name);
  const { stretch = false } = settings;
  const origin = originOf(
    'detection',
    { ...detectionOf(settings), exif, stretch, half },
    { weights: modelOrigin(model) },
  );
  const shard = target.shard && shardPlace(names, target.shard);
  const run: FeaturesRun = { format, origin, exif, half, shard };
  const mine = target.shard ? takeShard(images, target.shard) : images;
  const superpoint = await openSuperPoint({ ...settings, model });
  try {
    const growing = await openGrowingFeatures(output, run, isFolder);
    try {
      const summary = await detectEach(superpoint, mine, growing, { ...settings, exif }, draw, signal);
      if (mine.length > 0 && summary.images + summary.upToDate === 0) {
        throw new PartialFailureError('pictures', mine.length, summary.failures);
      }
      await growing.finish(
        mine.map(({ name }) => name),
        summary.failures.map(({ name }) => name),
      );
      return summary;
    } finally {
      await growing.close();
    }
  } finally {
    await superpoint.dispose();
  }
}

/** What there is to do about a picture. */
interface Opened {
  readonly digest: string;
  /** Undefined where its features are up to date. */
  readonly picture: GrayImage | undefined;
}

async function detectEach(
  superpoint: SuperPoint,
  images: readonly ImageFile[],
  growing: GrowingFeatures,
  settings: DetectionSettings,
  draw: string | undefined,
  signal: AbortSignal,
): Promise<DetectionSummary> {
  const contrast = new ContrastCheck(settings.stretch);
  const failures: Failure[] = [];
  let [worked, keypoints, upToDate] = [0, 0, 0];
  const progress = openProgressLine();
  const next = countProgress(progress.show, 'detect', { of: images.length, unit: 'images' });
  const openPicture = async ({ name, path }: ImageFile): Promise<Opened> => {
    // A file that cannot be read is told of by the reader of pictures.
    const digest = await fileDigest(path).catch(() => '');
    const isThere = draw === undefined && (await growing.has(name, digest));
    return { digest, picture: isThere ? undefined : await readImage(path, readingOf(settings)) };
  };
  try {
    for await (const { item, result } of readAhead(images, openPicture)) {
      if (signal.aborted) throw new StoppedEarlyError(signal);
      const { name, path } = item;
      let made: { digest: string; features: Features } | undefined;
      try {
        const { digest, picture } = await result;
        if (picture) {
          const features = await superpoint.detect(picture, detectionOf(settings));
          contrast.note(path, picture);
          if (draw !== undefined) {
            await writePicture(join(draw, `${name}.png`), drawKeypoints(picture, features));
          }
          made = { digest, features };
        } else upToDate += 1;
      } catch (error) {
        if (images.length === 1) throw error;
        failures.push(failureOf(name, path, error));
      }
      if (made) {
        await growing.add(name, made.digest, made.features);
        worked += 1;
        keypoints += made.features.count;
      }
      next();
    }
  } finally {
    progress.close();
  }
  return { images: worked, keypoints, upToDate, failures, contrast };
}
