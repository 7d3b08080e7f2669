/** One line that tells how far a long run is: step, loss, images a second, time left. */
import { SingleBar } from 'cli-progress';
import type { Progress, ProgressState } from '../progress.js';

/** `45 s`, `3 min 20 s` or `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** The state as a line: `step 120/2500 · loss 0.412 · 17.3 images/s · 12 min 5 s left`. */
export function formatProgress(state: ProgressState): string {
  const parts = [`step ${state.step}/${state.steps}`];
  if (state.loss !== undefined) parts.push(`loss ${state.loss.toPrecision(4)}`);
  if (state.seconds > 0) parts.push(`${(state.images / state.seconds).toFixed(1)} images/s`);
  if (state.secondsLeft !== undefined) parts.push(`${formatSeconds(state.secondsLeft)} left`);
  return parts.join(' · ');
}

/**
 * Progress on `stream`: a bar that is redrawn on a terminal, else plain lines, at most one every
 * `plainSeconds` seconds of the run and one at its end.
 *
 * @param title names the stage, `magicpoint` for instance.
 */
export function openProgress(
  title: string,
  stream: NodeJS.WriteStream = process.stderr,
  plainSeconds = 10,
): Progress {
  return stream.isTTY ? barProgress(title, stream) : plainProgress(title, stream, plainSeconds);
}

function barProgress(title: string, stream: NodeJS.WriteStream): Progress {
  const bar = new SingleBar({
    stream,
    format: `${title} {bar} {text}`,
    hideCursor: true,
    fps: 4,
    barsize: 20,
    barCompleteChar: '█',
    barIncompleteChar: '░',
  });
  let started = false;
  return {
    update(state) {
      const text = formatProgress(state);
      if (!started) bar.start(state.steps, state.step, { text });
      else bar.update(state.step, { text });
      started = true;
    },
    note(text) {
      // The bar is drawn again, below the note, by its next update.
      stream.write(`\r\x1b[K${text}\n`);
    },
    stop() {
      if (started) bar.stop();
    },
  };
}

function plainProgress(title: string, stream: NodeJS.WritableStream, plainSeconds: number): Progress {
  let shownAt = Number.NEGATIVE_INFINITY;
  let pending: ProgressState | undefined;
  const show = (state: ProgressState) => {
    stream.write(`${title}: ${formatProgress(state)}\n`);
    shownAt = state.seconds;
    pending = undefined;
  };
  return {
    update(state) {
      if (state.seconds - shownAt >= plainSeconds || state.step === state.steps) show(state);
      else pending = state;
    },
    note(text) {
      stream.write(`${text}\n`);
    },
    stop() {
      if (pending !== undefined) show(pending);
    },
  };
}
