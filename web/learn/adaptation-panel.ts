/** The second step of Learn: a photograph adapted before the user's eyes, view by view. */
import { drawHeatmap } from '../../src/drawing/draw.js';
import { rgbaFromGray } from '../../src/image/convert.js';
import type { Remote } from '../engine/rpc.js';
import { type Control, menu, slider } from '../page/controls.js';
import { button, element, part, showFigures } from '../page/dom.js';
import { showProgress } from '../page/engine.js';
import { chooseFiles, onDrop, PICTURES } from '../page/files.js';
import { attempt } from '../page/notices.js';
import { wall } from '../page/wall.js';
import type { AdaptationReport } from './adapter.js';
import type { Detector, LearnService } from './worker.js';

/** Heat of the brightest colour, in a view and in the mean. */
const BRIGHTEST = { view: 0.3, mean: 0.15 };
const DOT = 1.6;

const MAPS = [
  ['view', 'a random view'],
  ['heat', 'what the detector sees in it'],
  ['mean', 'the mean of all views, brought back, and its points'],
] as const;
type Maps = (typeof MAPS)[number][0];

function captioned(name: Maps, caption: string): HTMLElement {
  const canvas = element('canvas', { width: 320, height: 240 });
  canvas.dataset.part = name;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', caption);
  return element('figure', {}, canvas, element('figcaption', {}, caption));
}

export class AdaptationPanel {
  readonly #root: HTMLElement;
  readonly #worker: () => Promise<Remote<LearnService>>;
  readonly #onDone: () => void;
  readonly controls: { readonly views: Control<number>; readonly detector: Control<Detector> };
  readonly #run: HTMLButtonElement;
  #file: File | undefined;
  /** Counts photographs: what is seen of an earlier one is not shown. */
  #epoch = 0;
  #isOpen = false;
  #isRunning = false;

  /** @param events `onDone` is called when labels are there. */
  constructor(
    root: HTMLElement,
    worker: () => Promise<Remote<LearnService>>,
    { onInput, onDone }: { readonly onInput: () => void; readonly onDone: () => void },
  ) {
    this.#root = root;
    this.#worker = worker;
    this.#onDone = onDone;
    const onChange = () => {
      onInput();
      this.#reset();
    };
    this.controls = {
      views: slider({ label: 'N, views of the photograph', min: 1, max: 100, value: 20, onInput: onChange }),
      detector: menu<Detector>(
        'Detector',
        { trained: 'the one trained above', shipped: 'MagicPoint, fully trained' },
        'shipped',
        onChange,
      ),
    };
    part(root, 'settings').append(...Object.values(this.controls).map((control) => control.element));
    part(root, 'maps').append(...MAPS.map(([name, caption]) => captioned(name, caption)));
    this.#run = button(root, 'adapt', () => this.#toggle());
    button(root, 'photograph', async () => this.#take((await chooseFiles(PICTURES))[0]));
    onDrop(root, ([file]) => this.#take(file));
  }

  #take(file: File | undefined): void {
    if (!file) return;
    this.#file = file;
    this.#reset();
    void this.#toggle();
  }

  #reset(): void {
    this.#epoch++;
    this.#isOpen = false;
    this.#pause();
  }

  #pause(): void {
    this.#isRunning = false;
    this.#run.textContent = this.#isOpen ? 'Go on' : 'Adapt';
  }

  async #toggle(): Promise<void> {
    if (this.#isRunning) return this.#pause();
    this.#isRunning = true;
    this.#run.textContent = 'Pause';
    const epoch = this.#epoch;
    await attempt(async () => {
      const worker = await this.#worker();
      this.#file ??= await wall();
      if (!this.#isOpen) {
        const { views, detector } = this.controls;
        await worker.openPhotograph(this.#file, this.#file.name, detector.value, views.value);
        showProgress(undefined);
        this.#isOpen = epoch === this.#epoch;
      }
      while (this.#isRunning && epoch === this.#epoch) {
        const report = await worker.adapt();
        if (epoch !== this.#epoch) return;
        if (!report) {
          this.#isOpen = false;
          break;
        }
        this.#show(report);
      }
      if (!this.#isOpen && epoch === this.#epoch) this.#onDone();
    }, 'adaptation');
    if (epoch === this.#epoch) this.#pause();
  }

  #canvas(name: Maps): HTMLCanvasElement {
    return part<HTMLCanvasElement>(this.#root, name);
  }

  /** Paints a picture, and the heat that is in it. */
  #paint(
    name: Maps,
    image: Float32Array,
    heat: Float32Array | undefined,
    { width, height }: AdaptationReport,
  ): void {
    const canvas = this.#canvas(name);
    Object.assign(canvas, { width, height });
    const maximum = name === 'mean' ? BRIGHTEST.mean : BRIGHTEST.view;
    const gray = { width, height, data: image };
    const { data } = heat ? drawHeatmap(gray, heat, { maximum }) : rgbaFromGray(gray);
    const pixels = new ImageData(data as Uint8ClampedArray<ArrayBuffer>, width, height);
    canvas.getContext('2d')?.putImageData(pixels, 0, 0);
  }

  #show(report: AdaptationReport): void {
    const { views, photo, view, heatmap, mean, plain, labels } = report;
    part(this.#root, 'maps').hidden = false;
    this.#paint('view', view, undefined, report);
    this.#paint('heat', view, heatmap, report);
    this.#paint('mean', photo, mean, report);
    const context = this.#canvas('mean').getContext('2d');
    for (let n = 0; context && n < labels.length; n += 2) {
      context.beginPath();
      context.arc(labels[n] + 0.5, labels[n + 1] + 0.5, DOT, 0, 2 * Math.PI);
      context.fillStyle = '#7ee07a';
      context.fill();
    }
    const total = this.controls.views.value;
    showFigures(part(this.#root, 'figures'), {
      views: `${views} of ${total}`,
      'points from one view': String(plain.length / 2),
      'points from the mean': String(labels.length / 2),
    });
    part(this.#root, 'reading').textContent =
      views < total
        ? ''
        : `${labels.length / 2} points are corners from most viewpoints; they are the labels of the next step.`;
  }
}
