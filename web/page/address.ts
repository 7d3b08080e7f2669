/** What stands after the address's #: the view and what it is set to, so that a link shows what its sender saw. */
import { find } from './dom.js';

/** Names and values, as they stand in an address; what is undefined is left out. */
export type State = Readonly<Record<string, string | undefined>>;

/** `#view?name=value&…` */
export function hashOf(view: string, state: State): string {
  const given = Object.entries(state).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const query = new URLSearchParams(given).toString();
  return `#${view}${query && `?${query}`}`;
}

/** The view that a hash names, and its state; the view is empty where it names none. */
export function readHash(hash: string): { readonly view: string; readonly state: URLSearchParams } {
  const [, view, query] = /^#?([^?]*)\??(.*)$/s.exec(hash) ?? ['', '', ''];
  return { view, state: new URLSearchParams(query) };
}

/** The address of the page, and the links to its views, which lead to where each was left. */
export class Address {
  readonly #states = new Map<string, State>();
  /** What all views share. */
  #common: State = {};

  /** @param onVisit is called when the user goes to an address: by a link, by Back, by typing. */
  constructor(onVisit: () => void) {
    addEventListener('hashchange', onVisit);
  }

  /** The user has come to a view in this state; `common` is the part of it that all views share. */
  visit(view: string, state: State, common: State): void {
    this.#states.set(view, state);
    this.#common = common;
    this.#updateLinks();
  }

  /** Notes the state of a view; a step to which Back shall return is pushed. */
  note(view: string, state: State, step: 'push' | 'replace' = 'replace'): void {
    this.#states.set(view, state);
    this.#write(step);
  }

  /** Notes what all views share. */
  noteCommon(state: State): void {
    this.#common = state;
    this.#write('replace');
  }

  #updateLinks(): void {
    for (const link of document.querySelectorAll<HTMLAnchorElement>('nav a')) {
      const { view } = readHash(link.hash);
      link.href = hashOf(view, { ...this.#states.get(view), ...this.#common });
    }
  }

  #write(step: 'push' | 'replace'): void {
    this.#updateLinks();
    const here = document.querySelector<HTMLAnchorElement>('nav a[aria-current]');
    if (!here || here.hash === location.hash) return;
    if (step === 'push') history.pushState(null, '', here.hash);
    else history.replaceState(null, '', here.hash);
  }
}

/** The link that skips to the content leaves the address as it is. */
export function bindSkipLink(): void {
  find(document, '.skip').addEventListener('click', (event) => {
    event.preventDefault();
    find(document, '#main').focus();
  });
}
