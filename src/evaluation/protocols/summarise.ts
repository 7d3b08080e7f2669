/** From scores of pairs to the figures of the tables, over all pairs and by what changes between them. */
import { bootstrap, meanOf } from '../metrics/bootstrap.js';
import { areaUnderRecall, correctness } from '../metrics/homography-metrics.js';
import { ESTIMATORS } from '../rivals/homography-estimators.js';
import type { Category } from './category.js';
import type { Figure, MeasuredFigure } from './figure.js';
import { belongsTo, type Group, groupsOf, sameGroup } from './group.js';
import type { DetectorTask, HomographyTask } from './profiles.js';
import type { DetectorScore, HomographyScore } from './score-sequences.js';

/** Figures of all pairs and, where there are several categories, of each kind and each category. */
export type GroupedFigures = readonly {
  readonly group: Group;
  readonly figures: readonly MeasuredFigure[];
}[];

/** How a figure follows from scores. */
type Definition<Score> = readonly [figure: Figure, of: (sample: readonly Score[]) => number];

function measure<Score extends { readonly category: Category }>(
  scores: readonly Score[],
  definitions: readonly Definition<Score>[],
): GroupedFigures {
  return groupsOf(scores.map(({ category }) => category)).map((group) => {
    const own = scores.filter(({ category }) => belongsTo(category, group));
    return { group, figures: definitions.map(([figure, of]) => ({ figure, ...bootstrap(own, of) })) };
  });
}

/** The figures of a group, where it has some. */
export function figuresOf(
  grouped: GroupedFigures | undefined,
  group: Group,
): readonly MeasuredFigure[] | undefined {
  return grouped?.find((other) => sameGroup(other.group, group))?.figures;
}

/** Mean repeatability and localisation error for each ε, with the number of points that took part. */
export function summariseDetector(
  scores: readonly DetectorScore[],
  { epsilons }: DetectorTask,
): GroupedFigures {
  type Epsilon = DetectorScore['atEpsilons'][number];
  const mean = (n: number, pick: (score: Epsilon) => number) => (sample: readonly DetectorScore[]) =>
    meanOf(sample.map(({ atEpsilons }) => pick(atEpsilons[n])));
  return measure(scores, [
    ...epsilons.flatMap((epsilon, n): Definition<DetectorScore>[] => [
      [{ name: 'repeatability', epsilon }, mean(n, ({ repeatability }) => repeatability)],
      [{ name: 'localisationError', epsilon }, mean(n, ({ localisationError }) => localisationError)],
    ]),
    [{ name: 'sharedPoints' }, mean(0, ({ count0, count1 }) => (count0 + count1) / 2)],
  ]);
}

/** Homography correctness, areas, NN mAP, matching score and counts. */
export function summariseHomographies(
  scores: readonly HomographyScore[],
  { correctAt, areasUpTo, matchEpsilon }: HomographyTask,
): GroupedFigures {
  type Score = HomographyScore;
  const mean = (pick: (score: Score) => number) => (sample: readonly Score[]) => meanOf(sample.map(pick));
  const estimators = ESTIMATORS.filter((name) => scores.some(({ cornerErrors }) => name in cornerErrors));
  return measure(scores, [
    ...estimators.flatMap((estimator): Definition<Score>[] => {
      const errors = (sample: readonly Score[]) =>
        sample.map(({ cornerErrors }) => cornerErrors[estimator] ?? Number.POSITIVE_INFINITY);
      return [
        ...correctAt.map(
          (epsilon): Definition<Score> => [
            { name: 'homography', epsilon, estimator },
            (sample) => correctness(errors(sample), epsilon),
          ],
        ),
        ...areasUpTo.map(
          (epsilon): Definition<Score> => [
            { name: 'auc', epsilon, estimator },
            (sample) => areaUnderRecall(errors(sample), epsilon),
          ],
        ),
        [{ name: 'inliers', estimator }, mean(({ inliers }) => inliers[estimator] ?? 0)],
      ];
    }),
    [{ name: 'nnMap' }, mean(({ nnMap }) => nnMap)],
    [{ name: 'matchingScore' }, mean(({ matchingScore }) => matchingScore)],
    [{ name: 'precision', epsilon: matchEpsilon }, mean(({ precision }) => precision)],
    [{ name: 'matches' }, mean(({ matches }) => matches)],
  ]);
}
