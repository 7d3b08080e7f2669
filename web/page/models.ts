/** Which of the models that ship with the page suits what a view does. */

/** What a view asks of its model: to keep up with frames, or to be exact about a few pictures. */
export type Purpose = 'stream' | 'pair';

/** A model as the page ships it. */
export interface Shipped {
  readonly name: string;
  readonly bytes: number;
}

/** Best first; others follow by name. */
const PREFERRED = ['superpoint', 'superpoint-int8', 'superpoint-small', 'superpoint-small-int8'];
const TITLES: Readonly<Record<string, string>> = {
  superpoint: 'SuperPoint',
  magicpoint: 'MagicPoint (points only)',
};

/** What a model is called on the page. */
export function titleOf(name: string): string {
  const [, family, size = '', int8] = /^(superpoint)(?:-([a-z]+?))??(-int8)?$/.exec(name) ?? [];
  if (!family) return TITLES[name] ?? name;
  return `SuperPoint${size && ` ${size}`}${int8 ? ', int8' : ''}`;
}

export function ranked<Model extends Shipped>(models: readonly Model[]): Model[] {
  const rank = (name: string) => (PREFERRED.includes(name) ? PREFERRED.indexOf(name) : PREFERRED.length);
  return [...models].sort((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1));
}

/**
 * The models that suit a device: of those that describe their points the largest is the exact one and the
 * smallest the quick one. A CPU takes the int8 weights of each where there are any, half the time for next
 * to no loss; a graphics card the others.
 */
export function suitable<Model extends Shipped>(
  models: readonly Model[],
  device: 'webgpu' | 'wasm',
): Readonly<Record<Purpose, Model | undefined>> {
  const familyOf = ({ name }: Shipped) => name.replace(/-int8$/, '');
  const suits = ({ name }: Shipped) => name.endsWith('-int8') === (device === 'wasm');
  const families = new Map<string, Model>();
  for (const model of models.filter(({ name }) => name.startsWith('superpoint'))) {
    if (suits(model) || !families.has(familyOf(model))) families.set(familyOf(model), model);
  }
  const bySize = [...families.values()].sort((a, b) => a.bytes - b.bytes);
  const [quick = models[0]] = bySize;
  return { stream: quick, pair: bySize.at(-1) ?? quick };
}

const REASONS: Readonly<Record<Purpose, string>> = {
  stream: 'the quickest here, so that frames keep coming',
  pair: 'the most exact here, as a few pictures can wait',
};
const ALTERNATIVES: Readonly<Record<Purpose, string>> = {
  stream: 'is more exact',
  pair: 'is quicker',
};

/**
 * The line that says which model is in use, why, and which other one there is.
 * @param asked whether the user asked for it.
 * @param coming the model that takes its place as soon as it is loaded.
 */
export function explain(
  used: string,
  purpose: Purpose,
  suits: Readonly<Record<Purpose, Shipped | undefined>>,
  asked: boolean,
  coming?: string,
): { readonly reason: string; readonly other?: string; readonly offer?: string } {
  if (coming) return { reason: `${titleOf(used)} serves until ${titleOf(coming)} is loaded.` };
  const reason = `${titleOf(used)}: ${asked ? 'your choice' : REASONS[purpose]}.`;
  const suited = suits[purpose];
  const other = suited?.name === used ? suits[purpose === 'pair' ? 'stream' : 'pair'] : suited;
  if (!other || other.name === used) return { reason };
  const praise = suited?.name === used ? ALTERNATIVES[purpose] : `is ${REASONS[purpose]}`;
  return { reason, other: other.name, offer: `${titleOf(other.name)} ${praise}` };
}
