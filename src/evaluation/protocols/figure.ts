/** Figures over pairs as values: what is measured, within how many pixels, by which estimator. */
import { isDeepStrictEqual } from 'node:util';
import type { Interval } from '../metrics/bootstrap.js';
import type { EstimatorName } from '../rivals/homography-estimators.js';

/** What is measured. */
export type FigureName =
  | 'repeatability'
  | 'localisationError'
  | 'sharedPoints'
  | 'homography'
  | 'auc'
  | 'inliers'
  | 'nnMap'
  | 'matchingScore'
  | 'precision'
  | 'matches';

/** One figure of a task. */
export interface Figure {
  readonly name: FigureName;
  /** Pixels, where the figure depends on a limit. */
  readonly epsilon?: number;
  /** Of figures about homographies. */
  readonly estimator?: EstimatorName;
}

/** A figure with its value and interval over a group of pairs. */
export interface MeasuredFigure extends Interval {
  readonly figure: Figure;
}

/** The value of a figure, where it was measured. */
export function findFigure(
  measured: readonly MeasuredFigure[] | undefined,
  figure: Figure,
): Interval | undefined {
  return measured?.find((other) => isDeepStrictEqual(other.figure, figure));
}
