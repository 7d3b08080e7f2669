/** MagicPoint training step by step (§4 of DeTone et al. 2018), the same in a worker and in Node. */
import { foldNormalisation, type Weights } from '../../src/network/weights.js';
import { Random } from '../../src/random.js';
import type { DetectorBatch } from '../../src/training/batches.js';
import { detectorObjective } from '../../src/training/objective.js';
import {
  learningRateAt,
  openFirstStep,
  type TrainingState,
  type TrainingStep,
} from '../../src/training/step.js';
import { makeSyntheticBatch } from '../../src/training/synthetic-batches.js';
import type { Learnt } from './joint-trainer.js';
import {
  BATCH,
  batchSettings,
  type Difficulty,
  type LearnSettings,
  type NetworkSize,
  SHAPES,
  WARMUP_STEPS,
} from './settings.js';

/** A training that can be continued for as long as one likes. */
export class Trainer {
  readonly #settings: LearnSettings;
  readonly #step: TrainingStep<DetectorBatch>;
  #state: TrainingState;

  private constructor(settings: LearnSettings, step: TrainingStep<DetectorBatch>, state: TrainingState) {
    this.#settings = settings;
    this.#step = step;
    this.#state = state;
  }

  static async open(settings: LearnSettings): Promise<Trainer> {
    const shape = SHAPES[settings.network];
    const { batch: count, width, height } = BATCH;
    const given = { shape, size: { count, width, height }, replicas: 1 };
    const random = new Random(settings.seed).fork('parameters');
    const { step, state } = await openFirstStep(detectorObjective, given, random);
    return new Trainer(settings, step, state);
  }

  /** Steps made so far. */
  get steps(): number {
    return this.#state.step;
  }

  /** Of the shapes it trains on. */
  get difficulty(): Difficulty {
    return this.#settings.difficulty;
  }

  /** Makes one step. @returns what it learned from and the loss before it. */
  async step(): Promise<{ readonly loss: number; readonly batch: DetectorBatch }> {
    const { step } = this.#state;
    const { learningRate: peak, seed, difficulty } = this.#settings;
    const batch = makeSyntheticBatch(batchSettings(seed, difficulty), step);
    const rate = learningRateAt(step, Number.MAX_SAFE_INTEGER, {
      peak,
      warmupSteps: WARMUP_STEPS,
      final: peak,
    });
    const { state, loss } = await this.#step.run(this.#state, batch, rate);
    this.#state = state;
    return { loss, batch };
  }

  /** What it has learnt, for a training that goes on from it. */
  get learnt(): Learnt {
    const { parameters, statistics } = this.#state;
    return { parameters, statistics };
  }

  get network(): NetworkSize {
    return this.#settings.network;
  }

  /** The weights as they are now, for use. */
  weights(): Weights {
    const { parameters, statistics } = this.#state;
    return foldNormalisation(SHAPES[this.#settings.network], parameters, statistics);
  }

  release(): Promise<void> {
    return this.#step.release();
  }
}
