/**
 * Where keypoints may be: runs the graph of `peaksModel` on a picture and its heatmap, in overlapping tiles
 * where they are large, so that what it needs is bounded by a tile.
 */
import { createSession, type Session, tensor } from '../graph/session.js';
import type { GrayImage } from '../image/image.js';
import { WorkQueue } from '../threads/work-queue.js';
import { DENSE_REACH, peaksModel } from './dense-graph.js';
import { ascending, type Candidates } from './nms.js';
import { copyRectangle, type Rectangle, type Tile, tilesOf } from './tiles.js';

/** Pixels in one piece: ten maps of so many are in memory at once. */
const MAX_PIXELS = 2 ** 21;

/** A part of the corner strength of a picture. */
export interface StrengthMap extends Rectangle {
  /** [high, wide] */
  readonly strength: Float32Array;
}

/** What the graph finds in a picture. */
export interface Found {
  readonly candidates: Candidates;
  /** Whether some pixels were left out, all of them below those that are here. */
  readonly isCut: boolean;
  /** The parts that the picture is looked at in, their strength as far around as was asked for. */
  readonly tiles: readonly Tile[];
  /** The corner strength of a tile. */
  strengthOf(tile: Tile): Promise<StrengthMap>;
}

interface FindSettings {
  readonly threshold: number;
  readonly nmsRadius: number;
  readonly reach: number;
  readonly enough: number;
}

/** Finds candidates; holds a session for each radius that it was asked for. */
export class CandidateFinder {
  readonly #sessions = new Map<number, Promise<Session>>();
  readonly #queue: WorkQueue;
  readonly #threads: number | undefined;
  #released = false;

  /**
   * @param queue of all that one runtime does: with WebGPU it refuses a run while a run of any session is on.
   * @param threads of the CPU. @default all cores
   */
  constructor(queue = new WorkQueue(), threads?: number) {
    this.#queue = queue;
    this.#threads = threads;
  }

  /**
   * The pixels above 0 of the heatmap times the corner strength.
   *
   * @param heatmap [height, width] of the picture.
   * @param threshold smallest probability of a keypoint.
   * @param nmsRadius half the side of the square that a keypoint silences.
   * @param reach pixels around a candidate whose corner strength matters as well.
   * @param enough peaks: pixels below so many of them may be left out.
   */
  async find(
    image: GrayImage,
    heatmap: Float32Array,
    { threshold, nmsRadius, reach, enough }: FindSettings,
    maxPixels = MAX_PIXELS,
  ): Promise<Found> {
    if (this.#released) throw new Error('expected a network in use, got one that was disposed of');
    const { width, height } = image;
    // What silences a candidate is as far as the radius, and so is what silences that.
    const margin = DENSE_REACH + Math.max(2 * nmsRadius, reach);
    const tiles = tilesOf(width, height, margin, maxPixels);
    const look = async ({ outer }: Tile) => {
      const dims = [1, 1, outer.high, outer.wide];
      const run = async () =>
        (await this.#session(nmsRadius)).run({
          image: tensor(cut(image.data, width, outer), dims),
          heatmap: tensor(cut(heatmap, width, outer), dims),
          threshold: tensor(Float32Array.of(threshold), []),
        });
      // Before the next picture: the maps of this one take memory.
      const found = await this.#queue.run(run, true);
      return { strength: found.strength.data as Float32Array, peaks: found.peaks.data as Float32Array };
    };
    const parts: Candidates[] = [];
    let isCut = false;
    let last: { tile: Tile; strength: Float32Array } | undefined;
    for (const tile of tiles) {
      const { peaks, strength } = await look(tile);
      const least = leastNeeded(peaks, enough);
      isCut ||= least > 0;
      parts.push(candidatesOfCore(peaks, least, tile, width));
      last = { tile, strength };
    }
    return {
      candidates: joined(parts),
      isCut,
      tiles,
      // The strength of all tiles would be a map of the whole picture again.
      strengthOf: async (tile) => ({
        ...tile.outer,
        strength: tile === last?.tile ? last.strength : (await look(tile)).strength,
      }),
    };
  }

