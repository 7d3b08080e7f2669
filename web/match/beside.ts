/** What another method makes of the same two pictures, beside what the model in use does. */
import type { Comparison, MatchSettings } from '../engine/pair.js';
import { type Control, menu } from '../page/controls.js';
import { element, find, part } from '../page/dom.js';
import type { Engine } from '../page/engine.js';
import { titleOf } from '../page/models.js';
import { attempt } from '../page/notices.js';
import { surfaceOf } from '../page/surface.js';
import { type Layers, layOut, paintScene, type Shown } from './scene.js';

const NONE = 'none';
const ORB = 'orb';

/** The figures of a comparison, by their names. */
export function figuresOf({ points, matches, inlierCount, milliseconds, H_0to1 }: Comparison) {
  const share = matches.count > 0 ? `${Math.round((100 * inlierCount) / matches.count)} %` : '–';
  return {
    'points, first': String(points[0].count),
    'points, second': String(points[1].count),
    matches: String(matches.count),
    inliers: String(inlierCount),
    'of the matches': share,
    homography: H_0to1 ? 'found' : 'none',
    'looking at both': `${Math.round(milliseconds.network)} ms`,
    'all else': `${Math.round(milliseconds.rest)} ms`,
  };
}

export class Beside {
  readonly #root: HTMLElement;
  readonly #engine: Engine;
  readonly #surface;
  readonly control: Control<string>;
  #other: Comparison | undefined;

  constructor(root: HTMLElement, engine: Engine, onInput: () => void) {
    this.#root = root;
    this.#engine = engine;
    this.#surface = surfaceOf(find<HTMLCanvasElement>(root, 'canvas'));
    const models = engine.models.filter(({ name }) => name.startsWith('superpoint'));
    const choices = {
      [NONE]: 'nothing',
      [ORB]: 'ORB (loads OpenCV, 11 MB)',
      ...Object.fromEntries(models.map(({ name }) => [name, titleOf(name)])),
    };
    this.control = menu('Beside the model in use', choices, NONE, onInput);
  }

  /** Compares anew, where something is to stand beside. */
  async update(comparison: Comparison, settings: MatchSettings, used: string): Promise<void> {
    const { value } = this.control;
    this.#other = undefined;
    const model = this.#engine.models.find(({ name }) => name === value);
    const method = value === ORB ? ORB : model;
    if (method) {
      this.#other = await attempt(() => this.#engine.remote.beside(method, settings), 'beside');
    }
    if (!this.#other) return;
    const title = value === ORB ? 'ORB' : titleOf(value);
    part(this.#root, 'beside-title').textContent = `The same pictures by ${title}`;
    this.#surface.canvas.setAttribute('aria-label', `The same two pictures and their matches by ${title}`);
    const [mine, theirs] = [figuresOf(comparison), figuresOf(this.#other)];
    const cell = (tag: 'td' | 'th', text: string, scope = '') => element(tag, scope ? { scope } : {}, text);
    const rows = Object.entries(mine).map(([name, figure]) =>
      element(
        'tr',
        {},
        cell('th', name, 'row'),
        cell('td', figure),
        cell('td', theirs[name as keyof typeof theirs]),
      ),
    );
    const head = element('tr', {}, element('td'), cell('th', used, 'col'), cell('th', title, 'col'));
    part(this.#root, 'beside-figures').replaceChildren(head, ...rows);
  }

  /** Paints the pictures once more with the other method's matches. */
  paint(shown: readonly [Shown, Shown] | undefined, layers: Layers, radius: number): void {
    this.#root.hidden = !this.#other || !shown;
    if (!this.#other || !shown) return;
    const width = find(this.#root, '.stage').clientWidth;
    const layout = layOut(...shown, width, Math.max(260, 0.72 * innerHeight));
    this.#surface.resize(layout.width, layout.height);
    paintScene(this.#surface.context, shown, layout, this.#other, layers, radius);
  }
}
