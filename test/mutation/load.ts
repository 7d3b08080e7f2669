/** The hook itself, which Node runs in a thread of its own. */
import type { LoadHook } from 'node:module';
import type { Mutation } from './operators.js';

/** A mutation and the address of the module that it changes. */
export interface Mutant extends Mutation {
  readonly url: string;
}

/** The variable of the environment that says which. */
export const MUTANT = 'SUPERPOINT_MUTANT';

const mutant = JSON.parse(process.env[MUTANT] ?? '{}') as Partial<Mutant>;

export const load: LoadHook = async (url, context, next) => {
  const loaded = await next(url, context);
  if (url !== mutant.url || mutant.text === undefined) return loaded;
  const source = String(loaded.source instanceof Uint8Array ? Buffer.from(loaded.source) : loaded.source);
  return { ...loaded, source: source.slice(0, mutant.start) + mutant.text + source.slice(mutant.end) };
};
