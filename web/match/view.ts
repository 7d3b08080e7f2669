/** The view Match: two pictures, their points, their matches and the homography between them. */
import type { Comparison, MatchSettings, Side } from '../engine/pair.js';
import { checkbox, slider, takeTexts, textsOf, valuesOf } from '../page/controls.js';
import { detectionControls } from '../page/detection-controls.js';
import { button, element, find, part, showFigures } from '../page/dom.js';
import type { Engine } from '../page/engine.js';
import { bindShare, chooseFiles, onDrop, onPaste, PICTURES, save } from '../page/files.js';
import { latest } from '../page/latest.js';
import { attempt, tell } from '../page/notices.js';
import { onResize, surfaceOf } from '../page/surface.js';
import type { Note, View } from '../page/view.js';
import { Beside, figuresOf } from './beside.js';
import { EXAMPLES } from './examples.js';
import { type Layers, layOut, matchAt, paintLens, paintScene, ranking, type Shown } from './scene.js';
import { paintWipe } from './wipe.js';

const POINT_RADIUS = 2.6;

export class MatchView implements View {
  readonly #root: HTMLElement;
  readonly #engine: Engine;
  readonly #note: Note;
  /** The example that is shown, if it is one. */
  #example: string | undefined;
  readonly #shown: [Shown | undefined, Shown | undefined] = [undefined, undefined];
  #comparison: Comparison | undefined;
  #warped: ImageBitmap | undefined;
  /** The match that is looked at, as a place in the ranking. */
  #selected: number | undefined;
  /** Whether what is shown comes from settings or a model that are no more. */
  #isStale = false;
  #isWaiting = false;
  /** What the numbers mean, in a sentence. */
  #verdict = '';
  readonly #surface;
  readonly #wipeSurface;
  readonly #wipe: HTMLInputElement;
  readonly #settings;
  readonly #layers;
  readonly #beside: Beside;
  readonly #exports: HTMLFieldSetElement;
  readonly #update: () => Promise<void>;

