/** The view Stitch: photographs that belong together become a panorama. */
import type { Stitched, StitchSettings } from '../engine/album.js';
import { checkbox, takeTexts, textsOf, valuesOf } from '../page/controls.js';
import { detectionControls } from '../page/detection-controls.js';
import { button, element, find, part, showFigures } from '../page/dom.js';
import type { Engine } from '../page/engine.js';
import { bindShare, chooseFiles, onDrop, onPaste, PICTURES, save } from '../page/files.js';
import { latest } from '../page/latest.js';
import { attempt, complain } from '../page/notices.js';
import { onResize, surfaceOf } from '../page/surface.js';
import type { Note, View } from '../page/view.js';
import { wallInParts } from './parts.js';

const MOST = 8;
const TALLEST = 640;
const STATES: Readonly<Record<Stitched['states'][number], string>> = {
  frame: 'gives the frame',
  joined: 'joined',
  apart: 'left out: it overlaps with none of the others',
  stretched: 'left out: too far from the middle for a flat picture',
};

/** A photograph on the page. */
interface Photograph {
  readonly id: number;
  readonly name: string;
  readonly bitmap: ImageBitmap;
}

export class StitchView implements View {
  readonly #root: HTMLElement;
  readonly #engine: Engine;
  readonly #note: Note;
  readonly #surface;
  readonly #settings;
  readonly #exports: HTMLFieldSetElement;
  readonly #empty: HTMLButtonElement;
  readonly #update: () => Promise<void>;
  #photographs: Photograph[] = [];
  #example = false;
  #result: Stitched | undefined;
  #isStale = false;
  #isWaiting = false;

