/** Shows on stderr how far a long run is: a line that is drawn again on a terminal, else lines now and then. */
import type { OnProgress, Progress } from '../progress.js';

/** Whoever opens it closes it, before anything else is printed and after an error too. */
export interface ProgressLine {
  readonly show: OnProgress;
  /** Prints a whole line between two states. */
  note(text: string): void;
  close(): void;
}

/** Milliseconds between two drawings on a terminal, and between two lines elsewhere. */
const DRAW_EVERY = 250;
const PRINT_EVERY = 10_000;

const BAR_WIDTH = 20;
const SHORTEST_BAR = 4;
/** Columns that stay free: a line that reaches the last one may be wrapped, and Ctrl-C is echoed as `^C`. */
const MARGIN = 3;
/** Back to the first column, and nothing to its right. */
const CLEAR = '\r\x1b[K';

/** `45 s`, `3 min 20 s` or `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** The state as text: `120/2500 · loss 0.4123 · 17.3 images/s · 12 min 5 s left`. */
export function formatProgress({ done, of, figures = {}, secondsLeft }: Progress): string {
  const parts = [of === undefined ? `${done}` : `${done}/${of}`];
  for (const [name, value] of Object.entries(figures)) {
    parts.push(name.endsWith('/s') ? `${value.toFixed(1)} ${name}` : `${name} ${value.toPrecision(4)}`);
  }
  if (secondsLeft !== undefined) parts.push(`${formatSeconds(secondsLeft)} left`);
  return parts.join(' · ');
}

/** The state as a line of at most so many characters; what does not fit is cut from the bar first. */
function barLine(progress: Progress, length: number): string {
  const { what, done, of } = progress;
  const text = formatProgress(progress);
  const width = Math.min(BAR_WIDTH, length - what.length - text.length - 2);
  const full = of ? Math.round((width * Math.min(done, of)) / of) : 0;
  const bar = of && width >= SHORTEST_BAR ? `${'█'.repeat(full)}${'░'.repeat(width - full)} ` : '';
  return [...`${what} ${bar}${text}`].slice(0, length).join('');
}

/** Where progress is written, and how often. */
export interface ProgressOutput {
  readonly stream?: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  /** Milliseconds. */
  readonly now?: () => number;
}

/** The line that is open, for those who print beside it. */
let current: ProgressLine | undefined;

/**
 * Opens the line. On a terminal the state of each part stays in a line of its own when the next part
 * begins; elsewhere there is a line every ten seconds and one at the end of each part.
 */
export function openProgressLine({
  stream = process.stderr,
  now = () => performance.now(),
}: ProgressOutput = {}): ProgressLine {
  const isTerminal = stream.isTTY === true;
  /** The last state, and the one that is seen; undefined between two parts. */
  let state: Progress | undefined;
  let drawn: Progress | undefined;
  let drawnAt = Number.NEGATIVE_INFINITY;

  const draw = (progress: Progress) => {
    stream.write(
      isTerminal
        ? CLEAR + barLine(progress, (stream.columns ?? 80) - MARGIN)
        : `${progress.what} ${formatProgress(progress)}\n`,
    );
    drawn = progress;
    drawnAt = now();
  };
  const endPart = () => {
    if (!state) return;
    if (drawn?.done !== state.done) draw(state);
    if (isTerminal) stream.write('\n');
    state = undefined;
    drawn = undefined;
    drawnAt = Number.NEGATIVE_INFINITY;
  };
  const line: ProgressLine = {
    show(progress) {
      if (state && (state.what !== progress.what || progress.done < state.done)) endPart();
      state = progress;
      if (progress.note !== undefined) line.note(progress.note);
      const isDue = now() - drawnAt >= (isTerminal ? DRAW_EVERY : PRINT_EVERY);
      if (drawn?.done !== progress.done && (isDue || progress.done === progress.of)) draw(progress);
    },
    note(text) {
      stream.write(`${isTerminal && state ? CLEAR : ''}${text}\n`);
      if (isTerminal && state) draw(state);
    },
    close() {
      endPart();
      if (current === line) current = undefined;
    },
  };
  current = line;
  return line;
}

/** Prints a line on stderr, above the progress where some is shown. */
export function printNote(text: string): void {
  if (current) current.note(text);
  else process.stderr.write(`${text}\n`);
}

/** Ends the line of progress where there is one: what is printed next begins a line. */
export function closeProgressLine(): void {
  current?.close();
}
