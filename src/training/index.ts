/** `superpoint/training`: from nothing to SuperPoint (Node). */
export {
  type AdaptFolderSettings,
  type AdaptFolderSummary,
  adaptFolder,
} from '../adaptation/adapt-folder.js';
export {
  type AdaptationOptions,
  adaptImage,
  type HeatmapDetector,
} from '../adaptation/adapt-image.js';
export { type JoinSummary, joinLabels } from '../adaptation/join-labels.js';
export type { AdaptationRound } from '../adaptation/labeller.js';
export { LabelsError, type PhotoLabels, readLabels } from '../adaptation/labels.js';
export type { Shard } from '../adaptation/shard.js';
export { InUseError, LockLostError } from '../files/lock.js';
export {
  type Json,
  type Origin,
  OriginError,
  type OriginKind,
  originDifferences,
  originOfMetadata,
} from '../files/origin.js';
export type { CameraChanges, Range as ChangeRange } from '../image/camera.js';
export type { NetworkShape } from '../network/architecture.js';
export type { BatchStatistics } from '../network/training-network.js';
export type { OnProgress, Progress } from '../progress.js';
export type {
  BatchOf,
  BatchSpec,
  PairBatchSpec,
  PhotoBatchSpec,
  SyntheticBatchSpec,
} from './batch-source.js';
export type { DetectorBatch, PairBatch } from './batches.js';
export type { Correspondences, SampledPoints } from './correspondences.js';
export { openPhotoStores, type PhotoStores } from './labelled-photographs.js';
export { type Metrics, readMetrics } from './metrics-log.js';
export type { BatchSize, Objective, ObjectiveGraph } from './objective.js';
export type { PairBatchSettings } from './pairs.js';
export type { PhotoBatchSettings } from './photo-batches.js';
export { PhotographError, type PhotoStore } from './photo-store.js';
export type { PhotoViewSettings } from './photo-views.js';
export { type ReproduceOptions, type ReproduceResult, reproduce } from './pipeline.js';
export { type LearningRate, parseRecipe, type Recipe, RecipeError, readRecipe } from './recipe.js';
export { type RunOptions, type RunResult, runStage, type Stage, TrainingError } from './run.js';
export { type MadeWeights, magicPointStage, photographStage, superPointStage } from './stages.js';
export { readStartingPoint, type StartingPoint } from './starting-point.js';
export type { TrainingState } from './step.js';
export type { SyntheticBatchSettings } from './synthetic-batches.js';
export type { TargetKind } from './targets.js';