  constructor(root: HTMLElement, engine: Engine, note: Note) {
    this.#root = root;
    this.#engine = engine;
    this.#note = note;
    this.#surface = surfaceOf(part<HTMLCanvasElement>(root, 'panorama'));
    this.#exports = part<HTMLFieldSetElement>(root, 'exports');
    this.#update = latest(() => this.#stitch());
    const onInput = () => {
      this.#noteState();
      void this.#update();
    };
    this.#settings = {
      crop: checkbox('Cut off the ragged edge', true, onInput),
      gains: checkbox('Bring light together', true, onInput),
      ...detectionControls(
        { size: 480, detectionThreshold: 0.01, nmsRadius: 4, maxKeypoints: 1000 },
        { size: 1280, maxKeypoints: 4000 },
        onInput,
      ),
    };
    part(root, 'settings').append(...Object.values(this.#settings).map((control) => control.element));
    button(root, 'add', async () => this.#take(await chooseFiles(PICTURES, true)));
    button(root, 'wall', () => this.#showExample(true, 'push'));
    this.#empty = button(root, 'empty', () => this.#clear());
    button(root, 'save', () =>
      attempt(async () => save(await engine.remote.panoramaFile(), 'panorama.png'), 'save'),
    );
    const share = find<HTMLButtonElement>(root, '[data-do=share]');
    bindShare(share, () => engine.remote.panoramaFile(), 'panorama.png');
    onDrop(part(root, 'stage'), (files) => void this.#take(files));
    onPaste(root, (files) => void this.#take(files));
    onResize(part(root, 'stage'), () => this.#paint());
    engine.onChange(() => {
      // What waits for the first network gets it.
      if (this.#isWaiting) return;
      this.#isStale = true;
      if (!this.#root.hidden) void this.#update();
    });
  }

  show(state: URLSearchParams): void {
    this.#engine.serve('pair');
    this.#isStale = takeTexts(this.#settings, state) || this.#isStale;
    const isAsked = state.get('example') === 'wall';
    if (isAsked !== this.#example) void this.#showExample(isAsked);
    else if (this.#isStale) void this.#update();
    this.#noteState();
    this.#paint();
  }

  #noteState(step?: 'push'): void {
    this.#note({ example: this.#example ? 'wall' : undefined, ...textsOf(this.#settings) }, step);
  }

  async #showExample(shown: boolean, step?: 'push'): Promise<void> {
    this.#clear();
    this.#example = shown;
    this.#noteState(step);
    const files = shown ? await attempt(wallInParts, 'example') : undefined;
    if (files && this.#example) await this.#open(files);
  }

  /** Takes photographs of the user's own. */
  async #take(files: readonly File[]): Promise<void> {
    if (files.length === 0) return;
    if (this.#example) {
      this.#clear();
      this.#noteState('push');
    }
    await this.#open(files);
  }

  async #open(files: readonly File[]): Promise<void> {
    const room = MOST - this.#photographs.length;
    if (files.length > room) {
      complain(`A panorama takes up to ${MOST} photographs; ${files.length - room} were left out.`, 'album');
    }
    for (const file of files.slice(0, room)) {
      const added = await attempt(() => this.#engine.remote.addPhotograph(file, file.name), 'photograph');
      if (added) this.#photographs.push(added);
    }
    this.#result = undefined;
    this.#showAlbum();
    await this.#update();
  }

  async #remove(photograph: Photograph): Promise<void> {
    this.#photographs = this.#photographs.filter((one) => one !== photograph);
    photograph.bitmap.close();
    this.#example = false;
    this.#noteState();
    this.#result = undefined;
    this.#showAlbum();
    part(this.#root, 'album').querySelector('button')?.focus();
    await attempt(() => this.#engine.remote.removePhotograph(photograph.id));
    await this.#update();
  }

  #clear(): void {
    for (const { id, bitmap } of this.#photographs) {
      bitmap.close();
      void attempt(() => this.#engine.remote.removePhotograph(id));
    }
    this.#photographs = [];
    this.#example = false;
    this.#result = undefined;
    this.#showAlbum();
    void this.#update();
    if (!this.#root.hidden) this.#noteState();
  }

  #showAlbum(): void {
    const entries = this.#photographs.map((photograph, n) => {
      const { name, bitmap } = photograph;
      const canvas = element('canvas', {
        width: Math.round((96 * bitmap.width) / bitmap.height),
        height: 96,
      });
      canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      const remove = element('button', { type: 'button', className: 'quiet' }, 'Take away');
      remove.setAttribute('aria-label', `Take away ${name}`);
      remove.addEventListener('click', () => this.#remove(photograph));
      const state = this.#result?.states[n];
      const line = element('span', { className: 'hint' }, state ? STATES[state] : '');
      const entry = element('li', {}, canvas, element('span', {}, name), line, remove);
      entry.classList.toggle('out', state === 'apart' || state === 'stretched');
      return entry;
    });
    part(this.#root, 'album').replaceChildren(...entries);
    this.#empty.disabled = entries.length === 0;
    part(this.#root, 'empty').hidden = entries.length > 0;
  }

  async #stitch(): Promise<void> {
    const reading = part(this.#root, 'reading');
    const photographs = this.#photographs;
    this.#isStale = false;
    this.#result?.bitmap?.close();
    this.#result = undefined;
    this.#exports.disabled = true;
    reading.textContent = photographs.length === 1 ? 'One more photograph to go.' : '';
    showFigures(part(this.#root, 'figures'), {});
    this.#isWaiting = true;
    const network = await this.#engine.ready;
    this.#isWaiting = false;
    if (photographs.length >= 2 && network) {
      const settings = valuesOf<StitchSettings>(this.#settings);
      const result = await attempt(async () => {
        for (const [n, { id }] of photographs.entries()) {
          reading.textContent = `Looking at photograph ${n + 1} of ${photographs.length}…`;
          await this.#engine.remote.lookAtPhotograph(id, settings.size);
        }
        reading.textContent = 'Joining them…';
        return this.#engine.remote.stitch(settings);
      }, 'stitch');
      reading.textContent = '';
      if (result && photographs === this.#photographs) this.#show(result);
      else result?.bitmap?.close();
    }
    this.#paint();
  }

  #show(result: Stitched): void {
    const { states, width, height, pairs, milliseconds } = result;
    this.#result = result;
    this.#showAlbum();
    this.#exports.disabled = !result.bitmap;
    const joined = states.filter((state) => state === 'frame' || state === 'joined').length;
    const left = states.length - joined;
    const all = states.length === 2 ? 'Both belong together.' : `All ${joined} belong together.`;
    const some = `${joined} of ${states.length} belong together; why the other ${left === 1 ? 'is' : 'are'} left out stands beside it.`;
    part(this.#root, 'reading').textContent = !result.bitmap
      ? 'These photographs do not belong together: no two of them show the same thing from one spot, or the same flat thing.'
      : left === 0
        ? all
        : some;
    if (!result.bitmap) return;
    showFigures(part(this.#root, 'figures'), {
      joined: `${joined} of ${states.length}`,
      'pairs that overlap': String(pairs),
      size: `${width} × ${height}`,
      joining: `${Math.round(milliseconds)} ms`,
    });
    this.#surface.canvas.setAttribute('aria-label', `The panorama of ${joined} photographs`);
  }

  #paint(): void {
    if (this.#root.hidden) return;
    const { context, resize } = this.#surface;
    const room = part(this.#root, 'stage').clientWidth;
    const bitmap = this.#result?.bitmap;
    if (!bitmap) {
      resize(room, this.#photographs.length > 0 ? 200 : 0);
      return;
    }
    const scale = Math.min(room / bitmap.width, TALLEST / bitmap.height);
    const [width, height] = [scale * bitmap.width, scale * bitmap.height];
    resize(room, height);
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, (room - width) / 2, 0, width, height);
  }
}
