/**
 * `superpoint/evaluation` (Node): the paper's experiments. Open methods, read or make pairs of pictures with known
 * homographies, compare by a profile, write a report; or take the metrics alone.
 */
export type { Features } from '../features/features.js';
export type { DetectOptions } from '../features/superpoint.js';
export { FormatError } from '../files/format-error.js';
export { MissingPackageError } from '../files/missing-package.js';
export type { Homography } from '../geometry/homography.js';
export type { Matches } from '../matching/matches.js';
export { type Neighbours, nearestNeighbours } from '../matching/nearest-neighbours.js';
export type { ModelSource } from '../network/model-file.js';
export type { OnProgress, Progress } from '../progress.js';
export { type BootstrapOptions, bootstrap, type Interval } from './metrics/bootstrap.js';
export {
  pointsInSharedView,
  type Repeatability,
  repeatability,
  type Size,
} from './metrics/detection-metrics.js';
export {
  areaUnderRecall,
  type CornerRule,
  cornerError,
  correctness,
} from './metrics/homography-metrics.js';
export {
  type MatchingMetrics,
  matchErrors,
  matchingMetrics,
  type PairMatches,
} from './metrics/matching-metrics.js';
export {
  type Category,
  type Change,
  type ChangeOf,
  KINDS,
  type Kind,
  type KindSweep,
  SWEEPS,
} from './protocols/category.js';
export { changePicture, type PictureKind } from './protocols/change-picture.js';
export {
  type EvaluationRow,
  evaluateHomographies,
  type FeatureSource,
  type HomographyEvaluation,
  type TaskResult,
} from './protocols/evaluate-homographies.js';
export {
  evaluateSynthetic,
  SYNTHETIC_PROTOCOL,
  type SyntheticEvaluation,
  type SyntheticFigures,
  type SyntheticProtocol,
  type SyntheticRow,
} from './protocols/evaluate-synthetic.js';
export { type Figure, type FigureName, findFigure, type MeasuredFigure } from './protocols/figure.js';
export { type Fitted, fitImage, fittedHomography, fittedSize } from './protocols/fit-image.js';
export { ALL, type Group, groupTitle } from './protocols/group.js';
export { makeWarps, type WarpSet, type WarpSettings } from './protocols/make-warps.js';
export {
  ADAPTATION_PROFILE,
  type DetectorTask,
  type FeatureTask,
  type Fit,
  type HomographyTask,
  PROFILES,
  type Profile,
  warpsProfile,
} from './protocols/profiles.js';
export type { DetectorScore, HomographyScore, PairName } from './protocols/score-sequences.js';
export {
  readSequences,
  type Sequence,
  type SequenceImage,
  type SequenceOptions,
  type SequenceSet,
  type SkippedSequence,
} from './protocols/sequences.js';
export { figuresOf, type GroupedFigures } from './protocols/summarise.js';
export { describeEnvironment, type Environment } from './report/environment.js';
export { type Elsewhere, homographyReport } from './report/homographies.js';
export { type PublishedRow, type PublishedTable, publishedBeside } from './report/published.js';
export type { Block, Cell, Picture, Report, ReportContext, Section } from './report/report.js';
export { syntheticReport } from './report/synthetic.js';
export { figureLines, syntheticLines } from './report/text-table.js';
export { writeReport } from './report/write-report.js';
export { type AdaptedOptions, adaptedMethod } from './rivals/adapted-method.js';
export type { ByEstimator, EstimatorName, RobustSettings } from './rivals/homography-estimators.js';
export { matchPair } from './rivals/match-pair.js';
export type { ExtractionSettings, Method } from './rivals/method.js';
export { type NetworkOptions, networkMethod } from './rivals/network-method.js';
export { openRival, RIVAL_NAMES } from './rivals/rivals.js';
