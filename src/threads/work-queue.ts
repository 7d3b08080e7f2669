/** One thing at a time: ONNX Runtime in the browser refuses a run while another one of its session is on. */
export class WorkQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Starts `work` once all that was queued before has ended, well or not. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}
