/** How far a long piece of work is: one shape for training, labelling, evaluating and loading. */

/** Where the work stands. */
export interface Progress {
  /** The part that is under way, `magicpoint` or `labels` for instance. One part follows the other. */
  readonly what: string;
  readonly done: number;
  /** All that there is to do in this part; undefined where nobody knows. */
  readonly of?: number | undefined;
  /** Seconds until this part ends; undefined while too little is known. */
  readonly secondsLeft?: number | undefined;
  /** Figures worth seeing, by name: `loss`, `images/s`. */
  readonly figures?: Readonly<Record<string, number>> | undefined;
  /** A sentence worth keeping: what a validation found, what could not be read. */
  readonly note?: string | undefined;
}

/** Is told how far the work is, often; it is silent where nobody asks. */
export type OnProgress = (progress: Progress) => void;

/** Seconds that are measured at least, and at most waited for, before speed is told. */
const MEASURED_SECONDS = [1, 10] as const;

/**
 * Measures speed. What comes before the first result (loading, starting threads) is no part of it, nor are
 * results that come in one burst with the first: nothing is told before half as long again has passed.
 */
export class Pace {
  readonly #now: () => number;
  readonly #began: number;
  readonly #doneBefore: number;
  #first: { readonly at: number; readonly done: number } | undefined;
  #perSecond: number | undefined;

  /**
   * @param doneBefore what was done when the work began: it may have been resumed.
   * @param now a clock, in seconds.
   */
  constructor(doneBefore = 0, now = () => performance.now() / 1000) {
    this.#now = now;
    this.#began = now();
    this.#doneBefore = doneBefore;
  }

  /** To be called whenever more is done; `done` counts what was done before. */
  update(done: number): void {
    if (done <= this.#doneBefore) return;
    const at = this.#now();
    this.#first ??= { at, done };
    const measured = at - this.#first.at;
    const [least, most] = MEASURED_SECONDS;
    const needed = Math.max(least, Math.min(most, (this.#first.at - this.#began) / 2));
    if (measured >= needed && done > this.#first.done) this.#perSecond = (done - this.#first.done) / measured;
  }

  /** Undefined while too little is known. */
  get perSecond(): number | undefined {
    return this.#perSecond;
  }

  /** Seconds that so much more takes at the present speed; undefined while too little is known. */
  secondsFor(more: number): number | undefined {
    return this.#perSecond === undefined ? undefined : more / this.#perSecond;
  }
}

/** What is counted, and from where. */
export interface Counting {
  /** @default nobody knows */
  readonly of?: number | undefined;
  /** Done before the work began. @default 0 */
  readonly done?: number;
  /** What is counted, in the plural: its speed is told. */
  readonly unit?: string;
}

/** Counts things that are done one after the other. @returns to be called after each, with what it showed. */
export function countProgress(
  onProgress: OnProgress | undefined,
  what: string,
  { of, done: before = 0, unit }: Counting,
): (note?: string) => void {
  const pace = new Pace(before);
  let done = before;
  return (note) => {
    pace.update(++done);
    const { perSecond } = pace;
    const secondsLeft = of === undefined ? undefined : pace.secondsFor(of - done);
    const figures = unit === undefined || perSecond === undefined ? undefined : { [`${unit}/s`]: perSecond };
    onProgress?.({ what, done, of, secondsLeft, figures, note });
  };
}

/** Progress of a part of something larger, which is named first: `SIFT, features`. */
export function progressOf(onProgress: OnProgress | undefined, whole: string): OnProgress | undefined {
  return onProgress && ((progress) => onProgress({ ...progress, what: `${whole}, ${progress.what}` }));
}