  /** Frees the memory once what is running has ended. */
  async release(): Promise<void> {
    this.#released = true;
    await this.#queue.run(async () => {
      for (const session of await Promise.allSettled(this.#sessions.values())) {
        if (session.status === 'fulfilled') await session.value.release();
      }
      this.#sessions.clear();
    });
  }

  #session(nmsRadius: number): Promise<Session> {
    const known = this.#sessions.get(nmsRadius);
    if (known) return known;
    const made = createSession(peaksModel(nmsRadius), { threads: this.#threads });
    made.catch(() => this.#sessions.delete(nmsRadius));
    this.#sessions.set(nmsRadius, made);
    return made;
  }
}

/** A rectangle of a map; the map itself where it is all of it. */
function cut(map: Float32Array, width: number, { left, top, wide, high }: Rectangle): Float32Array {
  if (wide * high === map.length) return map;
  const part = new Float32Array(wide * high);
  copyRectangle(map, width, left, top, part, wide, { left: 0, top: 0, wide, high });
  return part;
}

/** Bits of a positive float that tell it from others well enough: its exponent and an eighth of its octave. */
const COARSE_SHIFT = 20;
/** All bits of a float but its sign. */
const MAGNITUDE = 0x7fffffff;

/** The bits of floats: those of positive ones are in the order of the floats. */
const bitsOf = ({ buffer, byteOffset, length }: Float32Array) => new Uint32Array(buffer, byteOffset, length);

/** Bits of a value that `enough` peaks, those above 0, reach; 0 where there are not so many. */
function leastNeeded(peaks: Float32Array, enough: number): number {
  const bits = bitsOf(peaks);
  if (!(enough < bits.length)) return 0;
  const counts = new Uint32Array(1 << (31 - COARSE_SHIFT));
  for (let i = 0; i < bits.length; i++) if (bits[i] <= MAGNITUDE) counts[bits[i] >>> COARSE_SHIFT]++;
  let bin = counts.length - 1;
  for (let sum = counts[bin]; sum < enough && bin > 0; sum += counts[bin]) bin--;
  return bin << COARSE_SHIFT;
}

/** The pixels other than 0 in the core of a tile, whatever their sign, as pixels of the picture. */
function candidatesOfCore(
  peaks: Float32Array,
  least: number,
  { core, outer }: Tile,
  width: number,
): Candidates {
  const bits = bitsOf(peaks);
  const indices = new Uint32Array(core.wide * core.high);
  const magnitudes = new Uint32Array(indices.length);
  const smallest = Math.max(1, least);
  let count = 0;
  for (let y = core.top; y < core.top + core.high; y++) {
    const [row, outerRow] = [y * width, (y - outer.top) * outer.wide - outer.left];
    for (let x = core.left; x < core.left + core.wide; x++) {
      const magnitude = bits[outerRow + x] & MAGNITUDE;
      if (magnitude < smallest) continue;
      indices[count] = row + x;
      magnitudes[count++] = magnitude;
    }
  }
  const values = new Float32Array(magnitudes.buffer, 0, count);
  return { indices: indices.subarray(0, count), values };
}

function joined(parts: readonly Candidates[]): Candidates {
  if (parts.length === 1) return parts[0];
  const count = parts.reduce((sum, { indices }) => sum + indices.length, 0);
  const all = { indices: new Uint32Array(count), values: new Float32Array(count) };
  let at = 0;
  for (const { indices, values } of parts) {
    all.indices.set(indices, at);
    all.values.set(values, at);
    at += indices.length;
  }
  // Of equal values the lower index counts as better, whatever its tile.
  const order = ascending(all.indices);
  return {
    indices: order.map((n) => all.indices[n]),
    values: Float32Array.from(order, (n) => all.values[n]),
  };
}
