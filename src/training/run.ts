/**
 * The training loop: batches in, steps done, progress told, checkpoints kept. A run can be killed at any
 * moment and resumed from its folder; it ends in the same weights, to the bit.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { writeFileAtomic } from '../files/atomic-file.js';
import { type Lock, lockFolder } from '../files/lock.js';
import { type Origin, requireSameOrigin } from '../files/origin.js';
import { encodeSafetensors } from '../files/safetensors.js';
import type { Device } from '../graph/session.js';
import type { NetworkShape } from '../network/architecture.js';
import { foldNormalisation, splitParameters, type Weights } from '../network/weights.js';
import { type OnProgress, Pace } from '../progress.js';
import { createThreadedSession } from '../threads/threaded-session.js';
import type { BatchOf, BatchSpec } from './batch-source.js';
import { openBatches } from './batch-workers.js';
import { readCheckpoint, runMetadata, writeCheckpoint } from './checkpoint.js';
import { appendMetrics, rewindMetrics } from './metrics-log.js';
import type { BatchSize, Objective } from './objective.js';
import type { LearningRate } from './recipe.js';
import { runFiles } from './run-files.js';
import { learningRateAt, openTrainingStep, type TrainingState } from './step.js';

/** What a stage trains and on what. */
export interface Stage<Spec extends BatchSpec> {
  readonly name: string;
  readonly shape: NetworkShape;
  readonly objective: Objective<BatchOf<Spec>>;
  readonly batches: Spec;
  readonly size: BatchSize;
  readonly replicas: number;
  readonly steps: number;
  readonly learningRate: LearningRate;
  /** Decay a step of the moving average of the weights; undefined for none. */
  readonly ema: number | undefined;
  /** Share of the weights at the start in those at the end; the layers are folded. @default 0 */
  readonly shareOfStart?: number | undefined;
  /** Steps between validations; 0 for one at the end. */
  readonly validateEvery: number;
  /** Layers whose parameters stay as they are. @default none */
  readonly frozen?: ReadonlySet<string>;
  /** The state before step 0. */
  readonly initial: () => TrainingState;
  /** Numbers about folded weights on pictures held back; may draw pictures into the folder. */
  readonly validate: (weights: Weights, folder: string, step: number) => Promise<Record<string, number>>;
  /** What the weights are made from: a folder is gone on with only where that is the same. */
  readonly origin: Origin;
}

export interface RunOptions {
  /** Folder of the run: checkpoint.safetensors, weights.safetensors, metrics.jsonl, samples/. */
  readonly output: string;
  /** Begin anew where the folder holds a run of other settings or inputs. @default false */
  readonly overwrite?: boolean | undefined;
  /** Stop, with a checkpoint, after so many seconds. */
  readonly maxSeconds?: number;
  readonly device?: Device;
  /** Threads that prepare batches. @default 1 */
  readonly workers?: number;
  /** Seconds between checkpoints. @default 120 */
  readonly checkpointSeconds?: number;
  /** Told of each step and each validation. */
  readonly onProgress?: OnProgress;
  /** Aborting it ends the run after the step under way, with a checkpoint. */
  readonly signal?: AbortSignal;
}

export interface RunResult {
  /** All steps are done; otherwise the time was up or the run was interrupted. */
  readonly finished: boolean;
  readonly step: number;
  /** Folded weights, of the moving average where there is one. */
  readonly weights: Weights;
  readonly state: TrainingState;
}

/** A run that cannot start or go on; the message is one line that says why. */
export class TrainingError extends Error {
  override name = 'TrainingError';
}

/** Where the folder's run stands, or the beginning. @throws OriginError for a run of other settings. */
async function start<Spec extends BatchSpec>(stage: Stage<Spec>, { output, overwrite }: RunOptions) {
  const files = runFiles(output);
  if (existsSync(files.checkpoint)) {
    const checkpoint = await readCheckpoint(files.checkpoint);
    if (checkpoint.origin?.hash === stage.origin.hash) {
      await rewindMetrics(files.metrics, checkpoint.state.step);
      return checkpoint;
    }
    if (!overwrite) requireSameOrigin(output, checkpoint.origin, stage.origin);
    for (const path of [files.checkpoint, files.weights, files.samples]) {
      await rm(path, { recursive: true, force: true });
    }
  }
  // A run killed before its first checkpoint may have left a log.
  await rewindMetrics(files.metrics, 0);
  return { state: stage.initial(), average: undefined };
}

/** What the moving average covers: parameters and running statistics. */
const averaged = ({ parameters, statistics }: TrainingState): Weights => ({ ...parameters, ...statistics });

