/** `superpoint/evaluation`: the paper's metrics and experiments (Node). */
export { pointsInSharedView, type Repeatability, repeatability } from './detection-metrics.js';
export { evaluateHomographies, type HomographyEvaluation } from './evaluate-homographies.js';
export { evaluateSynthetic, SYNTHETIC_PROTOCOL, type SyntheticEvaluation } from './evaluate-synthetic.js';
export { areaUnderRecall, cornerError, correctness } from './homography-metrics.js';
export { type MatchingMetrics, matchingMetrics } from './matching-metrics.js';
export { PROFILES } from './profiles.js';
export { readSequences } from './sequences.js';
