/** Plays frames into a view: its sources and their buttons, pausing, and the loop from frame to frame. */
import { button, part } from '../page/dom.js';
import { chooseFiles } from '../page/files.js';
import { attempt, complain } from '../page/notices.js';
import { camera, type FrameSource, videoFile } from './sources.js';

export type Kind = 'sequence' | 'camera' | 'video';
const KINDS = ['sequence', 'camera', 'video'] as const;

/** The next frame of the source; undefined where there is none. */
export type NextFrame = () => Promise<CanvasImageSource | undefined>;

/** What a view does with frames. */
export interface Audience {
  /** Opens what is bundled. @throws Error in plain words where it cannot be had. */
  bundled(): Promise<FrameSource>;
  /** A source is open. @param step `push` where the user chose what is bundled. */
  opened(source: FrameSource, step?: 'push'): Promise<void> | void;
  /** Asks for the next frame when it is ready for one, and is awaited. */
  see(next: NextFrame): Promise<void>;
  /** No more frames come for now. */
  rest?(): Promise<void>;
}

export class Player {
  readonly #root: HTMLElement;
  readonly #audience: Audience;
  readonly #buttons;
  #source: FrameSource | undefined;
  #kind: Kind | undefined;
  /** Counts what was asked for. */
  #asked = 0;
  #isPaused = false;
  #looping = false;

  /** @param root holds the buttons of the sources, `pause`, and the part `empty` that stands there before. */
  constructor(root: HTMLElement, audience: Audience) {
    this.#root = root;
    this.#audience = audience;
    this.#buttons = {
      sequence: button(root, 'sequence', () => this.openBundled('push')),
      camera: button(root, 'camera', () => this.#open('camera', camera)),
      video: button(root, 'video', async () => {
        const [file] = await chooseFiles('video/*');
        if (file) await this.#open('video', () => videoFile(file));
      }),
      pause: button(root, 'pause', () => this.pause(!this.#isPaused)),
    };
  }

  get source(): FrameSource | undefined {
    return this.#source;
  }

  get kind(): Kind | undefined {
    return this.#kind;
  }

  get isShown(): boolean {
    return !this.#root.hidden;
  }

  show(): void {
    if (!this.#isPaused) this.#source?.resume();
    void this.#loop();
  }

  hide(): void {
    this.#source?.pause();
  }

  openBundled(step?: 'push'): Promise<void> {
    return this.#open('sequence', () => this.#audience.bundled(), step);
  }

  async #open(kind: Kind, open: () => Promise<FrameSource>, step?: 'push'): Promise<void> {
    const asked = ++this.#asked;
    const source = await attempt(open, 'source');
    // What was asked for last counts, whichever opens first.
    if (asked !== this.#asked) source?.close();
    if (!source || asked !== this.#asked) return;
    this.#source?.close();
    this.#source = source;
    this.#kind = kind;
    for (const name of KINDS) this.#buttons[name].setAttribute('aria-pressed', String(name === kind));
    part(this.#root, 'empty').hidden = true;
    this.#buttons.pause.disabled = false;
    await this.#audience.opened(source, step);
    this.pause(false);
  }

  pause(paused: boolean): void {
    this.#isPaused = paused;
    this.#buttons.pause.textContent = paused ? 'Go on' : 'Pause';
    if (paused) this.#source?.pause();
    else this.#source?.resume();
    void this.#loop();
  }

  get #isActive(): boolean {
    return this.isShown && !this.#isPaused && this.#source !== undefined;
  }

  /** Frame after frame, until there is a reason to stop. */
  async #loop(): Promise<void> {
    if (this.#looping) return;
    this.#looping = true;
    try {
      while (this.#isActive) {
        await this.#audience.see(() => this.#next());
        await new Promise(requestAnimationFrame);
      }
      await this.#audience.rest?.();
    } catch (problem) {
      complain(problem, 'source');
      this.pause(true);
    } finally {
      this.#looping = false;
    }
    // It may have gone on while the last frame was awaited.
    if (this.#isActive) void this.#loop();
  }

  /** The frame of this moment, unless there has been a reason to stop since it was asked for. */
  async #next(): Promise<CanvasImageSource | undefined> {
    const source = this.#source;
    const picture = this.#isActive ? await source?.next() : undefined;
    return source === this.#source ? picture : undefined;
  }
}
