/** The view Track: points followed through a sequence, and a frozen frame found in all that follow. */
import type { FrameResult, TrackSettings } from '../engine/sequence.js';
import { checkbox, slider, takeTexts, textsOf, valuesOf } from '../page/controls.js';
import { detectionControls } from '../page/detection-controls.js';
import { button, element, part, showFigures } from '../page/dom.js';
import type { Engine } from '../page/engine.js';
import { chooseFiles } from '../page/files.js';
import { attempt, complain } from '../page/notices.js';
import { surfaceOf } from '../page/surface.js';
import type { Note, View } from '../page/view.js';
import { paintTracking, type TrackLayers } from './paint.js';
import { bundledSequence, camera, type FrameSource, videoFile } from './sources.js';

/** Frames over which the rate is averaged. */
const RATE_FRAMES = 15;
/** Frames between two updates of the numbers: fast ones cannot be read. */
const FIGURES_EVERY = 5;
/** Widest that a frame is handled, in pixels. */
const WIDEST = 960;

type Kind = 'sequence' | 'camera' | 'video';

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
  #source: FrameSource | undefined;
  #kind: Kind | undefined;
  #reference: HTMLCanvasElement | undefined;
  #isShown = false;
  #isPaused = false;
  #looping = false;
  /** When the last frames were shown, milliseconds. */
  #times: number[] = [];
  #frames = 0;
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
    const { remote } = engine;
    this.#buttons = {
      sequence: button(root, 'sequence', () => this.#open('sequence', () => bundledSequence(remote), 'push')),
      camera: button(root, 'camera', () => this.#open('camera', camera)),
      video: button(root, 'video', async () => {
        const [file] = await chooseFiles('video/*');
        if (file) await this.#open('video', () => videoFile(file));
      }),
      pause: button(root, 'pause', () => this.#pause(!this.#isPaused)),
      freeze: button(root, 'freeze', () => this.#freeze()),
      release: button(root, 'release', () => this.#release()),
    };
    engine.onChange(() => this.#forgetReference());
  }

  show(state: URLSearchParams): void {
    this.#isShown = true;
    this.#engine.serve('stream');
    takeTexts(this.#settings, state);
    takeTexts(this.#layers, state);
    // A link starts what is bundled; a camera and files are the user's to give.
    const isAsked = state.get('source') === 'sequence';
    if (isAsked && this.#kind !== 'sequence') {
      void this.#open('sequence', () => bundledSequence(this.#engine.remote));
    } else this.#noteState();
    if (!this.#isPaused) this.#source?.resume();
    void this.#loop();
  }

  hide(): void {
    this.#isShown = false;
    this.#source?.pause();
  }

  #noteState(step?: 'push'): void {
    const source = this.#kind === 'sequence' ? this.#kind : undefined;
    this.#note({ source, ...textsOf(this.#settings), ...textsOf(this.#layers) }, step);
  }

  async #open(kind: Kind, open: () => Promise<FrameSource>, step?: 'push'): Promise<void> {
    const source = await attempt(open, 'source');
    if (!source) return;
    this.#source?.close();
    this.#source = source;
    this.#kind = kind;
    if (this.#isShown) this.#noteState(step);
    for (const name of ['sequence', 'camera', 'video'] as const) {
      this.#buttons[name].setAttribute('aria-pressed', String(name === kind));
    }
    const scale = Math.min(1, WIDEST / Math.max(source.width, source.height));
    this.#canvases = [0, 1].map(() =>
      element('canvas', {
        width: Math.round(source.width * scale),
        height: Math.round(source.height * scale),
      }),
    );
    part(this.#root, 'empty').hidden = true;
    this.#buttons.pause.disabled = false;
    this.#times = [];
    this.#frames = 0;
    await attempt(() => this.#engine.remote.restartTracks());
    this.#release();
    this.#pause(false);
  }

  #pause(paused: boolean): void {
    this.#isPaused = paused;
    if (!paused) this.#times = [];
    this.#buttons.pause.textContent = paused ? 'Go on' : 'Pause';
    if (paused) this.#source?.pause();
    else this.#source?.resume();
    void this.#loop();
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

  #isActive(): boolean {
    return this.#isShown && !this.#isPaused && this.#source !== undefined;
  }

  /** Frame after frame, until there is a reason to stop; one is painted while the worker is at the next. */
  async #loop(): Promise<void> {
    if (this.#looping) return;
    this.#looping = true;
    try {
      let shot: Shot | undefined;
      while (shot || this.#isActive()) {
        if (!(await this.#engine.ready)) throw new Error('Tracking needs a model: choose one above.');
        const result = await shot?.result;
        const next = this.#isActive() ? await this.#shoot() : undefined;
        if (shot && result && shot.source === this.#source) this.#show(shot, result);
        result?.heat?.close();
        shot = next;
        await new Promise(requestAnimationFrame);
      }
    } catch (problem) {
      complain(problem, 'source');
      this.#pauseAfter();
    } finally {
      this.#looping = false;
    }
  }

  #pauseAfter(): void {
    this.#isPaused = true;
    this.#source?.pause();
    this.#buttons.pause.textContent = 'Go on';
  }

  /** Sends the frame of this moment to the worker. */
  async #shoot(): Promise<Shot | undefined> {
    const source = this.#source;
    const picture = await source?.next();
    if (!source || !picture || source !== this.#source) return undefined;
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
    this.#times = [...this.#times, performance.now()].slice(-RATE_FRAMES - 1);
    const [first] = this.#times;
    const elapsed = performance.now() - first;
    if (this.#frames > 3 && this.#frames % FIGURES_EVERY !== 0) return;
    const { points, trails, continued, before, meanLength, found, milliseconds } = result;
    const rate = this.#times.length > 1 ? ((1000 * (this.#times.length - 1)) / elapsed).toFixed(1) : '–';
    showFigures(part(this.#root, 'figures'), {
      'frames a second': rate,
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
