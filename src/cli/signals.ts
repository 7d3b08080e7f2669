/** What Ctrl-C does to a command. */
import { closeProgressLine } from './progress-line.js';

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** Ends the process in good order: files begun are removed on the way out. */
export function exitOnSignals(): void {
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.once(signal, () => {
      closeProgressLine();
      process.exit(code);
    });
  }
}

/**
 * For work that can be resumed: the first signal asks it to come to an end, the second ends the process.
 *
 * @param unit what is finished first, in words.
 * @returns the signal that is aborted by the first.
 */
export function abortOnSignals(unit: string): AbortSignal {
  const controller = new AbortController();
  for (const signal of Object.keys(SIGNALS)) {
    process.once(signal, () => {
      process.stderr.write(`superpoint: finishing ${unit}; once more to end at once\n`);
      controller.abort();
      exitOnSignals();
    });
  }
  return controller.signal;
}
