/** The third step of Learn: a minute in which detector and descriptor train together on the adapted photograph. */
import type { Remote } from '../engine/rpc.js';
import { button, part, showFigures } from '../page/dom.js';
import type { Engine } from '../page/engine.js';
import { save } from '../page/files.js';
import { attempt, tell } from '../page/notices.js';
import { surfaceOf } from '../page/surface.js';
import { paintCurve, smoothed } from './curve.js';
import { showBatch } from './tiles.js';
import type { LearnService } from './worker.js';

/** How long it trains by itself, milliseconds. */
const MINUTE = 60_000;

export class JointPanel {
  readonly #root: HTMLElement;
  readonly #engine: Engine;
  readonly #worker: () => Promise<Remote<LearnService>>;
  readonly #surface;
  readonly #run: HTMLButtonElement;
  readonly #needSteps: HTMLButtonElement[];
  #losses: number[] = [];
  #matched: number[] = [];
  #isOpen = false;
  #isRunning = false;
  /** Milliseconds trained so far. */
  #spent = 0;

  constructor(root: HTMLElement, engine: Engine, worker: () => Promise<Remote<LearnService>>) {
    this.#root = root;
    this.#engine = engine;
    this.#worker = worker;
    this.#surface = surfaceOf(part<HTMLCanvasElement>(root, 'curve'));
    this.#run = button(root, 'joint', () => this.#toggle());
    this.#run.disabled = true;
    const weights = async () => (await this.#worker()).jointWeights();
    this.#needSteps = [
      button(root, 'save', () =>
        attempt(async () => {
          const bytes = (await weights()) as Uint8Array<ArrayBuffer>;
          save(new Blob([bytes]), `superpoint-${this.#losses.length}-steps.safetensors`);
        }),
      ),
      button(root, 'use', () =>
        attempt(async () => {
          const name = `SuperPoint trained here, ${this.#losses.length} steps`;
          if (await this.#engine.add({ name, data: await weights() })) {
            tell('All views now use the SuperPoint trained here.');
          }
        }),
      ),
    ];
  }

  /** There are new labels: what was trained on others is no more. */
  begin(): void {
    this.#isRunning = false;
    this.#isOpen = false;
    this.#losses = [];
    this.#matched = [];
    this.#spent = 0;
    this.#run.disabled = false;
    this.#run.textContent = 'Train for a minute';
    for (const needing of this.#needSteps) needing.disabled = true;
    this.repaint();
  }

  repaint(): void {
    paintCurve(this.#surface, this.#losses);
  }

  async #toggle(): Promise<void> {
    if (this.#isRunning) {
      this.#isRunning = false;
      return;
    }
    this.#isRunning = true;
    this.#run.textContent = 'Pause';
    await attempt(async () => {
      const worker = await this.#worker();
      if (!this.#isOpen) await worker.openJoint();
      this.#isOpen = true;
      const until = this.#spent < MINUTE ? MINUTE : this.#spent + MINUTE;
      while (this.#isRunning && this.#spent < until) {
        const start = performance.now();
        const { loss, matched, images } = await worker.stepJoint();
        if (!this.#isOpen) return;
        this.#spent += performance.now() - start;
        this.#losses.push(loss);
        this.#matched.push(matched);
        showBatch(part(this.#root, 'batch'), images);
        this.#show();
      }
    }, 'joint training');
    this.#isRunning = false;
    if (this.#isOpen) this.#run.textContent = this.#spent < MINUTE ? 'Go on' : 'One more minute';
  }

  #show(): void {
    this.repaint();
    for (const needing of this.#needSteps) needing.disabled = false;
    const matched = smoothed(this.#matched).at(-1) ?? 0;
    const [first = 0] = this.#matched;
    const percent = (share: number) => `${Math.round(100 * share)} %`;
    showFigures(part(this.#root, 'figures'), {
      steps: String(this.#losses.length),
      loss: smoothed(this.#losses).at(-1)?.toFixed(3) ?? '–',
      'descriptors that find their place': percent(matched),
      'at the beginning': percent(first),
      seconds: String(Math.round(this.#spent / 1000)),
    });
    this.#surface.canvas.setAttribute('aria-label', `Loss by step: ${this.#losses.length} steps`);
  }
}
