/**
 * The whole comparison on sequences with known homographies (§7 of DeTone et al. 2018): features of each
 * method to files, scores from the files, figures with intervals. For Node.
 */
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type OnProgress, progressOf } from '../../progress.js';
import type { Method } from '../rivals/method.js';
import { predictFeatures } from './feature-files.js';
import type { DetectorTask, HomographyTask, Profile } from './profiles.js';
import {
  type DetectorScore,
  type HomographyScore,
  scoreDetector,
  scoreHomographies,
} from './score-sequences.js';
import { countPairs, type Sequence, type SequenceSet, type SkippedSequence } from './sequences.js';
import { type GroupedFigures, summariseDetector, summariseHomographies } from './summarise.js';

/** Features in hloc's layout, made by another extractor or by another run. */
export interface FeatureSource {
  readonly name: string;
  /** One file for all tasks, or a folder with one for each as `featurePath` names them. */
  readonly path: string;
}

/** The result of one task: figures, the pairs they come from, and what it took. */
export interface TaskResult<Score> {
  readonly figures: GroupedFigures;
  readonly pairs: readonly Score[];
  /** Seconds in the method alone for all pictures; null for features that came in a file. */
  readonly extractionSeconds: number | null;
}

/** One row of the tables. */
export interface EvaluationRow {
  readonly name: string;
  readonly settings: Method['settings'];
  /** By the name of the task. */
  readonly detector: Readonly<Record<string, TaskResult<DetectorScore>>>;
  readonly homography: Readonly<Record<string, TaskResult<HomographyScore>>>;
  /** Tasks without figures, and why. */
  readonly failures: readonly string[];
}

/** What was compared on what, by which protocol. */
export interface HomographyEvaluation {
  readonly profile: Profile;
  readonly dataset: {
    readonly sequences: number;
    readonly pairs: number;
    readonly hash: string;
    readonly skipped: readonly SkippedSequence[];
    /** Left out because the profile says so. */
    readonly excluded: readonly string[];
  };
  readonly rows: readonly EvaluationRow[];
}

/** Where the features of a task stand, and how long making them took. */
interface TaskFeatures {
  readonly path: string;
  readonly extractionSeconds: number | null;
}

/** A row to be: a name, and the features of each task. */
interface Contender {
  readonly name: string;
  readonly settings: Method['settings'];
  readonly describes: boolean;
  features(task: DetectorTask | HomographyTask, withDescriptors: boolean): Promise<TaskFeatures>;
}

/**
 * Compares methods and files of features. A task that cannot be scored is named in its row; the rest goes on.
 *
 * @param folder where the features go; those that are there from the same method, settings and data stay.
 */
export async function evaluateHomographies(
  everything: SequenceSet,
  profile: Profile,
  methods: readonly Method[],
  sources: readonly FeatureSource[],
  folder: string,
  onProgress?: OnProgress,
): Promise<HomographyEvaluation> {
  const sequences = everything.sequences.filter(({ name }) => !profile.excluded.includes(name));
  const set = { ...everything, sequences };
  const contenders: Contender[] = [
    ...methods.map((method) => methodContender(set, method, folder, onProgress)),
    ...sources.map(sourceContender),
  ];
  const rows: EvaluationRow[] = [];
  for (const contender of contenders) rows.push(await evaluateRow(contender, sequences, profile, onProgress));
  return {
    profile,
    dataset: {
      sequences: sequences.length,
      pairs: countPairs(sequences),
      hash: set.hash,
      skipped: set.skipped,
      excluded: everything.sequences
        .map(({ name }) => name)
        .filter((name) => profile.excluded.includes(name)),
    },
    rows,
  };
}

function sourceContender({ name, path }: FeatureSource): Contender {
  return {
    name,
    settings: { features: basename(path) },
    describes: true,
    async features(task) {
      const isFolder = (await stat(path)).isDirectory();
      return { path: isFolder ? featurePath(path, name, task.name) : path, extractionSeconds: null };
    },
  };
}

function methodContender(
  set: SequenceSet,
  method: Method,
  folder: string,
  onProgress?: OnProgress,
): Contender {
  return {
    name: method.name,
    settings: method.settings,
    describes: method.describes,
    async features(task, withDescriptors) {
      const path = featurePath(folder, method.name, task.name);
      const { seconds } = await predictFeatures(set, method, task.features, path, {
        withDescriptors,
        onProgress: progressOf(onProgress, `${method.name}, ${task.name}`),
      });
      return { path, extractionSeconds: seconds };
    },
  };
}

/** Where `evaluateHomographies` keeps a method's features for a task. */
export function featurePath(folder: string, method: string, task: string): string {
  return join(folder, `${fileName(method)}-${fileName(task)}.h5`);
}

/** A name as part of a file name. */
function fileName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

async function evaluateRow(
  contender: Contender,
  sequences: readonly Sequence[],
  profile: Profile,
  onProgress?: OnProgress,
): Promise<EvaluationRow> {
  const { name, settings, describes } = contender;
  const detector: Record<string, TaskResult<DetectorScore>> = {};
  const homography: Record<string, TaskResult<HomographyScore>> = {};
  const failures: string[] = [];
  const attempt = async (task: string, work: (onProgress?: OnProgress) => Promise<void>) => {
    try {
      await work(progressOf(onProgress, `${name}, ${task}`));
    } catch (error) {
      failures.push(`${task}: ${error instanceof Error ? error.message.split('\n')[0] : error}`);
    }
  };
  for (const task of profile.detector) {
    await attempt(task.name, async (onProgress) => {
      const { path, extractionSeconds } = await contender.features(task, false);
      const scores = await scoreDetector(path, sequences, task, onProgress);
      detector[task.name] = { figures: summariseDetector(scores, task), pairs: scores, extractionSeconds };
    });
  }
  for (const task of describes ? profile.homography : []) {
    await attempt(task.name, async (onProgress) => {
      const { path, extractionSeconds } = await contender.features(task, true);
      const scores = await scoreHomographies(path, sequences, task, onProgress);
      homography[task.name] = {
        figures: summariseHomographies(scores, task),
        pairs: scores,
        extractionSeconds,
      };
    });
  }
  return { name, settings, detector, homography, failures };
}
