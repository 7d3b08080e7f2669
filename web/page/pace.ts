/** How often something happens, averaged over the last times. */

/** Times over which the rate is averaged. */
const TIMES = 20;

export class Pace {
  #times: number[] = [];

  /** It has happened. */
  count(): void {
    this.#times = [...this.#times, performance.now()].slice(-TIMES - 1);
  }

  /** Times a second; a dash before the second time. */
  get text(): string {
    const [first] = this.#times;
    if (this.#times.length < 2) return '–';
    return ((1000 * (this.#times.length - 1)) / (performance.now() - first)).toFixed(1);
  }
}
