/**
 * Detector and descriptor trained together on one photograph and its labels (§3.4, §6 of DeTone et al. 2018): pairs of
 * warped crops, whose correspondence is known.
 */
import { PAIR_HOMOGRAPHIES } from '../../src/geometry/sample-homography.js';
import type { GrayImage } from '../../src/image/image.js';
import { PHOTO_PHOTOMETRY } from '../../src/image/photometric.js';
import { foldNormalisation, type Weights } from '../../src/network/weights.js';
import { Random } from '../../src/random.js';
import type { PairBatch } from '../../src/training/batches.js';
import { jointObjective } from '../../src/training/objective.js';
import { type LabelledPhotos, makePairs, type PairBatchSettings } from '../../src/training/pairs.js';
import {
  learningRateAt,
  openFirstStep,
  type TrainingState,
  type TrainingStep,
} from '../../src/training/step.js';
import { BATCH, type NetworkSize, SHAPES, WARMUP_STEPS } from './settings.js';

/** Numbers of a descriptor: few, for a minute. */
const DESCRIPTOR = 32;
const PAIRS = BATCH.batch / 2;
const LEARNING_RATE = 0.006;
/** The loss of this project's recipes, which learns faster than the paper's hinge. */
const LOSS = {
  kind: 'dualSoftmax',
  temperature: 0.07,
  weight: 1,
  exclusionRadius: 6,
  backgroundImportance: 0.3,
} as const;

/** What a detector has learnt, to begin with. */
export interface Learnt {
  readonly parameters: Weights;
  readonly statistics: Weights;
}

export interface JointStep {
  readonly loss: number;
  /** Share of the points whose nearest descriptor in the other view is that of the same place. */
  readonly matched: number;
  readonly batch: PairBatch;
}

function settingsOf(seed: number): PairBatchSettings {
  const { width, height } = BATCH;
  return {
    seed,
    width,
    height,
    batch: PAIRS,
    cropScale: [0.5, 1],
    photometry: PHOTO_PHOTOMETRY,
    targets: 'soft',
    homographies: PAIR_HOMOGRAPHIES,
    descriptorLoss: LOSS,
  };
}

export class JointTrainer {
  readonly #photos: LabelledPhotos;
  readonly #step: TrainingStep<PairBatch>;
  readonly #size: NetworkSize;
  #state: TrainingState;

  private constructor(
    photos: LabelledPhotos,
    step: TrainingStep<PairBatch>,
    size: NetworkSize,
    state: TrainingState,
  ) {
    this.#photos = photos;
    this.#step = step;
    this.#size = size;
    this.#state = state;
  }

  /** @param labels [N, 2] in the photograph. @param learnt what the detector's layers begin with. */
  static async open(
    photo: GrayImage,
    labels: ArrayLike<number>,
    size: NetworkSize,
    learnt: Learnt,
  ): Promise<JointTrainer> {
    const shape = { ...SHAPES[size], descriptor: DESCRIPTOR };
    const { width, height } = BATCH;
    const settings = { shape, size: { count: PAIRS, width, height }, replicas: 1 };
    const random = new Random(1).fork('parameters');
    const { step, state } = await openFirstStep(jointObjective(LOSS), settings, random, learnt);
    const labelled = { photo, labels: Array.from(labels) };
    const photos = { count: 1, load: async () => labelled };
    return new JointTrainer(photos, step, size, state);
  }

  get steps(): number {
    return this.#state.step;
  }

  async step(): Promise<JointStep> {
    const { step } = this.#state;
    const batch = await makePairs(settingsOf(1), step, this.#photos);
    const rate = learningRateAt(step, Number.MAX_SAFE_INTEGER, {
      peak: LEARNING_RATE,
      warmupSteps: WARMUP_STEPS,
      final: LEARNING_RATE,
    });
    const { state, loss, terms } = await this.#step.run(this.#state, batch, rate);
    this.#state = state;
    return { loss, matched: terms.matched, batch };
  }

  /** The weights as they are now, for use. */
  weights(): Weights {
    const { parameters, statistics } = this.#state;
    return foldNormalisation({ ...SHAPES[this.#size], descriptor: DESCRIPTOR }, parameters, statistics);
  }

  release(): Promise<void> {
    return this.#step.release();
  }
}
