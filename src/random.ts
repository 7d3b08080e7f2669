/**
 * Seeded random numbers. Every function of this project that draws takes a `Random`;
 * nothing calls `Math.random`. `fork(key…)` derives an independent generator from the seed and the
 * keys alone, never from what was drawn before, so that item k is the same whatever ran before it.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';

/** FNV-1a over the characters of a key, continued from `hash`: 32 bits. */
function mixKey(hash: number, key: number | string): number {
  let mixed = hash;
  for (const character of `${key}|`) {
    mixed = Math.imul(mixed ^ character.charCodeAt(0), 0x01000193);
  }
  return mixed >>> 0;
}

/** A deterministic source of random numbers (xoroshiro128+). */
export class Random {
  readonly #path: string;
  readonly #generator: JumpableRandomGenerator;
  #spareNormal: number | undefined;

  /** @param seed any number or text; equal seeds give equal sequences. */
  constructor(seed: number | string) {
    this.#path = String(seed);
    const low = mixKey(0x811c9dc5, this.#path);
    const high = mixKey(low ^ 0x9e3779b9, this.#path);
    this.#generator = xoroshiro128plus(low);
    // One seed has 32 bits; the second half jumps to another stretch of the sequence.
    for (let skip = high & 0xf; skip > 0; skip--) this.#generator.jump();
  }

  /** A generator that depends on this one's seed and the keys only: ('a', 'b') and ('a/b') are the same path. */
  fork(...keys: (number | string)[]): Random {
    return new Random(`${this.#path}/${keys.join('/')}`);
  }

  /** Uniform in [0, 1), 32 bits. */
  uniform(): number {
    return (this.#generator.next() >>> 0) / 0x100000000;
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** Uniform integer in [low, high], both ends included. */
  integer(low: number, high: number): number {
    return uniformInt(this.#generator, low, high);
  }

  /** Standard normal (Box-Muller). */
  normal(mean = 0, deviation = 1): number {
    if (this.#spareNormal !== undefined) {
      const spare = this.#spareNormal;
      this.#spareNormal = undefined;
      return mean + deviation * spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spareNormal = radius * Math.sin(angle);
    return mean + deviation * radius * Math.cos(angle);
  }

  /** Normal, redrawn until within two deviations of the mean (as TensorFlow's truncated_normal). */
  truncatedNormal(mean: number, deviation: number): number {
    for (;;) {
      const value = this.normal();
      if (Math.abs(value) <= 2) return mean + deviation * value;
    }
  }

  /** One of the items, each as likely. */
  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)] as T;
  }

  /** Shuffles in place (Fisher-Yates) and returns the same array. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      const held = items[i];
      items[i] = items[j];
      items[j] = held;
    }
    return items;
  }
}