  constructor(root: HTMLElement, engine: Engine, note: Note) {
    this.#root = root;
    this.#engine = engine;
    this.#note = note;
    this.#update = latest(() => this.#compare());
    this.#surface = surfaceOf(part<HTMLCanvasElement>(root, 'matches'));
    this.#wipeSurface = surfaceOf(part<HTMLCanvasElement>(root, 'wipe'));
    this.#wipe = find<HTMLInputElement>(root, '#wipe');
    this.#exports = part<HTMLFieldSetElement>(root, 'exports');
    const onInput = () => {
      this.#noteState();
      void this.#update();
    };
    this.#settings = {
      ...detectionControls(
        { size: 480, detectionThreshold: 0.01, nmsRadius: 4, maxKeypoints: 1000 },
        { size: 1280, maxKeypoints: 4000 },
        onInput,
      ),
      minSimilarity: slider({
        label: 'Least similarity of a match',
        min: 0,
        max: 0.99,
        step: 0.01,
        value: 0,
        format: (value) => value.toFixed(2),
        onInput,
      }),
      inlierDistance: slider({
        label: 'Inlier within',
        min: 0.5,
        max: 10,
        step: 0.5,
        value: 3,
        format: (pixels) => `${pixels} px`,
        onInput,
      }),
    };
    const repaint = () => {
      this.#noteState();
      this.#paint();
    };
    this.#layers = {
      points: checkbox('Points', false, repaint),
      matches: checkbox('Matches', true, repaint),
      outliers: checkbox('Matches that the homography refutes', true, repaint),
    };
    part(root, 'settings').append(...Object.values(this.#settings).map((control) => control.element));
    this.#beside = new Beside(part(root, 'beside'), engine, onInput);
    part(root, 'settings').append(this.#beside.control.element);
    part(root, 'layers').append(...Object.values(this.#layers).map((control) => control.element));
    this.#bindPictures();
    this.#bindLooking();
    this.#bindExports();
    engine.onChange(() => {
      // What waits for the first network gets it.
      if (this.#isWaiting) return;
      this.#isStale = true;
      if (!this.#root.hidden) void this.#update();
    });
  }

  show(state: URLSearchParams): void {
    this.#engine.serve('pair');
    this.#isStale = takeTexts({ ...this.#settings, beside: this.#beside.control }, state) || this.#isStale;
    takeTexts(this.#layers, state);
    const example = state.get('example') ?? undefined;
    if (example !== this.#example) void this.#showExample(example);
    else if (this.#isStale) void this.#update();
    this.#noteState();
    this.#paint();
  }

  #noteState(step?: 'push'): void {
    const controls = { ...this.#settings, ...this.#layers, beside: this.#beside.control };
    this.#note({ example: this.#example, ...textsOf(controls) }, step);
  }

  /** Takes the pictures of an example, or none. */
  async #showExample(example: string | undefined, step?: 'push'): Promise<void> {
    const pictures = Object.hasOwn(EXAMPLES, example ?? '') ? EXAMPLES[example ?? ''] : undefined;
    this.#example = pictures && example;
    this.#noteState(step);
    if (pictures) {
      const files = await attempt(pictures, 'example');
      // Another may have been asked for meanwhile.
      if (files && this.#example === example) await this.#open(files, 0);
    } else this.#clear();
  }

  #clear(): void {
    this.#shown.fill(undefined);
    this.#comparison = undefined;
    this.#warped?.close();
    this.#warped = undefined;
    this.#exports.disabled = true;
    part(this.#root, 'reading').textContent = '';
    part(this.#root, 'figures').replaceChildren();
    this.#surface.resize(0, 0);
    this.#paint();
  }

  #bindPictures(): void {
    const root = this.#root;
    const choose = async (side: Side) => this.#take(await chooseFiles(PICTURES, true), side);
    button(root, 'first', () => choose(0));
    button(root, 'second', () => choose(1));
    button(root, 'swap', () => this.#swap());
    for (const name of Object.keys(EXAMPLES)) button(root, name, () => this.#showExample(name, 'push'));
    const stage = part(root, 'stage');
    onDrop(stage, (files, x, y) => {
      const isSecond = this.#shown[0] && (stage.clientWidth < 600 ? y : x) > 0.5;
      void this.#take(files, isSecond ? 1 : 0);
    });
    onPaste(root, (files) => void this.#take(files, this.#shown[0] ? 1 : 0));
    onResize(stage, () => this.#paint());
  }

  /** Takes pictures of the user's own. */
  async #take(files: readonly File[], side: Side): Promise<void> {
    if (files.length === 0) return;
    const isFirst = this.#example !== undefined;
    this.#example = undefined;
    this.#noteState(isFirst ? 'push' : undefined);
    await this.#open(files, side);
  }

  /** Takes one picture for `side`, or two for both. */
  async #open(files: readonly File[], side: Side): Promise<void> {
    const chosen = files.slice(0, 2);
    for (const [n, file] of chosen.entries()) {
      const place = (chosen.length === 2 ? n : side) as Side;
      const open = () => this.#engine.remote.openPicture(place, file, file.name);
      const opened = await attempt(open, `picture ${place}`);
      if (!opened) continue;
      this.#shown[place] = opened;
      this.#comparison = undefined;
      this.#paint();
    }
    await this.#update();
  }

  async #swap(): Promise<void> {
    this.#shown.reverse();
    await attempt(() => this.#engine.remote.swapPictures());
    await this.#update();
  }

  async #compare(): Promise<void> {
    const [first, second] = this.#shown;
    const reading = part(this.#root, 'reading');
    this.#isStale = false;
    if (!first || !second) {
      reading.textContent = first || second ? 'One more picture to go.' : '';
      return;
    }
    reading.textContent = 'Computing…';
    this.#isWaiting = true;
    const network = await this.#engine.ready;
    this.#isWaiting = false;
    const comparison = network
      ? await attempt(() => this.#engine.remote.compare(valuesOf<MatchSettings>(this.#settings)), 'match')
      : undefined;
    this.#comparison = comparison;
    this.#selected = undefined;
    this.#exports.disabled = !comparison;
    reading.textContent = '';
    this.#warped?.close();
    this.#warped = undefined;
    if (comparison) {
      this.#showNumbers(comparison);
      this.#paint();
      this.#warped = (await attempt(() => this.#engine.remote.overlay())) ?? undefined;
      const settings = valuesOf<MatchSettings>(this.#settings);
      await this.#beside.update(comparison, settings, this.#engine.title);
    }
    this.#paint();
  }

  #showNumbers(comparison: Comparison): void {
    const { matches, inlierCount, H_0to1, verdict, remark } = comparison;
    showFigures(part(this.#root, 'figures'), figuresOf(comparison));
    const why = verdict === 'chance' ? 'which chance would give' : 'but on a line or in too few places';
    const agreement = H_0to1
      ? `${inlierCount} of ${matches.count} matches agree on a homography.`
      : `No common plane: ${inlierCount} of ${matches.count} matches agree, ${why}.`;
    const advice = 'Point at a match to see both ends; the arrow keys step through them.';
    this.#verdict = remark ?? `${agreement} ${advice}`;
    part(this.#root, 'reading').textContent = this.#verdict;
    const rows = H_0to1 ? [0, 3, 6].map((row) => [...H_0to1.subarray(row, row + 3)]) : [];
    part(this.#root, 'homography').replaceChildren(
      ...rows.map((row) => element('tr', {}, ...row.map((value) => element('td', {}, value.toPrecision(6))))),
    );
    this.#surface.canvas.setAttribute(
      'aria-label',
      `Two pictures with ${matches.count} matches, ${inlierCount} inliers`,
    );
  }

  #layout(first: Shown, second: Shown) {
    const width = part(this.#root, 'stage').clientWidth;
    return layOut(first, second, width, Math.max(260, 0.72 * innerHeight));
  }

  #paint(): void {
    const [first, second] = this.#shown;
    const only = first ?? second;
    part(this.#root, 'empty').hidden = only !== undefined;
    part(this.#root, 'overlay').hidden = !this.#warped;
    if (!only || this.#root.hidden) return;
    const { context } = this.#surface;
    const shown = [first ?? only, second ?? only] as const;
    const layout = this.#layout(...shown);
    this.#surface.resize(layout.width, layout.height);
    const comparison = this.#comparison;
    paintScene(context, shown, layout, comparison, valuesOf<Layers>(this.#layers), POINT_RADIUS);
    if (!first || !second) {
      const { left, top, scale } = layout.placements[first ? 1 : 0];
      context.fillStyle = '#1d2026';
      context.fillRect(left, top, only.width * scale, only.height * scale);
    }
    const match = comparison && this.#selectedMatch(comparison);
    if (comparison && match !== undefined) paintLens(context, shown, layout, comparison, match);
    this.#paintWipe();
    const both = first && second ? ([first, second] as const) : undefined;
    this.#beside.paint(comparison ? both : undefined, valuesOf<Layers>(this.#layers), POINT_RADIUS);
  }

  #paintWipe(): void {
    const [first] = this.#shown;
    if (first && this.#warped) {
      paintWipe(this.#wipeSurface, first, this.#warped, Number(this.#wipe.value) / 100);
    }
  }

  #selectedMatch(comparison: Comparison): number | undefined {
    if (this.#selected === undefined) return undefined;
    return ranking(comparison, valuesOf<Layers>(this.#layers))[this.#selected];
  }

  #select(selected: number | undefined): void {
    if (selected === this.#selected || !this.#comparison) return;
    this.#selected = selected;
    this.#paint();
    const reading = part(this.#root, 'reading');
    reading.textContent = this.#verdict;
    const match = this.#selectedMatch(this.#comparison);
    if (match === undefined) return;
    const { matches, points, inliers, H_0to1 } = this.#comparison;
    const at = (side: Side, n: number) =>
      `(${points[side].keypoints[2 * n].toFixed(1)}, ${points[side].keypoints[2 * n + 1].toFixed(1)})`;
    const kind = !H_0to1 ? '' : inliers[match] ? ', an inlier' : ', an outlier';
    reading.textContent =
      `Match ${(selected ?? 0) + 1} by similarity: ${matches.similarities[match].toFixed(3)}, from ` +
      `${at(0, matches.indices0[match])} to ${at(1, matches.indices1[match])}${kind}`;
  }

  #bindLooking(): void {
    const { canvas } = this.#surface;
    const point = ({ offsetX, offsetY }: PointerEvent) => {
      const [first, second] = this.#shown;
      const comparison = this.#comparison;
      if (!first || !second || !comparison) return;
      const candidates = ranking(comparison, valuesOf<Layers>(this.#layers));
      const match = matchAt(offsetX, offsetY, this.#layout(first, second), comparison, candidates);
      this.#select(match === undefined ? undefined : candidates.indexOf(match));
    };
    canvas.addEventListener('pointermove', point);
    canvas.addEventListener('pointerdown', point);
    canvas.addEventListener('pointerleave', () => this.#select(undefined));
    canvas.addEventListener('blur', () => this.#select(undefined));
    canvas.addEventListener('keydown', (event) => {
      if (!this.#comparison) return;
      const last = ranking(this.#comparison, valuesOf<Layers>(this.#layers)).length - 1;
      const steps: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
      if (event.key === 'Escape') this.#select(undefined);
      if (!(event.key in steps) || last < 0) return;
      event.preventDefault();
      const next = this.#selected === undefined ? 0 : this.#selected + steps[event.key];
      this.#select(Math.min(last, Math.max(0, next)));
    });
    this.#wipe.addEventListener('input', () => this.#paintWipe());
    const drag = (event: PointerEvent) => {
      const [first] = this.#shown;
      if (!first || event.buttons === 0) return;
      this.#wipe.value = String((100 * event.offsetX) / this.#wipeSurface.canvas.clientWidth);
      this.#paintWipe();
    };
    this.#wipeSurface.canvas.addEventListener('pointerdown', drag);
    this.#wipeSurface.canvas.addEventListener('pointermove', drag);
  }

  /** The scene at the pictures' own size, without what the pointer shows. */
  async #picture(): Promise<Blob> {
    const [first, second] = this.#shown;
    if (!first || !second) throw new Error('expected two pictures');
    const width = first.bitmap.width + second.bitmap.width;
    const layout = layOut(first, second, width, Math.max(first.bitmap.height, second.bitmap.height));
    const canvas = new OffscreenCanvas(Math.round(layout.width), Math.round(layout.height));
    const context = canvas.getContext('2d');
    if (!context) throw new Error('this browser has no canvas of that size');
    const radius = POINT_RADIUS * Math.max(1, layout.height / 600);
    paintScene(context, [first, second], layout, this.#comparison, valuesOf<Layers>(this.#layers), radius);
    return canvas.convertToBlob({ type: 'image/png' });
  }

  #bindExports(): void {
    const { remote } = this.#engine;
    const saved = (file: () => Promise<Blob>, name: string) => () =>
      attempt(async () => save(await file(), name));
    button(
      this.#root,
      'save-json',
      saved(() => remote.featuresFile('json'), 'features.json'),
    );
    button(
      this.#root,
      'save-npz',
      saved(() => remote.featuresFile('npz'), 'features.npz'),
    );
    button(
      this.#root,
      'save-picture',
      saved(() => this.#picture(), 'matches.png'),
    );
    const share = find<HTMLButtonElement>(this.#root, '[data-do=share]');
    bindShare(share, () => this.#picture(), 'matches.png');
    button(this.#root, 'copy-json', () =>
      attempt(async () => {
        const text = await (await remote.featuresFile('json')).text();
        await navigator.clipboard.writeText(text);
        tell(
          `The features of both pictures are in the clipboard (${(text.length / 1e6).toFixed(1)} MB of JSON).`,
        );
      }),
    );
    button(this.#root, 'copy-picture', () =>
      attempt(async () => {
        await navigator.clipboard.write([new ClipboardItem({ 'image/png': this.#picture() })]);
        tell('The picture of the matches is in the clipboard.');
      }),
    );
  }
}
