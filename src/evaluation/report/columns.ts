/** The columns of the tables on sequences: which figure stands where, and which way is better. */
import type { Interval } from '../metrics/bootstrap.js';
import type { EvaluationRow } from '../protocols/evaluate-homographies.js';
import { type Group, sameGroup } from '../protocols/group.js';
import type { Profile } from '../protocols/profiles.js';
import type { EstimatorName } from '../protocols/score-sequences.js';
import { figuresOf } from '../protocols/summarise.js';
import { formatFigure } from './report.js';

/** One column of a table. */
export interface Column {
  readonly title: string;
  /** The figure's name, as `summarise` gives it; task and figure name one number of a row. */
  readonly figure: string;
  readonly task: string;
  readonly better: 'higher' | 'lower';
  /** The figure of a row, if it has it. */
  of(row: EvaluationRow, group: Group): Interval | undefined;
  /** The figure as text with three digits, a dash where there is none. */
  text(row: EvaluationRow, group: Group): string;
}

/** The columns that a profile fills; homographies are by the yardstick, OpenCV's RANSAC. */
export function homographyColumns(profile: Profile): Column[] {
  const columns: Column[] = [];
  for (const { name, epsilons } of profile.detector) {
    const suffix = profile.detector.length > 1 ? ` ${name}` : '';
    const [epsilon] = epsilons;
    columns.push(
      column(`rep.@${epsilon}${suffix}`, 'detector', name, `repeatability@${epsilon}`, 'higher'),
      column(`MLE${suffix}`, 'detector', name, `localisationError@${epsilon}`, 'lower'),
    );
  }
  columns.push(...estimatorColumns(profile, 'opencv'));
  for (const { name } of profile.homography) {
    columns.push(
      column('NN mAP', 'homography', name, 'nnMap', 'higher'),
      column('M. score', 'homography', name, 'matchingScore', 'higher'),
    );
  }
  return columns;
}

/** The columns of one estimator of homographies. */
export function estimatorColumns(profile: Profile, estimator: EstimatorName, suffix = ''): Column[] {
  return profile.homography.flatMap(({ name, correctAt, areasUpTo }) => [
    ...correctAt.map((threshold) =>
      column(`H@${threshold}${suffix}`, 'homography', name, `${estimator}.homography@${threshold}`, 'higher'),
    ),
    ...areasUpTo.map((threshold) =>
      column(`AUC@${threshold}${suffix}`, 'homography', name, `${estimator}.auc@${threshold}`, 'higher'),
    ),
  ]);
}

function column(
  title: string,
  part: 'detector' | 'homography',
  task: string,
  figure: string,
  better: Column['better'],
): Column {
  const of = (row: EvaluationRow, group: Group) => figuresOf(row[part][task]?.figures, group)?.[figure];
  return {
    title,
    figure,
    task,
    better,
    of,
    text: (row, group) => formatFigure(of(row, group)?.value),
  };
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
