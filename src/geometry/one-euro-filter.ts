/**
 * Steadies numbers that come frame by frame: heavily while they rest, where trembling shows, and hardly while they
 * move, where lag does (the 1€ filter of Casiez, Roussel and Vogel, CHI 2012). All numbers of one thing, such as
 * the corners of an outline, are filtered alike, by their common speed, so that it keeps its shape.
 */
export interface OneEuroOptions {
  /** Hertz that pass at rest; > 0. @default 1 */
  readonly minCutoff?: number;
  /** Hertz more for each unit a second of speed; >= 0. @default 0.1 */
  readonly beta?: number;
}

/** Hertz that pass of the speed. */
const SPEED_CUTOFF = 1;

/** Weight of a new value among those before, a time after the last. */
function weightOf(cutoff: number, seconds: number): number {
  const constant = 1 / (2 * Math.PI * cutoff);
  return seconds / (seconds + constant);
}

export class OneEuroFilter {
  readonly #minCutoff: number;
  readonly #beta: number;
  #values: Float64Array | undefined;
  #velocity = new Float64Array();
  #at = 0;

  /** @throws RangeError for options out of range. */
  constructor({ minCutoff = 1, beta = 0.1 }: OneEuroOptions = {}) {
    if (!(minCutoff > 0)) throw new RangeError(`expected minCutoff to be > 0 Hz, got ${minCutoff}`);
    if (!(beta >= 0)) throw new RangeError(`expected beta to be >= 0, got ${beta}`);
    this.#minCutoff = minCutoff;
    this.#beta = beta;
  }

  /** Forgets what came before. */
  reset(): void {
    this.#values = undefined;
  }

  /**
   * Takes the next values.
   * @param seconds when they were seen, on any clock; values of the same moment or an earlier one change nothing.
   */
  next(values: ArrayLike<number>, seconds: number): Float64Array {
    const last = this.#values;
    const elapsed = seconds - this.#at;
    if (last?.length !== values.length) {
      this.#values = Float64Array.from(values);
      this.#velocity = new Float64Array(values.length);
      this.#at = seconds;
    } else if (elapsed > 0) {
      const speedWeight = weightOf(SPEED_CUTOFF, elapsed);
      let square = 0;
      for (let i = 0; i < last.length; i++) {
        this.#velocity[i] += speedWeight * ((values[i] - last[i]) / elapsed - this.#velocity[i]);
        square += this.#velocity[i] ** 2 / last.length;
      }
      const weight = weightOf(this.#minCutoff + this.#beta * Math.sqrt(square), elapsed);
      this.#values = last.map((value, i) => value + weight * (values[i] - value));
      this.#at = seconds;
    }
    return Float64Array.from(this.#values ?? values);
  }
}
