/** Tells of images in which a network can find little, since their values hardly differ. */
import type { GrayImage } from '../image/image.js';
import { imageContrast, LOW_CONTRAST } from '../image/stretch.js';

/** As many of them are named. */
const MOST_NAMES = 3;

/** Notes images without contrast, and tells of them in one line. */
export class ContrastCheck {
  readonly #isStretched: boolean;
  readonly #names: string[] = [];

  /** @param isStretched with `--stretch`, which is then not recommended. */
  constructor(isStretched = false) {
    this.#isStretched = isStretched;
  }

  /** The images noted so far. */
  get names(): readonly string[] {
    return this.#names;
  }

  note(name: string, image: GrayImage): void {
    if (imageContrast(image) < LOW_CONTRAST) this.#names.push(name);
  }

  /** Writes the line on stderr; nothing where all is well. */
  tell(): void {
    const count = this.#names.length;
    if (count === 0) return;
    const listed = this.#names.slice(0, MOST_NAMES).join(', ') + (count > MOST_NAMES ? ', …' : '');
    const subject =
      count === 1 ? `${listed}: hardly any contrast` : `hardly any contrast in ${count} pictures (${listed})`;
    const advice = this.#isStretched ? '' : '; --stretch spreads their values';
    process.stderr.write(`superpoint: ${subject}: few points can be found, if any${advice}\n`);
  }
}
