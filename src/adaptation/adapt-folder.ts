/**
 * Labels for a folder of photographs by Homographic Adaptation (§5 of DeTone et al. 2018): one JSONL file
 * that grows by a line a photograph, continues where it was cut off, and can be made in shards on many
 * machines. The labelling network is MagicPoint in the first round and any later network afterwards.
 */
import { availableParallelism } from 'node:os';
import { type Lock, lockFile } from '../files/lock.js';
import { type Origin, originOf, weightsOrigin } from '../files/origin.js';
import type { Device } from '../graph/session.js';
import { inferenceModel } from '../network/inference.js';
import type { Weights } from '../network/weights.js';
import { countProgress, type OnProgress } from '../progress.js';
import { appendLabels, appendProblem, resumeLabels } from './growing-labels.js';
import { labelAll } from './label-pool.js';
import type { AdaptationRound } from './labeller.js';
import type { LabelsHeader } from './labels.js';
import { type Shard, shardPlace, takeShard } from './shard.js';

export interface AdaptFolderSettings {
  /** The folder of photographs. */
  readonly photos: string;
  /** Their paths relative to the folder, with forward slashes, in the order of the labels. */
  readonly files: readonly string[];
  /** Folded weights of a MagicPoint or SuperPoint network. */
  readonly weights: Weights;
  /** What made the weights, for the labels to tell. */
  readonly madeBy?: Origin | undefined;
  /** The labels file; photographs that it has already are left out. */
  readonly output: string;
  /** Begin anew where `output` was made from other settings. @default false */
  readonly overwrite?: boolean | undefined;
  /** Views, threshold and so on. */
  readonly round: AdaptationRound;
  /** Decides on the views, together with a photograph's name. */
  readonly seed: number;
  /** Spread each photograph's values over black to white. @default false */
  readonly stretch?: boolean;
  /** The part of `files` that is labelled. @default all */
  readonly shard?: Shard;
  /** @default 'cpu' */
  readonly device?: Device;
  /** Threads with a session each; 0 for none but this one. @default one for each core, at most 8; 0 on other devices than the CPU */
  readonly workers?: number;
  /** Views that go through the network at a time. @default 1 on the CPU, else 8 */
  readonly batch?: number;
  /** Told of each photograph. */
  readonly onProgress?: OnProgress;
  /** When aborted, the labels made so far stay and the rest is left for another run. */
  readonly signal?: AbortSignal;
}

/** What became of the photographs. */
export interface AdaptFolderSummary {
  /** Labelled in this run. */
  readonly labelled: number;
  /** Labelled already when it began. */
  readonly skipped: number;
  /** Could not be read, in this run or an earlier one, and why. */
  readonly failures: readonly { readonly file: string; readonly problem: string }[];
  /** Keypoints found in this run. */
  readonly keypoints: number;
  readonly seconds: number;
  readonly interrupted: boolean;
}

/** Most threads by default: each holds activations of several hundred megabytes. */
const MOST_WORKERS = 8;

/** Views at a time that keep a graphics card busy. */
const GPU_BATCH = 8;

/**
 * What labels depend on besides a photograph. Not so the device and the number of threads: they move scores
 * in the last digits.
 */
export function adaptationOrigin({
  round,
  seed,
  stretch,
  weights,
  madeBy,
}: Pick<AdaptFolderSettings, 'round' | 'seed' | 'stretch' | 'weights' | 'madeBy'>): Origin {
  const { homographies, ...choice } = round;
  const reading = stretch ? { stretch } : {};
  const settings = { seed, ...reading, ...choice, homographies: { ...homographies } };
  return originOf('adaptation', settings, { weights: weightsOrigin(weights, madeBy) });
}

