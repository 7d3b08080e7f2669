/** The view Learn: MagicPoint trains in the tab. */

import type { Progress } from '../../src/progress.js';
import { connect, type Remote } from '../engine/rpc.js';
import { menu, slider, takeTexts, textsOf, valuesOf } from '../page/controls.js';
import { button, element, part, showFigures } from '../page/dom.js';
import { type Engine, showProgress } from '../page/engine.js';
import { save } from '../page/files.js';
import { attempt, complain, tell } from '../page/notices.js';
import { onResize, surfaceOf } from '../page/surface.js';
import type { Note, View } from '../page/view.js';
import { AdaptationPanel } from './adaptation-panel.js';
import { paintCurve, smoothed } from './curve.js';
import { JointPanel } from './joint-panel.js';
import type { Look } from './look.js';
import { DEFAULT_SETTINGS, type LearnSettings } from './settings.js';
import { showBatch, showTiles } from './tiles.js';
import type { LearnService } from './worker.js';

/** Steps between two looks at shapes that it does not train on. */
const LOOK_EVERY = 20;
/** Steps in the table of numbers. */
const LOGGED = 12;
/** Steps over which the speed is averaged. */
const WINDOW = 20;

export class LearnView implements View {
  readonly #root: HTMLElement;
  readonly #engine: Engine;
  readonly #note: Note;
  #worker: Remote<LearnService> | undefined;
  /** Resolves once a training with the chosen settings is open. */
  #opened: Promise<void> | undefined;
  #losses: number[] = [];
  #times: number[] = [];
  #look: Look | undefined;
  #isRunning = false;
  readonly #adaptation: AdaptationPanel;
  readonly #joint: JointPanel;
  readonly #surface;
  readonly #settings;
  readonly #run: HTMLButtonElement;
  readonly #needSteps: HTMLButtonElement[];

