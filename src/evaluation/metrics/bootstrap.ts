/** Confidence intervals of figures over pairs, by resampling the pairs. */
import { Random } from '../../random.js';

/** A figure and the interval that holds it in 95 of 100 resamplings of the pairs. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** How to resample. */
export interface BootstrapOptions {
  /** @default 1000 */
  readonly resamplings?: number;
  /** @default 0 */
  readonly seed?: number | string;
}

/** Mean of the numbers that are numbers; NaN if there are none. */
export function meanOf(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

/**
 * The figure of all items, and the 2.5 and 97.5 percentiles of the figure over resamplings with
 * replacement (Efron's percentile bootstrap). Deterministic by seed.
 *
 * @param figure of any list of items as long as `items`; NaN results are left out of the percentiles.
 */
export function bootstrap<T>(
  items: readonly T[],
  figure: (sample: readonly T[]) => number,
  { resamplings = 1000, seed = 0 }: BootstrapOptions = {},
): Interval {
  const random = new Random(seed).fork('bootstrap');
  const figures: number[] = [];
  for (let n = 0; n < resamplings && items.length > 0; n++) {
    const resampled = figure(items.map(() => items[random.integer(0, items.length - 1)]));
    if (!Number.isNaN(resampled)) figures.push(resampled);
  }
  figures.sort((a, b) => a - b);
  const percentile = (share: number) => figures[Math.round(share * (figures.length - 1))] ?? Number.NaN;
  return { value: figure(items), low: percentile(0.025), high: percentile(0.975) };
}
