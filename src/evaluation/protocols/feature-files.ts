/**
 * Predict, then score: the features of all pictures of a set go to one file in hloc's HDF5 layout, and the
 * score is computed from such files alone, ours or another extractor's. A JSON file beside each of ours says
 * what it was made from, so that it is made again only when that changed. For Node.
 */
import type { Features } from '../../features/features.js';
import { pickFeatures } from '../../features/pick-features.js';
import { FormatError } from '../../files/format-error.js';
import { keptUnless, originOf } from '../../files/origin.js';
import type { NamedFeatures } from '../../formats/features-json.js';
import { readHlocFeatures, writeHlocFeatures } from '../../formats/hloc.js';
import { warpPoints } from '../../geometry/homography.js';
import { countProgress, type OnProgress } from '../../progress.js';
import { isOnPicture } from '../metrics/detection-metrics.js';
import type { Method } from '../rivals/method.js';
import { type Fitted, fitImage, fittedSize } from './fit-image.js';
import type { FeatureTask } from './profiles.js';
import { readSequenceImage, type Sequence, type SequenceImage, type SequenceSet } from './sequences.js';

/** How `predictFeatures` works. */
export interface PredictOptions {
  /** Whether the file holds descriptors, which a detector's score does not need. */
  readonly withDescriptors: boolean;
  readonly onProgress?: OnProgress;
}

/**
 * Makes the file of features at `path`, or leaves it when it was made from the same.
 * @returns seconds in the method alone, without decoding and writing.
 */
export async function predictFeatures(
  set: SequenceSet,
  method: Method,
  task: FeatureTask,
  path: string,
  { withDescriptors, onProgress }: PredictOptions,
): Promise<{ readonly seconds: number }> {
  const pictures = set.sequences.reduce((sum, { images }) => sum + images.length, 0);
  const { name, settings } = method;
  const asked = { ...task, fit: { ...task.fit } };
  const wanted = { method: name, settings, task: asked, withDescriptors, dataset: set.hash };
  return keptUnless(path, originOf('features', wanted), async () => {
    let seconds = 0;
    const next = countProgress(onProgress, 'features', { of: pictures, unit: 'images' });
    async function* predictions(): AsyncGenerator<NamedFeatures> {
      for (const image of set.sequences.flatMap(({ images }) => images)) {
        const fitted = fitImage(await readSequenceImage(set.folder, image), task.fit);
        const began = performance.now();
        const features = await method.extract(fitted, task, image.name);
        seconds += (performance.now() - began) / 1000;
        yield { name: image.name, features: withDescriptors ? features : stripped(features) };
        next();
      }
    }
    await writeHlocFeatures(path, predictions());
    return { seconds };
  });
}

function stripped(features: Features): Features {
  return { ...features, descriptors: new Float32Array(), descriptorDim: 0 };
}

/** A picture's features at the protocol's size, and how the picture came to it. */
export interface FittedFeatures {
  readonly image: SequenceImage;
  readonly fitted: Fitted;
  readonly features: Features;
}

/**
 * The features of one sequence after the other, from a file, in the order of the file. Keypoints of the
 * original pictures (a foreign extractor's) are brought to the protocol's size, those outside are dropped;
 * then the best `maxKeypoints` stay. One sequence at a time is held.
 *
 * @throws FormatError when a picture is missing or has another size than the original and the protocol's.
 */
export async function* readFittedSequences(
  path: string,
  sequences: readonly Sequence[],
  task: FeatureTask,
): AsyncGenerator<{ sequence: Sequence; pictures: FittedFeatures[] }> {
  const waiting = new Map(sequences.map((sequence) => [sequence.name, sequence]));
  const collected = new Map<string, Map<string, Features>>();
  for await (const { name, features } of readHlocFeatures(path)) {
    const sequence = waiting.get(name.slice(0, Math.max(0, name.lastIndexOf('/'))));
    if (!sequence?.images.some((image) => image.name === name)) continue;
    const found = collected.get(sequence.name) ?? new Map<string, Features>();
    collected.set(sequence.name, found.set(name, features));
    if (found.size < sequence.images.length) continue;
    yield {
      sequence,
      pictures: sequence.images.map((image) => fitFeatures(image, found.get(image.name) as Features, task)),
    };
    waiting.delete(sequence.name);
    collected.delete(sequence.name);
  }
  for (const { name, images } of waiting.values()) {
    const missing = images.find((image) => !collected.get(name)?.has(image.name));
    throw new FormatError(`${path}: no features of ${missing?.name}`);
  }
}

function fitFeatures(image: SequenceImage, features: Features, task: FeatureTask): FittedFeatures {
  const fitted = fittedSize(image, task.fit);
  const { width, height } = features;
  const isFitted = width === fitted.width && height === fitted.height;
  if (!isFitted && !(width === image.width && height === image.height)) {
    throw new FormatError(
      `features of ${image.name} are of a ${width}x${height} picture, expected ` +
        `${image.width}x${image.height} (the file) or ${fitted.width}x${fitted.height} (the protocol)`,
    );
  }
  const keypoints = isFitted
    ? features.keypoints
    : Float32Array.from(warpPoints(fitted.H_originalToFitted, features.keypoints));
  const kept = Array.from({ length: features.count }, (_, n) => n)
    .filter((n) => isOnPicture(keypoints[2 * n], keypoints[2 * n + 1], fitted))
    .sort((a, b) => features.scores[b] - features.scores[a] || a - b)
    .slice(0, task.maxKeypoints);
  return {
    image,
    fitted,
    features: pickFeatures({ ...features, width: fitted.width, height: fitted.height, keypoints }, kept),
  };
}