/**
 * Labels photographs. Photographs that cannot be read are listed in the summary and cost the others
 * nothing. Memory does not depend on the number of photographs or views. The same settings give the same
 * lines in the same order, whatever was interrupted; `joinLabels` makes the whole of shards' files.
 *
 * @throws FormatError for weights that are no network's, RangeError for settings out of range, LabelsError when the
 *   output is not a labels file, OriginError when it was made from other settings, InUseError when another
 *   process is at work on it.
 */
export async function adaptFolder(settings: AdaptFolderSettings): Promise<AdaptFolderSummary> {
  const { device = 'cpu', output, shard } = settings;
  const { workers, threads } = shareCores(device, settings.workers);
  const model = inferenceModel(detectorOf(settings.weights));
  const header: LabelsHeader = {
    origin: adaptationOrigin(settings),
    ...(shard ? { shard: shardPlace(settings.files, shard) } : {}),
  };
  const files = shard ? takeShard(settings.files, shard) : settings.files;
  const lock = await lockFile(output);
  try {
    return await labelInto(lock, header, { ...settings, files }, { model, workers, threads });
  } finally {
    lock.release();
  }
}

async function labelInto(
  lock: Lock,
  header: LabelsHeader,
  settings: AdaptFolderSettings,
  { model, workers, threads }: { model: Uint8Array; workers: number; threads?: number },
): Promise<AdaptFolderSummary> {
  const { photos, files, output, round, seed, stretch, device = 'cpu', onProgress, signal } = settings;
  const { batch = device === 'cpu' ? 1 : GPU_BATCH } = settings;
  const { labelled, changed, ...earlier } = await resumeLabels(output, header, settings);
  const wanted = new Set(files);
  const problems = earlier.problems.filter(({ file }) => wanted.has(file));
  const failures = problems.map(({ file, problem }) => ({ file, problem }));
  const known = new Set([...labelled, ...failures.map(({ file }) => file)]);
  const open = files.filter((file) => !known.has(file));
  const settled = files.length - open.length;
  for (const file of changed) {
    const note = `${file} has changed since it was labelled: labelled again`;
    onProgress?.({ what: 'labels', done: settled, of: files.length, note });
  }

  const spec = { photos, model, device, threads, round, seed, stretch, batch };
  const began = performance.now();
  const secondsSince = () => (performance.now() - began) / 1000;
  const next = countProgress(onProgress, 'labels', { of: files.length, done: settled, unit: 'images' });
  let finished = 0;
  let failed = 0;
  let keypoints = 0;
  for await (const reply of labelAll(spec, open, workers, signal)) {
    const file = open[finished];
    const { digest } = reply;
    lock.check();
    if ('labels' in reply) {
      await appendLabels(output, [{ ...reply.labels, ...(digest ? { digest } : {}) }]);
      keypoints += reply.labels.scores.length;
    } else {
      const { problem } = reply;
      await appendProblem(output, { file, digest, problem });
      failures.push({ file, problem });
      failed++;
    }
    finished++;
    next('problem' in reply ? reply.problem : undefined);
  }
  return {
    labelled: finished - failed,
    skipped: settled - problems.length,
    failures,
    keypoints,
    seconds: secondsSince(),
    interrupted: finished < open.length,
  };
}

/** Sessions of one thread label faster than one session of many: nothing waits for the slowest part. */
function shareCores(device: Device, given: number | undefined): { workers: number; threads?: number } {
  if (device !== 'cpu') return { workers: given ?? 0 };
  const cores = availableParallelism();
  const workers = given ?? Math.min(cores, MOST_WORKERS);
  if (!(Number.isInteger(workers) && workers >= 0)) {
    throw new RangeError(`expected workers to be a whole number >= 0, got ${workers}`);
  }
  return { workers, threads: Math.max(1, Math.floor(cores / Math.max(1, workers))) };
}

/** The weights without the descriptor's head, which labels have no use for. */
function detectorOf(weights: Weights): Weights {
  return Object.fromEntries(Object.entries(weights).filter(([name]) => !/^convD[ab]\./.test(name)));
}
