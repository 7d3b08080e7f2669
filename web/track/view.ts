/** The view Track: points followed through a sequence, and a frozen frame found in all that follow. */
import type { FrameResult, TrackSettings } from '../engine/sequence.js';
import { checkbox, slider, takeTexts, textsOf, valuesOf } from '../page/controls.js';
import { detectionControls } from '../page/detection-controls.js';
import { button, element, part, showFigures } from '../page/dom.js';
import type { Engine } from '../page/engine.js';
import { attempt } from '../page/notices.js';
import { Pace } from '../page/pace.js';
import { surfaceOf } from '../page/surface.js';
import type { Note, View } from '../page/view.js';
import { paintTracking, type TrackLayers } from './paint.js';
import { type NextFrame, Player } from './player.js';
import { bundledSequence, type FrameSource } from './sources.js';

/** Frames between two updates of the numbers: fast ones cannot be read. */
const FIGURES_EVERY = 5;
/** Widest that a frame is handled, in pixels. */
const WIDEST = 960;

/** A frame that the worker is at. */
interface Shot {
  readonly source: FrameSource;
  readonly canvas: HTMLCanvasElement;
  readonly settings: TrackSettings;
  readonly result: Promise<FrameResult>;
}

export class TrackView implements View {
  readonly #root: HTMLElement;
  readonly #engine: Engine;
  readonly #note: Note;
  readonly #surface;
  /** The frame that is shown and the one that the worker is at, in turns. */
  #canvases = [document.createElement('canvas'), document.createElement('canvas')];
  /** The frame that the worker got last. */
  #sent: HTMLCanvasElement | undefined;
  #shot: Shot | undefined;
  #reference: HTMLCanvasElement | undefined;
  #pace = new Pace();
  #frames = 0;
  readonly #player;
  readonly #settings;
  readonly #layers;
  readonly #buttons;

