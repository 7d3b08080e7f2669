/** Shows on stderr how far a long run is: a line that is drawn again on a terminal, else lines now and then. */
import type { OnProgress, Progress } from '../progress.js';

/** Whoever opens it closes it, before the work's result is printed and after an error too. */
export interface ProgressLine {
  readonly show: OnProgress;
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

/** Characters that a terminal draws two columns wide. */
const WIDE =
  /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}/u;

/** The beginning of a text that takes so many columns at most. */
function cutTo(columns: number, text: string): string {
  let [left, kept] = [columns, ''];
  for (const character of text) {
    left -= WIDE.test(character) ? 2 : 1;
    if (left < 0) break;
    kept += character;
  }
  return kept;
}

/** The state with a bar that is as long as so many columns allow; without one the line may be longer. */
function barLine(progress: Progress, columns: number): string {
  const { what, done, of } = progress;
  const text = formatProgress(progress);
  const width = Math.min(BAR_WIDTH, columns - what.length - text.length - 2);
  const full = of ? Math.round((width * Math.min(done, of)) / of) : 0;
  const bar = of && width >= SHORTEST_BAR ? `${'█'.repeat(full)}${'░'.repeat(width - full)} ` : '';
  return `${what} ${bar}${text}`;
}

/** Something to write on: a terminal, a pipe or a file. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** Where progress is written, and how often. */
export interface ProgressOutput {
  readonly stream?: Output;
  /** What else is written on, perhaps the same terminal. */
  readonly beside?: Output;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** The line that is open, for those who end the process. */
let current: ProgressLine | undefined;

/**
 * Opens the line. On a terminal the state of each part stays in a line of its own when the next part
 * begins, and whatever anybody else writes there stands above the line, warnings of Node too; elsewhere there
 * is a line every ten seconds and one at the end of each part.
 */
export function openProgressLine({
  stream = process.stderr,
  beside = process.stdout,
  now = () => performance.now(),
}: ProgressOutput = {}): ProgressLine {
  const isTerminal = stream.isTTY === true;
  const terminals = isTerminal ? [stream, ...(beside.isTTY ? [beside] : [])] : [];
  const write = stream.write.bind(stream) as (text: string) => void;
  /** The last state, and the one that is seen; undefined between two parts. */
  let state: Progress | undefined;
  let drawn: Progress | undefined;
  let drawnAt = Number.NEGATIVE_INFINITY;
  /** Somebody has begun a line and not ended it. */
  let isForeign = false;

  const draw = (progress: Progress, isLast = false) => {
    const columns = (stream.columns ?? 80) - MARGIN;
    const line = barLine(progress, columns);
    if (!isTerminal) write(`${progress.what} ${formatProgress(progress)}\n`);
    // What stays may be wrapped; what is drawn again may not.
    else write(CLEAR + (isLast ? line : cutTo(columns, line)));
    drawn = progress;
    drawnAt = now();
  };
  const endPart = () => {
    if (!state) return;
    if (isForeign) write('\n');
    isForeign = false;
    if (isTerminal || drawn?.done !== state.done) draw(state, true);
    if (isTerminal) write('\n');
    state = undefined;
    drawn = undefined;
    drawnAt = Number.NEGATIVE_INFINITY;
  };
  const release = writeAbove(terminals, {
    before() {
      if (!isForeign) write(CLEAR);
    },
    after(endsLine) {
      isForeign = !endsLine;
      if (endsLine && state) draw(state);
    },
  });
  const line: ProgressLine = {
    show(progress) {
      if (state && (state.what !== progress.what || progress.done < state.done)) endPart();
      state = progress;
      if (progress.note !== undefined) stream.write(`${progress.note}\n`);
      const isDue = now() - drawnAt >= (isTerminal ? DRAW_EVERY : PRINT_EVERY);
      const isNews = drawn?.done !== progress.done && !isForeign;
      if (isNews && (isDue || progress.done === progress.of)) draw(progress);
    },
    close() {
      if (current !== line) return;
      endPart();
      release();
      current = undefined;
    },
  };
  current = line;
  return line;
}

const endsLine = (chunk: string | Uint8Array) => chunk.at(-1) === (typeof chunk === 'string' ? '\n' : 0x0a);

/** Tells of each write to these streams, unless nothing is written. @returns lets go of them. */
function writeAbove(
  streams: readonly Output[],
  { before, after }: { before(): void; after(endsLine: boolean): void },
): () => void {
  const originals = streams.map((stream) => stream.write);
  for (const [n, stream] of streams.entries()) {
    stream.write = ((chunk: string | Uint8Array, ...rest: []) => {
      const write = () => originals[n].call(stream, chunk as string, ...rest);
      if (chunk.length === 0) return write();
      before();
      const written = write();
      after(endsLine(chunk));
      return written;
    }) as typeof stream.write;
  }
  return () => {
    for (const [n, stream] of streams.entries()) stream.write = originals[n];
  };
}

/** Ends the line of progress where there is one: what is printed next begins a line. */
export function closeProgressLine(): void {
  current?.close();
}
