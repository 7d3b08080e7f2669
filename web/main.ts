/** The page: its views on one engine. */

import { FollowView } from './follow/view.js';
import { LearnView } from './learn/view.js';
import { MatchView } from './match/view.js';
import { Address, bindSkipLink, readHash, type State } from './page/address.js';
import { find } from './page/dom.js';
import { Engine } from './page/engine.js';
import { leaveView } from './page/notices.js';
import { isolate, keepOffline } from './page/offline.js';
import { followTheme } from './page/theme.js';
import type { View } from './page/view.js';
import { StitchView } from './stitch/view.js';
import { TrackView } from './track/view.js';

// The page that is about to be loaded anew shall not begin with its work.
if (await isolate()) await new Promise(() => {});
const worker = new Worker(new URL('./engine/worker.ts', import.meta.url), { type: 'module' });
const address = new Address(show);
const engine = new Engine(worker, (model) => address.noteCommon({ model }));
const place = (view: string) =>
  [
    find(document, `#${view}`),
    engine,
    (state: State, step?: 'push') => address.note(view, state, step),
  ] as const;
const learn = new LearnView(...place('learn'));
const views: Readonly<Record<string, View>> = {
  match: new MatchView(...place('match')),
  stitch: new StitchView(...place('stitch')),
  track: new TrackView(...place('track')),
  follow: new FollowView(...place('follow')),
  learn,
};

/** Shows the view that the address names, in the state that it names. */
function show(): void {
  const asked = readHash(location.hash);
  const name = Object.hasOwn(views, asked.view) ? asked.view : 'match';
  for (const link of document.querySelectorAll<HTMLAnchorElement>('nav a')) {
    const isHere = readHash(link.hash).view === name;
    if (isHere) document.title = `${link.textContent} · SuperPoint`;
    if (isHere) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  leaveView();
  const { model, ...state } = Object.fromEntries(asked.state);
  address.visit(name, state, { model });
  for (const [key, view] of Object.entries(views)) {
    find(document, `#${key}`).hidden = key !== name;
    if (key !== name) view.hide?.();
  }
  engine.ask(model ?? null);
  const line = find(document, '#model-line');
  line.hidden = name === 'learn';
  find(document, `#${name} .intro`).append(line);
  views[name].show(asked.state);
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

followTheme(() => learn.repaint());
bindSkipLink();
void keepOffline(engine);
// A file dropped beside its place must not replace the page.
for (const kind of ['dragover', 'drop'] as const) addEventListener(kind, (event) => event.preventDefault());
show();
