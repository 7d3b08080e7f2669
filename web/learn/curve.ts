/** The loss by step as a curve. */
import type { Surface } from '../page/surface.js';

const LEFT = 44;
const BOTTOM = 26;
const TOP = 12;
const RIGHT = 12;

/** Weight of each new step in the smoothed course. */
const NEW = 0.12;

/** A moving mean of the last steps, so that the trend shows through the noise of single batches. */
export function smoothed(losses: readonly number[]): number[] {
  let sum = 0;
  let weight = 0;
  return losses.map((loss) => {
    sum += NEW * (loss - sum);
    weight += NEW * (1 - weight);
    return sum / weight;
  });
}

/** A round number of about a quarter of `span`. */
function tickStep(span: number): number {
  const rough = span / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough) ?? rough;
}

/** Paints the losses of steps 1, 2, … and their smoothed course; before the first step words stand in its place. */
export function paintCurve({ canvas, context, resize }: Surface, losses: readonly number[]): void {
  const hasBegun = losses.length > 0;
  const words = canvas.parentElement?.querySelector<HTMLElement>('.empty');
  if (words) words.hidden = hasBegun;
  canvas.hidden = !hasBegun;
  if (!hasBegun) return;
  const width = canvas.parentElement?.clientWidth ?? 600;
  const height = canvas.parentElement?.clientHeight ?? 220;
  resize(width, height);
  const style = getComputedStyle(document.documentElement);
  // Only a real element resolves the theme's colours.
  const color = (name: string) => {
    canvas.style.color = `var(${name})`;
    return getComputedStyle(canvas).color;
  };
  const steps = Math.max(20, losses.length);
  const highest = Math.max(...losses) * 1.05;
  const x = (step: number) => LEFT + ((width - LEFT - RIGHT) * step) / steps;
  const y = (loss: number) => TOP + (height - TOP - BOTTOM) * (1 - loss / highest);
  const line = (points: readonly [number, number][]) => {
    context.beginPath();
    for (const [px, py] of points) context.lineTo(px, py);
    context.stroke();
  };
  context.font = `12px ${style.fontFamily}`;
  context.fillStyle = color('--text-soft');
  context.strokeStyle = color('--line');
  context.lineWidth = 1;
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  const lossStep = tickStep(highest);
  for (let n = 0; n * lossStep <= highest; n++) {
    const loss = n * lossStep;
    line([
      [LEFT, y(loss)],
      [width - RIGHT, y(loss)],
    ]);
    context.fillText(String(Number(loss.toPrecision(2))), LEFT - 8, y(loss));
  }
  context.textAlign = 'center';
  for (let step = 0; step <= steps; step += tickStep(steps))
    context.fillText(String(step), x(step), height - 12);
  context.lineJoin = 'round';
  context.strokeStyle = color('--accent');
  context.globalAlpha = 0.3;
  line(losses.map((loss, n) => [x(n + 1), y(loss)]));
  context.globalAlpha = 1;
  context.lineWidth = 2.5;
  line(smoothed(losses).map((loss, n) => [x(n + 1), y(loss)]));
}
