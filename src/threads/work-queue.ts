/** One thing at a time: ONNX Runtime in the browser refuses a run while another one of its session is on. */
export class WorkQueue {
  readonly #lanes: { readonly urgent: (() => Promise<void>)[]; readonly other: (() => Promise<void>)[] } = {
    urgent: [],
    other: [],
  };
  #busy = false;

  /**
   * Starts `work` once all that was queued before has ended, well or not.
   * @param urgent starts it before what waits and is not: what others have begun is finished first.
   */
  run<T>(work: () => Promise<T>, urgent = false): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#lanes[urgent ? 'urgent' : 'other'].push(() => Promise.resolve().then(work).then(resolve, reject));
      if (!this.#busy) void this.#workOff();
    });
  }

  async #workOff(): Promise<void> {
    const { urgent, other } = this.#lanes;
    this.#busy = true;
    for (let next = urgent.shift() ?? other.shift(); next; next = urgent.shift() ?? other.shift())
      await next();
    this.#busy = false;
  }
}
