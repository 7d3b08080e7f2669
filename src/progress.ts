/** What a long run tells about how far it is. */

/** Where a run stands. */
export interface ProgressState {
  /** Steps done, of all steps. */
  readonly step: number;
  readonly steps: number;
  readonly loss?: number;
  /** Images worked through since the run was started (not since step 0: it may have been resumed). */
  readonly images: number;
  /** Seconds since the run was started. */
  readonly seconds: number;
  /** Seconds left at the present speed, or until the time budget ends. */
  readonly secondsLeft?: number;
}

/** Whoever wants to know: the command line draws a bar, an application what it likes. */
export interface Progress {
  update(state: ProgressState): void;
  /** A whole line between the updates. */
  note(text: string): void;
  /** Ends the line; call it once, also after an error. */
  stop(): void;
}
