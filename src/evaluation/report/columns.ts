/** The columns of the tables on sequences, as values; their titles are made last. */
import { isDeepStrictEqual } from 'node:util';
import type { Interval } from '../metrics/bootstrap.js';
import type { EvaluationRow } from '../protocols/evaluate-homographies.js';
import { type Figure, findFigure } from '../protocols/figure.js';
import { type Group, sameGroup } from '../protocols/group.js';
import type { Profile } from '../protocols/profiles.js';
import { figuresOf } from '../protocols/summarise.js';
import { ESTIMATORS, type EstimatorName } from '../rivals/homography-estimators.js';

/** One column of a table: a figure of one of the profile's tasks. */
export interface Column {
  readonly task: string;
  readonly figure: Figure;
}

/** The columns that a profile fills; homographies are by the yardstick, OpenCV's RANSAC. */
export function profileColumns(profile: Profile): Column[] {
  return [
    ...profile.detector.flatMap(({ name, epsilons: [epsilon] }): Column[] => [
      { task: name, figure: { name: 'repeatability', epsilon } },
      { task: name, figure: { name: 'localisationError', epsilon } },
    ]),
    ...estimatorColumns(profile, 'opencv'),
    ...profile.homography.flatMap(({ name }): Column[] => [
      { task: name, figure: { name: 'nnMap' } },
      { task: name, figure: { name: 'matchingScore' } },
    ]),
  ];
}

/** The columns of one estimator of homographies. */
export function estimatorColumns(profile: Profile, estimator: EstimatorName): Column[] {
  return profile.homography.flatMap(({ name, correctAt, areasUpTo }) => [
    ...correctAt.map(
      (epsilon): Column => ({ task: name, figure: { name: 'homography', epsilon, estimator } }),
    ),
    ...areasUpTo.map((epsilon): Column => ({ task: name, figure: { name: 'auc', epsilon, estimator } })),
  ]);
}

const ESTIMATOR_TITLES: Readonly<Record<EstimatorName, string>> = {
  opencv: "OpenCV's RANSAC",
  magsac: "OpenCV's USAC_MAGSAC",
  ours: 'this package',
};

/** The homographies of each row by each estimator, under the titles of `estimatorColumns`. */
export function estimatorRows(
  rows: readonly EvaluationRow[],
  profile: Profile,
  group: Group,
): { title: string; figures: (Interval | undefined)[] }[] {
  return rows.flatMap((row) =>
    ESTIMATORS.map((estimator) => ({
      title: `${row.name}, ${ESTIMATOR_TITLES[estimator]}`,
      figures: estimatorColumns(profile, estimator).map((column) => figureAt(row, column, group)),
    })).filter(({ figures }) => figures.some((figure) => figure !== undefined)),
  );
}

/** Columns that are worth a curve each: one for each of the four questions. */
export function sweptColumns(profile: Profile): Column[] {
  return profileColumns(profile).filter(
    ({ figure: { name, epsilon } }) =>
      name === 'repeatability' ||
      name === 'nnMap' ||
      name === 'matchingScore' ||
      (name === 'homography' && epsilon === 3),
  );
}

/** The figure of a row, if it has it. */
export function figureAt(row: EvaluationRow, { task, figure }: Column, group: Group): Interval | undefined {
  const result = row.detector[task] ?? row.homography[task];
  return findFigure(figuresOf(result?.figures, group), figure);
}

/** Whether a smaller figure is the better one. */
export function isLowerBetter({ name }: Figure): boolean {
  return name === 'localisationError';
}

/** A figure in words. */
export function figureTitle({ name, epsilon }: Figure): string {
  switch (name) {
    case 'repeatability':
      return `rep.@${epsilon}`;
    case 'localisationError':
      return 'MLE';
    case 'homography':
      return `H@${epsilon}`;
    case 'auc':
      return `AUC@${epsilon}`;
    case 'nnMap':
      return 'NN mAP';
    case 'matchingScore':
      return 'M. score';
    case 'precision':
      return `precision@${epsilon}`;
    case 'sharedPoints':
      return 'points in the shared view';
    case 'inliers':
    case 'matches':
      return name;
  }
}

/** The titles of the columns of one table; the task is named where two have the same figure. */
export function columnTitles(columns: readonly Column[]): string[] {
  return columns.map((column) => {
    const same = columns.filter(({ figure }) => isDeepStrictEqual(figure, column.figure));
    return same.length > 1 ? `${figureTitle(column.figure)} ${column.task}` : figureTitle(column.figure);
  });
}

/** The groups of pairs that any row has figures for. */
export function groupsOfRows(rows: readonly EvaluationRow[]): Group[] {
  const groups: Group[] = [];
  for (const { detector, homography } of rows) {
    for (const { figures } of [...Object.values(detector), ...Object.values(homography)]) {
      for (const { group } of figures) {
        if (!groups.some((other) => sameGroup(other, group))) groups.push(group);
      }
    }
  }
  return groups;
}
