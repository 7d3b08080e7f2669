/** The page: three views on one engine. */

import { LearnView } from './learn/view.js';
import { MatchView } from './match/view.js';
import { find } from './page/dom.js';
import { Engine } from './page/engine.js';
import { followTheme } from './page/theme.js';
import { TrackView } from './track/view.js';

const worker = new Worker(new URL('./engine/worker.ts', import.meta.url), { type: 'module' });
const engine = new Engine(worker);
const views = {
  match: new MatchView(find(document, '#match'), engine),
  track: new TrackView(find(document, '#track'), engine),
  learn: new LearnView(find(document, '#learn'), engine),
};
const TITLES = { match: 'Match', track: 'Track', learn: 'Learn' };
type Name = keyof typeof views;

function show(): void {
  const asked = location.hash.slice(1);
  const name: Name = asked in views ? (asked as Name) : 'match';
  document.title = `${TITLES[name]} · SuperPoint`;
  for (const link of document.querySelectorAll<HTMLAnchorElement>('nav a')) {
    if (link.hash === `#${name}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  for (const [key, view] of Object.entries(views)) {
    find(document, `#${key}`).hidden = key !== name;
    if (key === name) view.show();
    else view.hide();
  }
}

/** The panel of model and device closes as menus do. */
const panel = find<HTMLDetailsElement>(document, '#engine');
addEventListener('pointerdown', ({ target }) => {
  if (!panel.contains(target as Node)) panel.open = false;
});
addEventListener('keydown', ({ key }) => {
  if (key !== 'Escape' || !panel.open) return;
  panel.open = false;
  find(panel, 'summary').focus();
});

followTheme(() => views.learn.repaint());
addEventListener('hashchange', () => {
  if (location.hash !== '#main') show();
});
// A file dropped beside its place must not replace the page.
for (const kind of ['dragover', 'drop'] as const) addEventListener(kind, (event) => event.preventDefault());
show();
