/** What the page asks of each of its views. The root of one that is not shown is hidden: views go by that. */
import type { State } from './address.js';

export interface View {
  /** Shows the view as an address says; its root has come into sight. */
  show(state: URLSearchParams): void;
  /** Its root is out of sight. */
  hide?(): void;
}

/** Tells the page what a view is set to; a step to which Back shall return is pushed. */
export type Note = (state: State, step?: 'push') => void;
