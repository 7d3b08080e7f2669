/** `superpoint/evaluation`: the paper's metrics and experiments (Node). */
export type { OnProgress, Progress } from '../progress.js';
export {
  pointsInSharedView,
  type Repeatability,
  repeatability,
  type Size,
} from './metrics/detection-metrics.js';
export { areaUnderRecall, cornerError, correctness } from './metrics/homography-metrics.js';
export { type MatchingMetrics, matchingMetrics } from './metrics/matching-metrics.js';
export { evaluateHomographies, type HomographyEvaluation } from './protocols/evaluate-homographies.js';
export {
  evaluateSynthetic,
  SYNTHETIC_PROTOCOL,
  type SyntheticEvaluation,
} from './protocols/evaluate-synthetic.js';
export { type Fitted, fitImage, fittedHomography, fittedSize } from './protocols/fit-image.js';
export { type Fit, PROFILES } from './protocols/profiles.js';
export { readSequences } from './protocols/sequences.js';
