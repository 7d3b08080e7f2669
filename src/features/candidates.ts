/**
 * Where keypoints may be: runs the graph of `candidatesModel` on a picture and its heatmap, in overlapping tiles
 * where they are large, so that what it needs is bounded by a tile.
 */
import { createSession, type Session, tensor } from '../graph/session.js';
import type { GrayImage } from '../image/image.js';
import { WorkQueue } from '../threads/work-queue.js';
import { candidatesModel, DENSE_REACH } from './dense-graph.js';
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
  /** The parts that the picture is looked at in, their strength as far around as was asked for. */
  readonly tiles: readonly Tile[];
  /** The corner strength of a tile. */
  strengthOf(tile: Tile): Promise<StrengthMap>;
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
   * The pixels that greedy suppression of the heatmap times the corner strength may keep.
   *
   * @param heatmap [height, width] of the picture.
   * @param threshold smallest probability of a keypoint.
   * @param nmsRadius half the side of the square that a keypoint silences.
   * @param reach pixels around a candidate whose corner strength matters as well.
   */
  async find(
    image: GrayImage,
    heatmap: Float32Array,
    { threshold, nmsRadius, reach }: { threshold: number; nmsRadius: number; reach: number },
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
      return {
        strength: found.strength.data as Float32Array,
        indices: found.indices.data as Int32Array,
        values: found.values.data as Float32Array,
      };
    };
    const parts: Candidates[] = [];
    let last: { tile: Tile; strength: Float32Array } | undefined;
    for (const tile of tiles) {
      const { indices, values, strength } = await look(tile);
      parts.push(candidatesOfCore(indices, values, tile, width));
      last = { tile, strength };
    }
    return {
      candidates: joined(parts),
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
    const made = createSession(candidatesModel(nmsRadius), { threads: this.#threads });
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

/** What lies in the core of a tile, as pixels of the picture. */
function candidatesOfCore(
  indices: Int32Array,
  values: Float32Array,
  { core, outer }: Tile,
  width: number,
): Candidates {
  const kept = { indices: new Uint32Array(values.length), values: new Float32Array(values.length) };
  let count = 0;
  for (let n = 0; n < values.length; n++) {
    const index = indices[n];
    const row = Math.floor(index / outer.wide);
    const [x, y] = [outer.left + index - row * outer.wide, outer.top + row];
    if (x < core.left || y < core.top || x >= core.left + core.wide || y >= core.top + core.high) continue;
    kept.indices[count] = y * width + x;
    kept.values[count++] = values[n];
  }
  return { indices: kept.indices.subarray(0, count), values: kept.values.subarray(0, count) };
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
