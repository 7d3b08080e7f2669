/** From scores of pairs to the figures of the tables, over all pairs and by what changes between them. */
import { bootstrap, type Interval, meanOf } from '../metrics/bootstrap.js';
import { areaUnderRecall, correctness } from '../metrics/homography-metrics.js';
import type { Category } from './category.js';
import { belongsTo, type Group, groupsOf, sameGroup } from './group.js';
import type { DetectorTask, HomographyTask } from './profiles.js';
import type { DetectorScore, EstimatorName, HomographyScore } from './score-sequences.js';

/** Figures by the name of their column, such as `repeatability@3`. */
export type Figures = Readonly<Record<string, Interval>>;

/** Figures of all pairs and, where there are several categories, of each kind and each category. */
export type GroupedFigures = readonly { readonly group: Group; readonly figures: Figures }[];

function byGroup<T extends { readonly category: Category }>(
  scores: readonly T[],
  figures: (scores: readonly T[]) => Figures,
): GroupedFigures {
  return groupsOf(scores.map(({ category }) => category)).map((group) => ({
    group,
    figures: figures(scores.filter(({ category }) => belongsTo(category, group))),
  }));
}

/** The figures of a group, where it has some. */
export function figuresOf(grouped: GroupedFigures | undefined, group: Group): Figures | undefined {
  return grouped?.find((other) => sameGroup(other.group, group))?.figures;
}

/** Mean repeatability and localisation error for each ε, with the number of points that took part. */
export function summariseDetector(scores: readonly DetectorScore[], task: DetectorTask): GroupedFigures {
  return byGroup(scores, (group) => {
    const figures: Record<string, Interval> = {};
    for (const [n, epsilon] of task.epsilons.entries()) {
      const mean = (pick: (score: DetectorScore['atEpsilons'][number]) => number) =>
        bootstrap(group, (sample) => meanOf(sample.map(({ atEpsilons }) => pick(atEpsilons[n]))));
      figures[`repeatability@${epsilon}`] = mean((score) => score.repeatability);
      figures[`localisationError@${epsilon}`] = mean((score) => score.localisationError);
      if (n === 0) figures.sharedPoints = mean(({ count0, count1 }) => (count0 + count1) / 2);
    }
    return figures;
  });
}

/** Homography correctness, areas, NN mAP, matching score and counts. */
export function summariseHomographies(
  scores: readonly HomographyScore[],
  task: HomographyTask,
): GroupedFigures {
  return byGroup(scores, (group) => {
    const figures: Record<string, Interval> = {};
    const mean = (pick: (score: HomographyScore) => number) =>
      bootstrap(group, (sample) => meanOf(sample.map(pick)));
    for (const estimator of ['opencv', 'ours'] satisfies EstimatorName[]) {
      const overErrors = (figure: (errors: number[]) => number) =>
        bootstrap(group, (sample) => figure(sample.map(({ cornerErrors }) => cornerErrors[estimator])));
      for (const threshold of task.correctAt) {
        figures[`${estimator}.homography@${threshold}`] = overErrors((e) => correctness(e, threshold));
      }
      for (const threshold of task.areasUpTo) {
        figures[`${estimator}.auc@${threshold}`] = overErrors((e) => areaUnderRecall(e, threshold));
      }
      figures[`${estimator}.inliers`] = mean(({ inliers }) => inliers[estimator]);
    }
    figures.nnMap = mean(({ nnMap }) => nnMap);
    figures.matchingScore = mean(({ matchingScore }) => matchingScore);
    figures[`precision@${task.matchEpsilon}`] = mean(({ precision }) => precision);
    figures.matches = mean(({ matches }) => matches);
    return figures;
  });
}
