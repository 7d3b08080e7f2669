/**
 * What stands out both for the network and in the picture: runs the graph of `saliencyModel` on a picture and its
 * heatmap, in overlapping tiles where they are large, so that what the graph needs is bounded by a tile.
 */
import { createSession, type Session, tensor } from '../graph/session.js';
import type { GrayImage } from '../image/image.js';
import { WorkQueue } from '../threads/work-queue.js';
import { DENSE_REACH, saliencyModel } from './dense-graph.js';
import { copyRectangle, type Rectangle, type Tile, tilesOf } from './tiles.js';

/** Pixels in one piece: ten maps of so many are in memory at once. */
const MAX_PIXELS = 2 ** 21;

/** A part of the corner strength of a picture. */
export interface StrengthMap extends Rectangle {
  /** [high, wide] */
  readonly strength: Float32Array;
}

/** What the graph says about a picture. */
export interface Saliency {
  /** [height, width], >= 0: the smoothed heatmap times the corner strength, 0 far from any keypoint. */
  readonly saliency: Float32Array;
  /** The parts that the picture is looked at in, their strength as far around as was asked for. */
  readonly tiles: readonly Tile[];
  /** The corner strength of a tile. */
  strengthOf(tile: Tile): Promise<StrengthMap>;
}

/** Finds what stands out in pictures. */
export class SaliencyFinder {
  #session: Promise<Session> | undefined;
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
   * @param heatmap [height, width] of the picture.
   * @param threshold smallest probability of a keypoint.
   * @param reach pixels around a tile in which its corner strength is asked for as well.
   */
  async find(
    image: GrayImage,
    heatmap: Float32Array,
    { threshold, reach }: { threshold: number; reach: number },
    maxPixels = MAX_PIXELS,
  ): Promise<Saliency> {
    if (this.#released) throw new Error('expected a network in use, got one that was disposed of');
    const { width, height } = image;
    const tiles = tilesOf(width, height, DENSE_REACH + reach, maxPixels);
    const look = async ({ outer }: Tile) => {
      const dims = [1, 1, outer.high, outer.wide];
      const run = async () =>
        (await this.#opened()).run({
          image: tensor(cut(image.data, width, outer), dims),
          heatmap: tensor(cut(heatmap, width, outer), dims),
          threshold: tensor(Float32Array.of(threshold), []),
        });
      // Before the next picture: the maps of this one take memory.
      const { saliency, strength } = await this.#queue.run(run, true);
      return { saliency: saliency.data as Float32Array, strength: strength.data as Float32Array };
    };
    if (tiles.length === 1) {
      const { saliency, strength } = await look(tiles[0]);
      return { saliency, tiles, strengthOf: async (tile) => ({ ...tile.outer, strength }) };
    }
    const whole = new Float32Array(width * height);
    for (const tile of tiles) {
      const { core, outer } = tile;
      const { saliency } = await look(tile);
      copyRectangle(saliency, outer.wide, core.left - outer.left, core.top - outer.top, whole, width, core);
    }
    // The strength is found again: that of all tiles would be one more map of the whole picture.
    const strengthOf = async (tile: Tile) => ({ ...tile.outer, strength: (await look(tile)).strength });
    return { saliency: whole, tiles, strengthOf };
  }

  /** Frees the memory once what is running has ended. */
  async release(): Promise<void> {
    this.#released = true;
    await this.#queue.run(async () => {
      const [session] = await Promise.allSettled([this.#session]);
      if (session.status === 'fulfilled') await session.value?.release();
      this.#session = undefined;
    });
  }

  #opened(): Promise<Session> {
    this.#session ??= createSession(saliencyModel(), { threads: this.#threads });
    this.#session.catch(() => {
      this.#session = undefined;
    });
    return this.#session;
  }
}

/** A rectangle of a map; the map itself where it is all of it. */
function cut(map: Float32Array, width: number, { left, top, wide, high }: Rectangle): Float32Array {
  if (wide * high === map.length) return map;
  const part = new Float32Array(wide * high);
  copyRectangle(map, width, left, top, part, wide, { left: 0, top: 0, wide, high });
  return part;
}
