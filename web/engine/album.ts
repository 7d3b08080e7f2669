/** The photographs of Stitch, what the network saw of each, and the panorama that they make. */
import type { LeftOut } from '../../src/geometry/panorama-layout.js';
import type { RgbaImage } from '../../src/image/image.js';
import { stitchPictures } from '../../src/matching/stitch-pictures.js';
import { featuresFrom, type Networks, type Sight } from './network.js';
import type { DetectionSettings } from './pair.js';
import { bitmapFrom, type Picture } from './pictures.js';

export interface StitchSettings extends DetectionSettings {
  readonly crop: boolean;
  readonly gains: boolean;
}

/** What Stitch shows. */
export interface Stitched {
  /** Absent where no two pictures belong together. */
  readonly bitmap?: ImageBitmap;
  readonly width: number;
  readonly height: number;
  /** Of each picture, in their order. */
  readonly states: readonly ('frame' | 'joined' | LeftOut)[];
  readonly pairs: number;
  readonly milliseconds: number;
}

interface Entry {
  readonly id: number;
  readonly picture: Picture;
  seen?: { readonly networks: Networks; readonly size: number; readonly sight: Sight };
}

/** Largest panorama of a page, in pixels. */
const MAX_PIXELS = 8e6;
/** Largest error of an inlier, in pixels at the network's size. */
const INLIER_DISTANCE = 3;

export class Album {
  #entries: Entry[] = [];
  #ids = 0;
  #panorama: RgbaImage | undefined;

  /** @returns the picture's number, by which it is known. */
  add(picture: Picture): number {
    this.#entries.push({ id: ++this.#ids, picture });
    return this.#ids;
  }

  remove(id: number): void {
    this.#entries = this.#entries.filter((entry) => entry.id !== id);
  }

  /** Lets the network see a picture, where it has not seen it at this size. */
  async look(id: number, networks: Networks, size: number): Promise<void> {
    const entry = this.#entries.find((one) => one.id === id);
    if (!entry || (entry.seen?.networks === networks && entry.seen.size === size)) return;
    entry.seen = { networks, size, sight: await networks.look(entry.picture.gray, { resize: size }) };
  }

  async stitch(networks: Networks, settings: StitchSettings): Promise<Stitched> {
    if (!networks.describes) throw new Error('This model detects points but does not describe them.');
    const start = performance.now();
    const pictures = this.#entries.map(({ picture }) => picture.colors);
    const features = [];
    for (const { id, picture } of this.#entries) {
      await this.look(id, networks, settings.size);
      const { sight } = this.#entries.find((entry) => entry.id === id)?.seen ?? {};
      const { width, height } = picture.colors;
      if (sight) features.push(await featuresFrom(sight, settings, width, height));
    }
    const largest = Math.max(...pictures.map(({ width, height }) => Math.max(width, height)));
    const { crop, gains, size } = settings;
    const panorama = await stitchPictures(pictures, features, {
      threshold: (INLIER_DISTANCE * largest) / Math.min(size, largest),
      maxPixels: MAX_PIXELS,
      crop,
      gains,
    });
    this.#panorama = panorama?.picture;
    const milliseconds = performance.now() - start;
    if (!panorama) {
      return { width: 0, height: 0, states: pictures.map(() => 'apart'), pairs: 0, milliseconds };
    }
    const { picture, places, reference, links } = panorama;
    return {
      bitmap: await bitmapFrom(picture),
      width: picture.width,
      height: picture.height,
      states: places.map((place, n) =>
        typeof place === 'string' ? place : n === reference ? 'frame' : 'joined',
      ),
      pairs: links.length,
      milliseconds,
    };
  }

  /** The last panorama as PNG. */
  async file(): Promise<Blob> {
    if (!this.#panorama) throw new Error('expected a panorama; stitch photographs first');
    const { width, height } = this.#panorama;
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext('bitmaprenderer')?.transferFromImageBitmap(await bitmapFrom(this.#panorama));
    return canvas.convertToBlob({ type: 'image/png' });
  }
}
