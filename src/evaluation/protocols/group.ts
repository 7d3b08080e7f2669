/** Groups of pairs that figures are given for: all, those of one kind of change, those of one category. */
import { isDeepStrictEqual } from 'node:util';
import { amountOf, type Category, categoryTitle, isChange, KINDS, type Kind, SWEEPS } from './category.js';

/** Which pairs a figure is over. */
export type Group =
  | { readonly of: 'all' }
  | { readonly of: 'kind'; readonly kind: Kind }
  | { readonly of: 'category'; readonly category: Category };

/** All pairs. */
export const ALL: Group = { of: 'all' };

export function sameGroup(a: Group, b: Group): boolean {
  return isDeepStrictEqual(a, b);
}

/** Whether a pair of this category belongs to the group. */
export function belongsTo(category: Category, group: Group): boolean {
  if (group.of === 'all') return true;
  return group.of === 'kind' ? category.kind === group.kind : isDeepStrictEqual(category, group.category);
}

/** A group in words. */
export function groupTitle(group: Group): string {
  if (group.of === 'all') return 'all';
  return group.of === 'kind' ? SWEEPS[group.kind].title : categoryTitle(group.category);
}

/** The groups of pairs of these categories; a group that another one equals is left out. */
export function groupsOf(categories: readonly Category[]): Group[] {
  const distinct = categories.filter((category, n) =>
    categories.slice(0, n).every((other) => !isDeepStrictEqual(other, category)),
  );
  if (distinct.length < 2) return [ALL];
  const changes = distinct.filter(isChange);
  const kinds = KINDS.filter((kind) => {
    const steps = changes.filter((change) => change.kind === kind).length;
    return steps > 1 && steps < distinct.length;
  });
  const ordered = [
    ...distinct.filter((category) => !isChange(category)),
    ...KINDS.flatMap((kind) =>
      changes.filter((change) => change.kind === kind).sort((a, b) => amountOf(a) - amountOf(b)),
    ),
  ];
  return [
    ALL,
    ...kinds.map((kind): Group => ({ of: 'kind', kind })),
    ...ordered.map((category): Group => ({ of: 'category', category })),
  ];
}
