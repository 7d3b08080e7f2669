/**
 * Labels for a folder of photographs by Homographic Adaptation (§5 of DeTone et al. 2018): one JSONL file
 * that grows by a line a photograph, continues where it was cut off, and can be made in shards on many
 * machines. The labelling network is MagicPoint in the first round and any later network afterwards.
 */
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import type { Device } from '../graph/session.js';
import { inferenceModel } from '../network/inference.js';
import type { Weights } from '../network/weights.js';
import type { Progress } from '../progress.js';
import { labelAll } from './label-pool.js';
import type { AdaptationRound } from './labeller.js';
import { appendLabels, resumeLabels } from './labels.js';
import { type Shard, takeShard } from './shard.js';

export interface AdaptFolderSettings {
  /** The folder of photographs. */
  readonly photos: string;
  /** Their paths relative to the folder, with forward slashes, in the order of the labels. */
  readonly files: readonly string[];
  /** Folded weights of a MagicPoint or SuperPoint network. */
  readonly weights: Weights;
  /** The labels file; photographs that it has already are left out. */
  readonly output: string;
  /** Views, threshold and so on. */
  readonly round: AdaptationRound;
  /** Decides on the views, together with a photograph's name. */
  readonly seed: number;
  /** The part of `files` that is labelled. @default all */
  readonly shard?: Shard;
  /** @default 'cpu' */
  readonly device?: Device;
  /** Threads with a session each; 0 for none but this one. @default one for each core, at most 8; 0 on other devices than the CPU */
  readonly workers?: number;
  /** Views that go through the network at a time. @default 1 on the CPU, else 8 */
  readonly batch?: number;
  /** Told of each photograph. */
  readonly progress?: Progress;
  /** When aborted, the labels made so far stay and the rest is left for another run. */
  readonly signal?: AbortSignal;
}

/** What became of the photographs. */
export interface AdaptFolderSummary {
  /** Labelled in this run. */
  readonly labelled: number;
  /** Labelled already when it began. */
  readonly skipped: number;
  /** Could not be read, and why. */
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
 * Labels photographs. Photographs that cannot be read are listed in the summary and cost the others
 * nothing. Memory does not depend on the number of photographs or views. The same settings give the same
 * lines in the same order, whatever was interrupted; shards' files joined in order equal the whole.
 *
 * @throws RangeError for weights that are no network's or settings out of range, LabelsError when the
 *   output is not a labels file.
 */
export async function adaptFolder(settings: AdaptFolderSettings): Promise<AdaptFolderSummary> {
  const { photos, output, round, seed, device = 'cpu', progress, signal } = settings;
  const { batch = device === 'cpu' ? 1 : GPU_BATCH } = settings;
  const files = settings.shard ? takeShard(settings.files, settings.shard) : settings.files;
  await mkdir(dirname(output), { recursive: true });
  const done = await resumeLabels(output);
  const open = files.filter((file) => !done.has(file));
  const skipped = files.length - open.length;

  const { workers, threads } = shareCores(device, settings.workers);
  const model = inferenceModel(detectorOf(settings.weights));
  const spec = { photos, model, device, threads, round, seed, batch };
  const began = performance.now();
  const secondsSince = () => (performance.now() - began) / 1000;
  const failures: { file: string; problem: string }[] = [];
  let finished = 0;
  let keypoints = 0;
  for await (const reply of labelAll(spec, open, workers, signal)) {
    if ('labels' in reply) {
      await appendLabels(output, [reply.labels]);
      keypoints += reply.labels.scores.length;
    } else {
      failures.push({ file: open[finished], problem: reply.problem });
      progress?.note(reply.problem);
    }
    finished++;
    const seconds = secondsSince();
    progress?.update({
      step: skipped + finished,
      steps: files.length,
      images: finished,
      seconds,
      secondsLeft: (seconds / finished) * (open.length - finished),
    });
  }
  return {
    labelled: finished - failures.length,
    skipped,
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