/** average + (1 - decay) (current - average), as new tensors. */
function moveAverage(average: Weights | undefined, current: Weights, decay: number): Weights {
  if (!average) return current;
  return Object.fromEntries(
    Object.entries(current).map(([name, { dims, data }]) => {
      const earlier = average[name].data;
      return [name, { dims, data: earlier.map((value, i) => value + (1 - decay) * (data[i] - value)) }];
    }),
  );
}

/**
 * Runs a stage to its end, to the end of its time, or to an interruption; goes on where the folder's run of
 * the same stage stopped.
 *
 * @throws OriginError where the folder holds a run of other settings or inputs, InUseError where another
 *   process trains in it, TrainingError where the loss is no number.
 */
export async function runStage<Spec extends BatchSpec>(
  stage: Stage<Spec>,
  options: RunOptions,
): Promise<RunResult> {
  const lock = await lockFolder(options.output);
  try {
    return await runLocked(stage, options, lock);
  } finally {
    lock.release();
  }
}

async function runLocked<Spec extends BatchSpec>(
  stage: Stage<Spec>,
  options: RunOptions,
  lock: Lock,
): Promise<RunResult> {
  const { output, maxSeconds = Number.POSITIVE_INFINITY, workers = 1, checkpointSeconds = 120 } = options;
  const { name, shape, size, steps, ema, origin } = stage;
  const files = runFiles(output);
  let { state, average } = await start(stage, options);

  const folded = () => {
    const source = average ?? averaged(state);
    return foldNormalisation(shape, source, source);
  };
  const save = async () => {
    lock.check();
    await writeCheckpoint(files.checkpoint, { state, average, stage: name, origin });
    await writeFileAtomic(files.weights, encodeSafetensors(folded(), runMetadata(name, state.step, origin)));
  };

  const { trained, frozen } = splitParameters(state.parameters, stage.frozen);
  const step = await openTrainingStep(stage.objective, {
    shape,
    parameters: trained,
    frozen,
    statistics: state.statistics,
    size,
    replicas: stage.replicas,
    ...(options.device ? { device: options.device } : {}),
    // Parts that run side by side share the cores; a single part takes them all.
    ...(stage.replicas > 1 ? { threads: 1, openReplica: createThreadedSession } : {}),
  });
  const batches = openBatches(stage.batches, { workers, firstStep: state.step });
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const firstStep = state.step;
  const pace = new Pace(firstStep);
  const tell = (loss: number, note?: string) => {
    pace.update(state.step);
    const images = pace.perSecond && { 'images/s': pace.perSecond * size.count };
    const left = Math.min(pace.secondsFor(steps - state.step) ?? maxSeconds, maxSeconds - seconds());
    options.onProgress?.({
      what: name,
      done: state.step,
      of: steps,
      secondsLeft: Number.isFinite(left) ? left : undefined,
      figures: { loss, ...images },
      note,
    });
  };
  let savedAt = seconds();
  try {
    while (state.step < steps && seconds() < maxSeconds && !options.signal?.aborted) {
      lock.check();
      const { value: batch } = await batches.next();
      const rate = learningRateAt(state.step, steps, stage.learningRate);
      const result = await step.run(state, batch, rate);
      if (!Number.isFinite(result.loss)) {
        throw new TrainingError(
          `the loss of step ${state.step} is ${result.loss}: the last checkpoint is kept; try a lower learning rate`,
        );
      }
      state = result.state;
      if (ema !== undefined) average = moveAverage(average, averaged(state), ema);
      const last = state.step === steps;
      if (last && stage.shareOfStart) {
        average = moveAverage(averaged(stage.initial()), average ?? averaged(state), stage.shareOfStart);
      }
      tell(result.loss);
      const validation =
        last || (stage.validateEvery > 0 && state.step % stage.validateEvery === 0)
          ? await stage.validate(folded(), output, state.step)
          : {};
      await appendMetrics(files.metrics, {
        step: state.step,
        rate,
        loss: result.loss,
        ...result.terms,
        ...validation,
        imagesPerSecond: ((state.step - firstStep) * size.count) / seconds(),
        megabytes: Math.round(process.memoryUsage().rss / 2 ** 20),
      });
      if (Object.keys(validation).length > 0) tell(result.loss, describe(name, state.step, validation));
      if (seconds() - savedAt >= checkpointSeconds) {
        await save();
        savedAt = seconds();
      }
    }
    await save();
  } finally {
    await batches.close();
    await step.release();
  }
  return { finished: state.step >= steps, step: state.step, weights: folded(), state };
}

function describe(stage: string, step: number, numbers: Readonly<Record<string, number>>): string {
  const parts = Object.entries(numbers).map(([name, value]) => `${name} ${value.toPrecision(3)}`);
  return `${stage}: validation at step ${step}: ${parts.join(' · ')}`;
}
