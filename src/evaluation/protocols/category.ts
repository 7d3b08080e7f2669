/**
 * What changes between the two views of a pair, as values: titles are made from them, never read back. A new
 * kind of change is one entry here and one in `change-picture.ts` or `make-warps.ts`.
 */

/** One step of a sweep: the second view of a pair differs by this. */
export type Change =
  /** Viewpoint and light together: 0 none, 1 the hardest. */
  | { readonly kind: 'mixed'; readonly severity: number }
  /** A turn in the plane about the centre. */
  | { readonly kind: 'rotation'; readonly degrees: number }
  /** A factor about the centre: below 1 the second view shows more, smaller. */
  | { readonly kind: 'scale'; readonly factor: number }
  /** A small change of viewpoint alone, which each of the following kinds has too. */
  | { readonly kind: 'view' }
  /** Gaussian blur of this deviation, pixels. */
  | { readonly kind: 'blur'; readonly sigma: number }
  /** Straight motion of the camera over so many pixels. */
  | { readonly kind: 'motion'; readonly length: number }
  /** Light to this power: below 1 brighter. */
  | { readonly kind: 'gamma'; readonly gamma: number }
  /** One side of an edge keeps this share of the light. */
  | { readonly kind: 'shadow'; readonly light: number }
  /** A wide spot of stray light that brings its centre this part of the way to white. */
  | { readonly kind: 'glare'; readonly strength: number }
  /** This share of the light is left; noise of this deviation (of 255) in full light, half of it in none. */
  | { readonly kind: 'dark'; readonly gain: number; readonly deviation: number }
  /** Gaussian noise of this deviation, of 255. */
  | { readonly kind: 'noise'; readonly deviation: number }
  /** JPEG of this quality. */
  | { readonly kind: 'jpeg'; readonly quality: number }
  /** Shrunk by this factor and brought back to its size. */
  | { readonly kind: 'resolution'; readonly factor: number };

/** A kind of change. */
export type Kind = Change['kind'];

/** The change of one kind. */
export type ChangeOf<K extends Kind> = Extract<Change, { kind: K }>;

/** What changes in a pair: a step of a sweep, or a name that a dataset gives it (`viewpoint`). */
export type Category = Change | { readonly kind: 'named'; readonly name: string };

/** The mixtures of viewpoint and light by their names. */
const SEVERITIES = { mild: 0.25, moderate: 0.5, strong: 0.75, severe: 1 } as const;

/** The name of a mixture of viewpoint and light. */
export function severityName(severity: number): string {
  return Object.entries(SEVERITIES).find(([, value]) => value === severity)?.[0] ?? String(severity);
}

/** How a kind of change is swept and shown. */
export interface KindSweep<C> {
  /** As titles name the kind. */
  readonly title: string;
  /** What the horizontal axis says. */
  readonly axis: string;
  readonly isLogarithmic: boolean;
  readonly steps: readonly C[];
  /** Where a step stands on the axis. */
  at(change: C): number;
}

