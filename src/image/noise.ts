/** Gaussian noise on pictures, the same for every pixel or growing with the light as a sensor's does. */
import type { Random } from '../random.js';

/** Quantiles of the standard normal: 2^15 equally likely values, so one draw of 32 bits gives two. */
let normalTable: Float32Array | undefined;

/** Quantile of the standard normal at `p` in (0.5, 1): Newton's steps on the tail of its distribution. */
function upperQuantile(p: number, start: number): number {
  let x = start;
  for (let step = 0; step < 30; step++) {
    const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
    const move = (normalDistribution(x) - p) / density;
    x -= move;
    if (Math.abs(move) < 1e-7) break;
  }
  return x;
}

/** The standard normal's distribution function by its Taylor series about 0 (x up to about 5). */
function normalDistribution(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 120 && Math.abs(term) > 1e-17; n++) {
    term *= (x * x) / (2 * n + 1);
    sum += term;
  }
  return 0.5 + (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * sum;
}

function normals(): Float32Array {
  if (normalTable === undefined) {
    const half = 1 << 14;
    const table = new Float32Array(2 * half);
    let quantile = 0;
    for (let i = 0; i < half; i++) {
      quantile = upperQuantile(0.5 + (i + 0.5) / (2 * half), quantile);
      table[half + i] = quantile;
      table[half - 1 - i] = -quantile;
    }
    normalTable = table;
  }
  return normalTable;
}

/** Adds normal noise of the given deviation to every value, in place. The result is not clipped. */
export function addNoise(data: Float32Array, random: Random, deviation: number): void {
  if (deviation === 0) return;
  const table = normals();
  for (let i = 0; i < data.length; i += 2) {
    const bits = random.uniform() * 0x40000000;
    data[i] += deviation * table[bits & 0x7fff];
    if (i + 1 < data.length) data[i + 1] += deviation * table[(bits >>> 15) & 0x7fff];
  }
}

/**
 * Adds a sensor's noise, in place: a quarter of its variance is the same everywhere (reading), the rest
 * is in proportion to the light (photons). The mean variance is deviation². The result is not clipped.
 */
export function addShotNoise(data: Float32Array, random: Random, deviation: number): void {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i];
  const photons = 0.75 / Math.max(sum / data.length, 1e-6);
  const noise = new Float32Array(data.length);
  addNoise(noise, random, deviation);
  for (let i = 0; i < data.length; i++)
    data[i] += noise[i] * Math.sqrt(0.25 + photons * Math.max(data[i], 0));
}