  constructor(root: HTMLElement, engine: Engine, note: Note) {
    this.#root = root;
    this.#engine = engine;
    this.#note = note;
    this.#surface = surfaceOf(part<HTMLCanvasElement>(root, 'curve'));
    const onInput = () => {
      this.#noteState();
      void this.#reset();
    };
    const { network, difficulty, learningRate, seed } = DEFAULT_SETTINGS;
    this.#settings = {
      network: menu(
        'Network',
        { tiny: '17 thousand weights', small: '45 thousand weights', middle: '62 thousand weights' },
        network,
        onInput,
      ),
      difficulty: menu('Shapes', { clear: 'clear', hard: 'turned, noisy and shaded' }, difficulty, onInput),
      learningRate: slider({
        label: 'Learning rate',
        min: 0.0005,
        max: 0.05,
        value: learningRate,
        logarithmic: true,
        onInput,
      }),
      seed: slider({ label: 'Seed', min: 1, max: 20, value: seed, onInput }),
    };
    const settings = part(root, 'settings');
    settings.append(...Object.values(this.#settings).map((control) => control.element));
    settings.append(element('p', { className: 'hint' }, 'A change begins a new training.'));
    this.#run = button(root, 'run', () => this.#toggle());
    button(root, 'step', () => this.#stepOnce());
    button(root, 'reset', () => this.#reset());
    this.#needSteps = [button(root, 'save', () => this.#save()), button(root, 'use', () => this.#use())];
    onResize(part(root, 'tiles'), () => this.repaint());
    const worker = () => this.#ready();
    this.#joint = new JointPanel(part(root, 'joint-step'), engine, worker);
    this.#adaptation = new AdaptationPanel(part(root, 'adaptation-step'), worker, {
      onInput: () => this.#noteState(),
      onDone: () => this.#joint.begin(),
    });
  }

  show(state: URLSearchParams): void {
    const changed = takeTexts(this.#settings, state);
    takeTexts(this.#adaptation.controls, state);
    this.#noteState();
    this.repaint();
    if (changed && this.#opened) void this.#reset();
    else if (!this.#opened) void attempt(() => this.#open()).then(() => this.#examine());
  }

  #noteState(): void {
    this.#note({ ...textsOf(this.#settings), ...textsOf(this.#adaptation.controls) });
  }

  /** Paints what stands on the page again, in its present size and colours. */
  repaint(): void {
    if (this.#root.hidden) return;
    paintCurve(this.#surface, this.#losses);
    this.#joint.repaint();
    if (this.#look) showTiles(part(this.#root, 'tiles'), this.#look.tiles);
  }

  #open(): Promise<void> {
    const make = () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    this.#worker ??= connect<LearnService, Progress>(make(), showProgress);
    const worker = this.#worker;
    const settings = valuesOf<LearnSettings>(this.#settings);
    // It runs on the same runtime, which is loaded once: the browser has kept it by then.
    this.#opened = this.#engine.ready
      .then(() => worker.open(settings))
      .finally(() => showProgress(undefined));
    return this.#opened;
  }

  /** The worker with a training open. @throws Error where it cannot be opened. */
  async #ready(): Promise<Remote<LearnService>> {
    await (this.#opened ?? this.#open());
    if (!this.#worker) throw new Error('expected a training to be open');
    return this.#worker;
  }

  async #reset(): Promise<void> {
    this.#pause();
    this.#losses = [];
    this.#times = [];
    this.#look = undefined;
    for (const needing of this.#needSteps) needing.disabled = true;
    part(this.#root, 'log').replaceChildren();
    part(this.#root, 'batch').replaceChildren();
    part(this.#root, 'reading').textContent = '';
    await attempt(() => this.#open());
    await this.#examine();
  }

  #pause(): void {
    this.#isRunning = false;
    this.#run.textContent = this.#losses.length > 0 ? 'Go on' : 'Start';
  }

  async #toggle(): Promise<void> {
    if (this.#isRunning) return this.#pause();
    this.#isRunning = true;
    this.#run.textContent = 'Pause';
    this.#times = [];
    try {
      while (this.#isRunning) await this.#step();
    } catch (problem) {
      complain(problem, 'training');
      this.#pause();
    }
  }

  async #stepOnce(): Promise<void> {
    this.#pause();
    await attempt(() => this.#step());
    this.#pause();
  }

  async #step(): Promise<void> {
    const worker = await this.#ready();
    const training = this.#opened;
    const { step, loss, images } = await worker.step();
    // A reset while the step was under way: it belongs to a training that is no more.
    if (training !== this.#opened) return;
    this.#losses.push(loss);
    this.#times = [...this.#times, performance.now()].slice(-WINDOW - 1);
    for (const needing of this.#needSteps) needing.disabled = false;
    // Training goes on while another view is shown.
    if (!this.#root.hidden) {
      showBatch(part(this.#root, 'batch'), images);
      paintCurve(this.#surface, this.#losses);
    }
    const row = element('tr', {}, element('td', {}, String(step)), element('td', {}, loss.toFixed(6)));
    const log = part(this.#root, 'log');
    log.prepend(row);
    while (log.childElementCount > LOGGED) log.lastElementChild?.remove();
    this.#showNumbers();
    if (step % LOOK_EVERY === 0) await this.#examine();
  }

  async #examine(): Promise<void> {
    await attempt(async () => {
      const worker = await this.#ready();
      const training = this.#opened;
      const seen = await worker.look();
      if (training !== this.#opened) return;
      this.#look = seen;
      this.repaint();
      this.#showNumbers();
      const { precision, recall } = seen;
      const percent = (share: number) => `${Math.round(100 * share)} %`;
      part(this.#root, 'reading').textContent =
        `After ${this.#losses.length} steps it finds ${percent(recall)} of the corners of new shapes; ` +
        `${percent(precision)} of what it finds are corners.`;
    });
  }

  #showNumbers(): void {
    const trend = smoothed(this.#losses).at(-1);
    const [first] = this.#times;
    const last = this.#times.at(-1) ?? first;
    const rate = this.#times.length > 1 ? (1000 * (this.#times.length - 1)) / (last - first) : undefined;
    const percent = (share: number | undefined) =>
      share === undefined ? '–' : `${Math.round(100 * share)} %`;
    showFigures(part(this.#root, 'figures'), {
      steps: String(this.#losses.length),
      loss: trend?.toFixed(3) ?? '–',
      'loss, new shapes': this.#look?.loss.toFixed(3) ?? '–',
      'corners found': percent(this.#look?.recall),
      'of finds right': percent(this.#look?.precision),
      'steps a second': rate?.toFixed(1) ?? '–',
    });
    this.#surface.canvas.setAttribute(
      'aria-label',
      `Loss by step: ${this.#losses.length} steps, now ${trend?.toFixed(2) ?? 'none'}`,
    );
  }

  async #save(): Promise<void> {
    await attempt(async () => {
      const bytes = await (await this.#ready()).weights();
      save(
        new Blob([bytes as Uint8Array<ArrayBuffer>]),
        `magicpoint-${this.#losses.length}-steps.safetensors`,
      );
    });
  }

  async #use(): Promise<void> {
    await attempt(async () => {
      const data = await (await this.#ready()).weights();
      const name = `trained here, ${this.#losses.length} steps`;
      if (!(await this.#engine.add({ name, data }))) return;
      tell(
        this.#engine.describes
          ? 'Match and Track now find points with the detector trained here; SuperPoint describes them.'
          : 'Match and Track now find points with the detector trained here.',
      );
    });
  }
}