  constructor(root: HTMLElement, engine: Engine, note: Note) {
    this.#root = root;
    this.#engine = engine;
    this.#note = note;
    this.#surface = surfaceOf(part<HTMLCanvasElement>(root, 'frame'));
    const onInput = () => this.#noteState();
    this.#settings = {
      ...detectionControls(
        { size: 320, detectionThreshold: 0.015, nmsRadius: 4, maxKeypoints: 300 },
        { size: 640, maxKeypoints: 1000 },
        onInput,
      ),
      matchThreshold: slider({
        label: 'Descriptors at most apart',
        min: 0.1,
        max: 1.4,
        step: 0.05,
        value: 0.7,
        format: (value) => value.toFixed(2),
        onInput,
      }),
      trailLength: slider({
        label: 'Longest trail',
        min: 2,
        max: 40,
        value: 10,
        format: (frames) => `${frames} frames`,
        onInput,
      }),
      minLength: slider({
        label: 'Shown once seen in',
        min: 1,
        max: 10,
        value: 2,
        format: (frames) => `${frames} frames`,
        onInput,
      }),
    };
    this.#layers = {
      trails: checkbox('Trails', true, onInput),
      points: checkbox('All points', false, onInput),
      heat: checkbox('Heatmap', false, onInput),
      matches: checkbox('Matches with the frozen frame', true, onInput),
    };
    part(root, 'settings').append(...Object.values(this.#settings).map((control) => control.element));
    part(root, 'layers').append(...Object.values(this.#layers).map((control) => control.element));
    this.#player = new Player(root, {
      bundled: () => bundledSequence(engine.remote),
      opened: (source, step) => this.#opened(source, step),
      see: (next) => this.#see(next),
      rest: () => this.#rest(),
    });
    this.#buttons = {
      freeze: button(root, 'freeze', () => this.#freeze()),
      release: button(root, 'release', () => this.#release()),
    };
    engine.onChange(() => this.#forgetReference());
  }

  show(state: URLSearchParams): void {
    this.#engine.serve('stream');
    takeTexts(this.#settings, state);
    takeTexts(this.#layers, state);
    this.#player.show();
    // A link starts what is bundled; a camera and files are the user's to give.
    if (state.get('source') === 'sequence' && this.#player.kind !== 'sequence') {
      void this.#player.openBundled();
    } else this.#noteState();
  }

  hide(): void {
    this.#player.hide();
  }

  #noteState(step?: 'push'): void {
    const source = this.#player.kind === 'sequence' ? 'sequence' : undefined;
    this.#note({ source, ...textsOf(this.#settings), ...textsOf(this.#layers) }, step);
  }

  async #opened(source: FrameSource, step?: 'push'): Promise<void> {
    if (this.#player.isShown) this.#noteState(step);
    const scale = Math.min(1, WIDEST / Math.max(source.width, source.height));
    this.#canvases = [0, 1].map(() =>
      element('canvas', {
        width: Math.round(source.width * scale),
        height: Math.round(source.height * scale),
      }),
    );
    this.#pace = new Pace();
    this.#frames = 0;
    await attempt(() => this.#engine.remote.restartTracks());
    this.#release();
  }

  /** Keeps the newest frame as what is to be found in the next ones. */
  async #freeze(): Promise<void> {
    const sent = this.#sent;
    if (!sent) return;
    const { width, height } = sent;
    const copy = element('canvas', { width, height });
    copy.getContext('2d')?.drawImage(sent, 0, 0);
    await attempt(async () => {
      await this.#engine.remote.freeze();
      this.#reference = copy;
      this.#buttons.release.disabled = false;
      part(this.#root, 'reading').textContent = 'Frozen. Its outline follows it through the next frames.';
    });
  }

  #release(): void {
    this.#forgetReference();
    void attempt(() => this.#engine.remote.release());
  }

  #forgetReference(): void {
    this.#reference = undefined;
    this.#buttons.release.disabled = true;
    part(this.#root, 'reading').textContent = '';
  }

  /** One frame is painted while the worker is at the next. */
  async #see(next: NextFrame): Promise<void> {
    if (!(await this.#engine.ready)) throw new Error('Tracking needs a model: choose one above.');
    await this.#finish(() => this.#shoot(next));
  }

  async #rest(): Promise<void> {
    await this.#finish(async () => undefined);
    this.#pace = new Pace();
  }

  /** Shows what the worker is at once it is done, after it has been given more. */
  async #finish(shoot: () => Promise<Shot | undefined>): Promise<void> {
    const shot = this.#shot;
    this.#shot = undefined;
    const result = await shot?.result;
    this.#shot = await shoot();
    if (shot && result && shot.source === this.#player.source) this.#show(shot, result);
    result?.heat?.close();
  }

  /** Sends the frame of this moment to the worker. */
  async #shoot(next: NextFrame): Promise<Shot | undefined> {
    const picture = await next();
    const { source } = this.#player;
    if (!source || !picture) return undefined;
    this.#canvases.reverse();
    const [canvas] = this.#canvases;
    const { width, height } = canvas;
    canvas.getContext('2d')?.drawImage(picture, 0, 0, width, height);
    if (picture instanceof ImageBitmap) picture.close();
    const bitmap = await createImageBitmap(canvas);
    const { heat } = this.#layers;
    const settings = { ...valuesOf<Omit<TrackSettings, 'heat'>>(this.#settings), heat: heat.value };
    this.#sent = canvas;
    const result = this.#engine.remote.track(bitmap, settings);
    // It is awaited one round later; until then its failure must not count as unhandled.
    result.catch(() => {});
    return { source, canvas, settings, result };
  }

  #show({ canvas: frame, settings }: Shot, result: FrameResult): void {
    const { canvas, context, resize } = this.#surface;
    const room = canvas.parentElement?.clientWidth ?? frame.width;
    const tallest = Math.max(260, 0.72 * innerHeight);
    const scale = Math.min(room / frame.width, tallest / frame.height);
    const [width, height] = [scale * frame.width, scale * frame.height];
    resize(room, height);
    context.translate((room - width) / 2, 0);
    context.drawImage(frame, 0, 0, width, height);
    const layers = valuesOf<TrackLayers>(this.#layers);
    paintTracking(context, result, width, layers, settings.trailLength, this.#reference);
    this.#buttons.freeze.disabled = !this.#engine.describes;
    this.#count(result);
  }

  #count(result: FrameResult): void {
    this.#frames++;
    this.#pace.count();
    if (this.#frames > 3 && this.#frames % FIGURES_EVERY !== 0) return;
    const { points, trails, continued, before, meanLength, found, milliseconds } = result;
    showFigures(part(this.#root, 'figures'), {
      'frames a second': this.#pace.text,
      'one frame': `${Math.round(milliseconds)} ms`,
      points: String(points.count),
      'followed on': before > 0 ? `${Math.round((100 * continued) / Math.min(before, points.count))} %` : '–',
      trails: String(trails.length),
      'mean age': `${meanLength.toFixed(1)} frames`,
      ...(found ? { 'frozen frame': found.outline ? `${found.inlierCount} points` : 'not in sight' } : {}),
    });
    if (this.#engine.describes) return;
    part(this.#root, 'reading').textContent =
      'This model detects points but does not describe them, so they cannot be followed.';
  }
}
