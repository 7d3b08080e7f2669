/** What the page asks of each of its views. */
import type { State } from './address.js';

export interface View {
  /** Shows the view as an address says. */
  show(state: URLSearchParams): void;
  hide(): void;
}

/** Tells the page what a view is set to; a step to which Back shall return is pushed. */
export type Note = (state: State, step?: 'push') => void;