/** All kinds of change, in the order of the reports, with the steps that `makeWarps` makes. */
export const SWEEPS: { readonly [K in Kind]: KindSweep<ChangeOf<K>> } = {
  mixed: {
    title: 'viewpoint and light',
    axis: 'strength of the change',
    isLogarithmic: false,
    steps: Object.values(SEVERITIES).map((severity) => ({ kind: 'mixed', severity })),
    at: ({ severity }) => severity,
  },
  rotation: {
    title: 'rotation',
    axis: 'turn in the plane, degrees',
    isLogarithmic: false,
    steps: [15, 30, 45, 60, 90, 120, 150, 180].map((degrees) => ({ kind: 'rotation', degrees })),
    at: ({ degrees }) => degrees,
  },
  scale: {
    title: 'scale',
    axis: 'factor of scale',
    isLogarithmic: true,
    steps: [0.35, 0.5, 0.7, 1.4, 2, 2.8].map((factor) => ({ kind: 'scale', factor })),
    at: ({ factor }) => factor,
  },
  view: {
    title: 'a small change of view alone',
    axis: '',
    isLogarithmic: false,
    steps: [{ kind: 'view' }],
    at: () => 0,
  },
  blur: {
    title: 'blur',
    axis: 'deviation of the Gaussian blur, px',
    isLogarithmic: false,
    steps: [0.5, 1, 1.5, 2, 2.5, 3, 3.5].map((sigma) => ({ kind: 'blur', sigma })),
    at: ({ sigma }) => sigma,
  },
  motion: {
    title: 'motion blur',
    axis: 'length of the motion, px',
    isLogarithmic: false,
    steps: [5, 9, 15].map((length) => ({ kind: 'motion', length })),
    at: ({ length }) => length,
  },
  gamma: {
    title: 'gamma',
    axis: 'gamma of the light',
    isLogarithmic: true,
    steps: [0.35, 0.5, 0.7, 1.4, 2, 2.8].map((gamma) => ({ kind: 'gamma', gamma })),
    at: ({ gamma }) => gamma,
  },
  shadow: {
    title: 'the edge of a shadow',
    axis: 'light left in the shadow',
    isLogarithmic: false,
    steps: [0.6, 0.4, 0.2].map((light) => ({ kind: 'shadow', light })),
    at: ({ light }) => light,
  },
  glare: {
    title: 'glare',
    axis: 'strength of the glare',
    isLogarithmic: false,
    steps: [0.4, 0.7, 1].map((strength) => ({ kind: 'glare', strength })),
    at: ({ strength }) => strength,
  },
  dark: {
    title: 'darkness',
    axis: 'share of the light, with shot noise',
    isLogarithmic: true,
    steps: [
      { kind: 'dark', gain: 0.5, deviation: 6 },
      { kind: 'dark', gain: 0.25, deviation: 9 },
      { kind: 'dark', gain: 0.15, deviation: 12 },
    ],
    at: ({ gain }) => gain,
  },
  noise: {
    title: 'noise',
    axis: 'deviation of the noise, of 255',
    isLogarithmic: false,
    steps: [4, 8, 16, 24].map((deviation) => ({ kind: 'noise', deviation })),
    at: ({ deviation }) => deviation,
  },
  jpeg: {
    title: 'JPEG',
    axis: 'quality of the JPEG file',
    isLogarithmic: false,
    steps: [40, 20, 10].map((quality) => ({ kind: 'jpeg', quality })),
    at: ({ quality }) => quality,
  },
  resolution: {
    title: 'low resolution',
    axis: 'factor shrunk by, and brought back',
    isLogarithmic: false,
    steps: [1.5, 2, 3, 4].map((factor) => ({ kind: 'resolution', factor })),
    at: ({ factor }) => factor,
  },
};

/** All kinds of change, in the order of the reports. */
export const KINDS = Object.keys(SWEEPS) as readonly Kind[];

/** How the kind of a change is swept. */
export function sweepOf<K extends Kind>(kind: K): KindSweep<ChangeOf<K>> {
  return SWEEPS[kind];
}

/** Where a change stands on the axis of its kind. */
export function amountOf<K extends Kind>(change: ChangeOf<K> & { kind: K }): number {
  return sweepOf(change.kind).at(change);
}

/** Whether a category is a step of a sweep. */
export function isChange(category: Category): category is Change {
  return category.kind !== 'named';
}

/** A category in words. */
export function categoryTitle(category: Category): string {
  if (!isChange(category)) return category.name;
  if (category.kind === 'mixed') return severityName(category.severity);
  const { title, steps } = sweepOf(category.kind);
  return steps.length > 1 ? `${title} ${amountOf(category)}` : title;
}

/** A category as a file of categories states it: a word, or a change of known kind with its numbers. */
export function parseCategory(value: unknown): Category | undefined {
  if (typeof value === 'string') return value === '' ? undefined : { kind: 'named', name: value };
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind } = value as { kind?: unknown };
  if (typeof kind !== 'string' || !Object.hasOwn(SWEEPS, kind)) return undefined;
  const [step] = SWEEPS[kind as Kind].steps;
  const numbers = Object.entries(value).filter(([name]) => name !== 'kind');
  const isWhole = Object.keys(value).length === Object.keys(step).length;
  const isKnown = numbers.every(([name, number]) => Object.hasOwn(step, name) && Number.isFinite(number));
  return isWhole && isKnown ? (value as Change) : undefined;
}
